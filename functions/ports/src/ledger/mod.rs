//! The ledger: numbered entries that are written once.

pub mod text;

use trunkline_core::fact::Entry;

use crate::failure::Failure;

/// An append-only log of numbered entries, one for each project.
pub trait Ledger {
    /// The entries from number `from` on, in order and without a gap. Entries start at 1.
    ///
    /// # Errors
    /// A refusal that names the file when an entry is torn, foreign or missing: none is ever skipped.
    async fn read(&self, from: u64) -> Result<Vec<Entry>, Failure>;

    /// Writes `entry` under its number if no entry has that number.
    ///
    /// A writer whose answer was lost appends again: the entry's `id` tells whether it had won, and [`Append::Written`] is then the answer.
    ///
    /// # Errors
    /// A fault when it may or may not be there; append again.
    async fn append(&self, entry: &Entry) -> Result<Append, Failure>;

    /// The newest checkpoint written by this `version` of the fold.
    ///
    /// # Errors
    /// Only faults: a checkpoint that cannot be read counts as none, since it can always be made again.
    async fn checkpoint(&self, version: u32) -> Result<Option<Checkpoint>, Failure>;

    /// Keeps a checkpoint; one that is there already is left as it is.
    ///
    /// # Errors
    /// A fault; nothing is lost with it.
    async fn keep(&self, checkpoint: &Checkpoint) -> Result<(), Failure>;
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// It is in the ledger under its number.
    Written,
    /// Another entry has that number: read on, and decide again.
    Taken,
}

/// The folded state after an entry, so that reading stays short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last entry that is folded in.
    pub number: u64,
    /// The version of the fold that made it.
    pub version: u32,
    /// The state, as JSON.
    pub state: String,
}
