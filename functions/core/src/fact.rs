//! Facts: what happened, as the ledger keeps it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{Commit, Key, Name, Time};
use crate::refusal::Refusal;

/// The version of the entries' form.
pub const FORMAT: u32 = 1;

/// One entry of the ledger: facts that were seen or done together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of this form.
    pub format: u32,
    /// Its number, from 1, without a gap.
    pub number: u64,
    /// Unique to this attempt to write: a writer whose answer was lost finds out by it whether it won.
    pub id: String,
    /// When, by the store's clock.
    pub at: Time,
    /// Who: a worker, or a person and the way they spoke.
    pub by: String,
    /// What happened.
    pub facts: Vec<Fact>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fact {
    /// A fact of a newer version, which this one does not know.
    #[serde(other)]
    Unknown,
}

/// One commit of a line, as observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// The commit.
    pub commit: Commit,
    /// When it was committed.
    pub time: Time,
    /// Its author: `Name <address>`.
    pub author: String,
    /// The first line of its message, 200 characters at most.
    pub subject: String,
    /// What each of its artifacts is built from.
    pub keys: BTreeMap<Name, Key>,
    /// Why its policy cannot be read, if so; then it has no artifacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}
