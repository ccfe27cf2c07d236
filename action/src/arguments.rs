//! What people type: the verbs and their options.

mod ordered;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use trunkline_core::ids::{Digest, Name, TagName};

pub(crate) use ordered::Ordered;

/// Carries one commit from main to production without building it twice.
///
/// Exit codes: 0 done or nothing to do, 1 fault (try again), 2 refused (fix something), 3 usage.
#[derive(Debug, Parser)]
#[command(name = "trunkline", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Work as if started in this folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// The policy file; by default `trunkline.yaml` here or above
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) policy: Option<PathBuf>,
    /// Answer with one JSON document on the standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// Who writes to the ledger.
#[derive(Debug, Args)]
pub(crate) struct Writer {
    /// Who asks; by default `GITHUB_ACTOR`, git's `user.name` or the login
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

/// What a person's order takes.
#[derive(Debug, Args)]
pub(crate) struct Order {
    #[command(flatten)]
    pub(crate) writer: Writer,
    /// Only record it, and leave the work to the next `sync`
    #[arg(long)]
    pub(crate) no_sync: bool,
}

/// Everything that can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Observe, decide and act until nothing is outstanding
    #[command(after_help = "Example:\n  trunkline sync --ref refs/tags/v1.2.0")]
    Sync {
        #[command(flatten)]
        writer: Writer,
        /// The ref this run is for: exit with 2 while what it asks for stands refused
        #[arg(long = "ref", value_name = "REF")]
        reference: Option<String>,
    },
    /// Print what `sync` would do now; change nothing
    #[command(after_help = "Example:\n  trunkline plan --json")]
    Plan,
    /// Check a policy file: every finding with its place and help
    #[command(after_help = "Example:\n  trunkline check path/to/trunkline.yaml")]
    Check {
        /// The file; by default the policy file
        file: Option<PathBuf>,
        /// Print the JSON Schema of the policy file instead
        #[arg(long)]
        schema: bool,
    },
    /// Build what a commit lacks, and deploy nothing
    #[command(after_help = "Example:\n  trunkline build HEAD~2")]
    Build {
        /// The commit; by default the head of trunk
        commit: Option<String>,
        #[command(flatten)]
        writer: Writer,
        /// Why a build that failed is tried again
        #[arg(long)]
        reason: Option<String>,
    },
    /// Set a tag on a commit, under the rules of promotion, and sync
    #[command(after_help = "Example:\n  trunkline promote main~1 --as v1.2.0")]
    Promote {
        /// The commit
        commit: String,
        /// The tag
        #[arg(long = "as", value_name = "TAG")]
        tag: TagName,
        #[command(flatten)]
        order: Order,
    },
    /// Adopt an image or package that something else built
    #[command(after_help = "Example:\n  trunkline record HEAD api --digest sha256:0123…")]
    Record {
        /// The commit
        commit: String,
        /// The artifact's name
        artifact: Name,
        /// The digest of the image's manifest or of the package's file
        #[arg(long)]
        digest: Digest,
        /// The package's file; without it, the package must be in the store
        #[arg(long)]
        file: Option<PathBuf>,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        order: Order,
    },
    #[command(flatten)]
    Order(Ordered),
    /// Show what runs where, and what is outstanding
    #[command(after_help = "Example:\n  trunkline status --json")]
    Status,
    /// Show where a commit is, and how it came there
    #[command(after_help = "Example:\n  trunkline where HEAD")]
    Where {
        /// The commit
        commit: String,
    },
    /// Show the ledger, a line for each fact
    #[command(after_help = "Example:\n  trunkline log --limit 20")]
    Log {
        /// How many of the newest entries; 0: all
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Write a policy from what the repository holds
    #[command(after_help = "Example:\n  trunkline init && trunkline check")]
    Init {
        /// The repository; by default the one here or above
        folder: Option<PathBuf>,
        /// Write over a policy that is there already
        #[arg(long)]
        force: bool,
    },
    /// Play the whole story in a folder, on real repositories, images and zips
    #[command(after_help = "Example:\n  trunkline demo ./playground")]
    Demo {
        /// The folder, which must be empty; by default a new one among the temporary files
        folder: Option<PathBuf>,
    },
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  trunkline completions bash > ~/.local/share/bash-completion/completions/trunkline"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Reads the command line.
///
/// # Errors
/// What is wrong with it; also when help or the version was asked for.
pub(crate) fn parse() -> Result<Arguments, clap::Error> {
    Arguments::try_parse()
}
