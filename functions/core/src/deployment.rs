//! What a deployment is made of: the artifacts of one commit, the places they go to, and what goes there in one step.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Commit, Digest, ImageTag, Name};
use crate::policy::{Kind, TargetKind};

/// The bytes of one artifact, and where they are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Bytes {
    /// Image or package.
    pub kind: Kind,
    /// The digest of the image's manifest or index, or of the package's file.
    pub digest: Digest,
    /// The image's repository; a package has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The tag people know the image by; the digest is what counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<ImageTag>,
}

/// What a deployment brings, by artifact.
pub type Artifacts = BTreeMap<Name, Bytes>;

/// A place that is written in one step, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// A branch of a manifest repository: one commit.
    Manifests {
        /// A path, relative to the policy file, or a git URL.
        repository: String,
        /// The branch.
        branch: String,
    },
    /// A folder on this machine, absolute or relative to the policy file.
    Folder(String),
    /// A command; unfenced.
    Run(String),
}

/// What is written to one destination in one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Where.
    pub destination: Destination,
    /// For which environment.
    pub environment: Name,
    /// Of which commit.
    pub commit: Commit,
    /// What: one piece for each artifact that goes there.
    pub pieces: Vec<Piece>,
}

/// One artifact and its place within a destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// The artifact's name.
    pub artifact: Name,
    /// The place; `{environment}` is already replaced.
    pub target: TargetKind,
    /// What shall be there.
    pub bytes: Bytes,
    /// What the environment ran there before, when it ran something.
    pub previous: Option<Bytes>,
}

/// What an effect carries so that anybody can tell whose it was: trailers of a commit, tags of a stack, a marker in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The ledger's project.
    pub project: Name,
    /// The number of the entry that started the deployment: the fencing token.
    pub number: u64,
    /// The environment.
    pub environment: Name,
    /// The commit that is deployed.
    pub commit: Commit,
    /// The commit that ran there before.
    pub previous: Option<Commit>,
    /// Who shipped what in between, oldest first: one line for each commit.
    pub shipped: Vec<String>,
}
