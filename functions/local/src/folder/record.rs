//! What is written beside the releases: whose each of them is, and what was done last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunkline_core::deployment::Mark;
use trunkline_core::ids::{Commit, Digest, Name};

use crate::clock::unique;

/// Whose a release is. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    /// The ledger's project.
    pub(super) project: Name,
    /// The number of the ledger's entry that started the deployment.
    pub(super) number: u64,
    /// The environment.
    pub(super) environment: Name,
    /// The commit that is deployed.
    pub(super) commit: Commit,
    /// The commit that ran there before.
    pub(super) previous: Option<Commit>,
    /// The digest of each artifact's package.
    pub(super) pieces: BTreeMap<Name, Digest>,
}

impl Marker {
    pub(super) fn new(mark: &Mark, pieces: BTreeMap<Name, Digest>) -> Self {
        Self {
            project: mark.project.clone(),
            number: mark.number,
            environment: mark.environment.clone(),
            commit: mark.commit.clone(),
            previous: mark.previous.clone(),
            pieces,
        }
    }
}

/// What was done last. Each deployment and each undoing writes a new one, and that moves the folder's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Unlike any other record's.
    pub(super) generation: String,
    /// The ledger's project.
    pub(super) project: Name,
    /// The environment.
    pub(super) environment: Name,
    /// The number of the ledger's entry that started the deployment.
    pub(super) number: u64,
    /// Whether that deployment was taken back.
    pub(super) undone: bool,
    /// The release it brought, if any.
    pub(super) release: Option<String>,
    /// The release that stood there before it, if any.
    pub(super) before: Option<String>,
}

impl Record {
    pub(super) fn new(mark: &Mark, undone: bool, release: Option<String>, before: Option<String>) -> Self {
        Self {
            generation: unique(),
            project: mark.project.clone(),
            environment: mark.environment.clone(),
            number: mark.number,
            undone,
            release,
            before,
        }
    }

    /// Whether it is of the same project and environment.
    pub(super) fn is_for(&self, mark: &Mark) -> bool {
        self.project == mark.project && self.environment == mark.environment
    }

    /// Whether it is of the same deployment.
    pub(super) fn is_of(&self, mark: &Mark) -> bool {
        self.is_for(mark) && self.number == mark.number
    }
}
