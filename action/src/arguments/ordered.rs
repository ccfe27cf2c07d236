//! What people type when they order something.

use clap::{ArgGroup, Subcommand};
use trunkline_core::ids::Name;

use super::Order;

/// What people order: it is recorded, then done like everything else.
#[derive(Debug, Subcommand)]
pub(crate) enum Ordered {
    /// Bring a commit to an environment, under the same rules
    #[command(after_help = "Example:\n  trunkline deploy stage --commit main~3 --reason 'to verify it'")]
    Deploy {
        /// The environment
        environment: Name,
        /// The commit; by default the one that was deployed there last
        #[arg(long)]
        commit: Option<String>,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        order: Order,
    },
    /// Record what a check said of a commit in an environment
    #[command(
        after_help = "Example:\n  trunkline verdict HEAD --environment stage --check e2e --passed",
        group = ArgGroup::new("said").required(true).args(["passed", "failed"])
    )]
    Verdict {
        /// The commit
        commit: String,
        /// The environment
        #[arg(long)]
        environment: Name,
        /// The check's name
        #[arg(long)]
        check: Name,
        /// It passed
        #[arg(long)]
        passed: bool,
        /// It failed
        #[arg(long)]
        failed: bool,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        order: Order,
    },
    /// Bar a commit, with what it brought; environments that run it go back
    #[command(after_help = "Example:\n  trunkline yank HEAD~1 --reason 'charges twice'")]
    Yank {
        /// The commit
        commit: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        order: Order,
    },
    /// Take a bar back
    #[command(after_help = "Example:\n  trunkline unyank HEAD~1 --reason 'it was the test'")]
    Unyank {
        /// The commit
        commit: String,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        order: Order,
    },
    /// Bring an earlier good commit back to an environment, and hold it there
    #[command(after_help = "Example:\n  trunkline rollback prod --to v1.1.0 --reason 'slow checkout'")]
    Rollback {
        /// The environment
        environment: Name,
        /// The commit or tag; by default the last good one
        #[arg(long, value_name = "COMMIT|TAG")]
        to: Option<String>,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        order: Order,
    },
    /// Keep an environment, or all of them, as they are
    #[command(after_help = "Example:\n  trunkline hold prod --reason 'holidays'")]
    Hold {
        /// The environment; by default all
        environment: Option<Name>,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        order: Order,
    },
    /// Give an environment, or all that are held, back to automation
    #[command(after_help = "Example:\n  trunkline release prod")]
    Release {
        /// The environment; by default all that are held
        environment: Option<Name>,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        order: Order,
    },
    /// Accept the new course of a line that was rewritten
    #[command(after_help = "Example:\n  trunkline accept main --reason 'a secret was removed'")]
    Accept {
        /// The line; by default trunk
        line: Option<String>,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        order: Order,
    },
}

impl Ordered {
    /// Who orders, and whether it is done at once.
    pub(crate) fn order(&self) -> &Order {
        match self {
            Self::Deploy { order, .. }
            | Self::Verdict { order, .. }
            | Self::Yank { order, .. }
            | Self::Unyank { order, .. }
            | Self::Rollback { order, .. }
            | Self::Hold { order, .. }
            | Self::Release { order, .. }
            | Self::Accept { order, .. } => order,
        }
    }
}
