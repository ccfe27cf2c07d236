//! Which function does which work.

use serde::{Deserialize, Serialize};
use trunkline_core::fact::Claim;

/// A kind of work: a queue, and the function behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Building artifacts.
    Build,
    /// Tagging images.
    Promote,
    /// Writing environments.
    Deploy,
    /// Seeing that what was written runs, and checking it.
    Verify,
    /// Erasing what is barred and needed by nothing.
    Yank,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Build, Self::Promote, Self::Deploy, Self::Verify, Self::Yank];

    /// Whose work a claim is.
    pub fn of(claim: &Claim) -> Self {
        match claim {
            Claim::Build { .. } => Self::Build,
            Claim::Tag { .. } => Self::Promote,
            Claim::Deploy(_) => Self::Deploy,
            Claim::Observe { .. } | Claim::Verify { .. } => Self::Verify,
            Claim::Erase { .. } => Self::Yank,
        }
    }

    /// The name of its function.
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Promote => "promote",
            Self::Deploy => "deploy",
            Self::Verify => "verify",
            Self::Yank => "yank",
        }
    }

    /// The variable that names its queue's address.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Build => "TRUNKLINE_QUEUE_BUILD",
            Self::Promote => "TRUNKLINE_QUEUE_PROMOTE",
            Self::Deploy => "TRUNKLINE_QUEUE_DEPLOY",
            Self::Verify => "TRUNKLINE_QUEUE_VERIFY",
            Self::Yank => "TRUNKLINE_QUEUE_YANK",
        }
    }
}
