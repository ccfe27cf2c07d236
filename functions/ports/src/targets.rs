//! Where artifacts are deployed, and what says whether they run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use trunkline_core::deployment::{Mark, Unit};
use trunkline_core::ids::{Commit, Digest, Name};
use trunkline_core::policy::HttpCheck;

use crate::artifacts::Watcher;
use crate::failure::Failure;

/// Destinations, written in one step and only on the version that was read.
///
/// The worker reads the version, then the ledger's tail (does it still hold the lease?), then writes on that version.
/// So a worker that stalled for an hour cannot move an environment back.
pub trait Targets {
    /// The destination's version, and what stands at each piece's place.
    ///
    /// # Errors
    /// A refusal when a place is missing or cannot be edited, a fault when the destination cannot be reached.
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure>;

    /// Writes all pieces in one step, if the destination still has the version `on`. The effect carries `mark`.
    ///
    /// # Errors
    /// As [`look`](Targets::look). A fault may have happened all the same: look again.
    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure>;

    /// Puts back what stood before the effect marked with `mark.number`, if the destination still has the version `on`.
    ///
    /// The version moves even when there is nothing to put back: a stalled worker's write on the version it read must fail.
    ///
    /// # Errors
    /// As [`put`](Targets::put); a refusal when what stood there cannot be told.
    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure>;

    /// What [`put`](Targets::put) would change, as text for people: a unified diff, or a line for each piece. Empty: nothing.
    ///
    /// # Errors
    /// As [`look`](Targets::look).
    async fn preview(&self, unit: &Unit) -> Result<String, Failure>;
}

/// A destination's version: whatever it compares before it lets itself be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// What a destination shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Its version.
    pub version: Version,
    /// What stands at each piece's place.
    pub pieces: BTreeMap<Name, Standing>,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing yet.
    Nothing,
    /// These bytes.
    At(Digest),
    /// Something that is not ours, in the place's own words: an image without a digest, a file someone put there.
    Other(String),
    /// The place cannot be asked (a command).
    Unknown,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Done,
    /// It was there already; nothing was written.
    Already,
    /// The destination has another version by now: look again.
    Moved,
}

/// Checks that are made from here.
pub trait Checks {
    /// Asks an address once. `Ok(Err(…))` says what did not match, in words.
    ///
    /// # Errors
    /// A refusal when the address cannot be one.
    async fn http(&self, check: &HttpCheck) -> Result<Result<(), String>, Failure>;
}

/// Commands that a policy names.
pub trait Commands {
    /// Runs a command to its end, its output to `watcher`, line by line.
    ///
    /// # Errors
    /// [`Code::CommandFailed`](trunkline_core::refusal::Code) with the exit code and the last lines of output;
    /// a fault when it cannot be started.
    async fn run(&self, command: &Invocation, watcher: &Watcher) -> Result<(), Failure>;

    /// Where no command runs here: asks for the commit to be built where they do, and says in words by whom. Nothing: they run here.
    ///
    /// May be asked again for the same commit.
    ///
    /// # Errors
    /// A refusal when there is no such place, a fault when it cannot be asked.
    async fn hand_over(&self, commit: &Commit) -> Result<Option<String>, Failure> {
        let _ = commit;
        Ok(None)
    }
}

/// A command to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// What `sh -c` gets, as the policy has it: nothing is ever put into it.
    pub line: String,
    /// The folder it runs in; without one, the policy file's.
    pub folder: Option<PathBuf>,
    /// Variables added to the environment.
    pub environment: BTreeMap<String, String>,
}
