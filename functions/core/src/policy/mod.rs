//! The policy file, `trunkline.yaml`, as types that cannot say nonsense.
//!
//! Recipes (`watch`, `build`, `package`, `needs`) are read from the commit being built; everything else from the newest
//! observed head of trunk. [`Policy::parse`] is the only way in.

mod artifact;
mod check;
mod document;
mod environment;
mod parse;
mod reader;
mod schema;
mod shape;
mod store;
mod syntax;
mod target;
#[cfg(test)]
mod tests;
mod values;
mod words;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use artifact::{
    Artifact, Assembly, Build, Command, Compression, Directory, Dockerfile, Folder, Helm, Kind, Kustomize, Layer,
    Manifest, Observe, Package, Run, Target, TargetKind, Yaml,
};
pub use environment::{After, Environment, HttpCheck, OnFailure, Override, Source, Sources, Verify};
pub use store::Store;
pub use values::{Duration, Patterns, Platform, RelativePath};

use crate::ids::Name;
use crate::pattern::{Pattern, chosen};

/// The policy file's name, at the root of the repository.
pub const FILE: &str = "trunkline.yaml";

/// The longest policy file, in bytes (256 KiB): it is kept in the ledger, whose entries are read on every wake-up.
pub const MAX_BYTES: usize = 256 * 1024;

/// The whole policy file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The project's name: its ledger's name.
    pub project: Name,
    /// The one long-lived branch.
    #[serde(default = "main")]
    pub trunk: String,
    /// Branches whose commits may be released beside trunk's, as patterns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub release_branches: Vec<Pattern>,
    /// Where the ledger and the packages are kept: a folder, relative to this file, which holds images without a registry as well,
    /// or a place in a bucket, `s3://bucket/prefix`.
    #[serde(default)]
    pub store: Store,
    /// How many hex digits of a commit make its image tag.
    #[serde(default = "sha_length")]
    #[schemars(range(min = 7, max = 40))]
    pub sha_length: usize,
    /// What is built from a commit, by name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Name" }))]
    pub artifacts: IndexMap<Name, Artifact>,
    /// Where it is deployed, by name, in the order in which they are shown.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Name" }))]
    pub environments: IndexMap<Name, Environment>,
    /// The repository of Kubernetes manifests that `kustomize`, `helm`, `manifest` and `yaml` targets are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifests: Option<Manifests>,
}

/// The repository of Kubernetes manifests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifests {
    /// `owner/name` on GitHub, a path, relative to the policy file, or a git URL.
    pub repository: String,
    /// The branch that is committed to.
    #[serde(default = "main")]
    pub branch: String,
    /// How it is written.
    #[serde(default)]
    pub mode: Mode,
}

/// How the manifest repository is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One commit on the branch for each deployment.
    #[default]
    Commit,
}

impl Policy {
    /// Whether the commits of `branch` may be released beside trunk's.
    pub fn releases(&self, branch: &str) -> bool {
        chosen(&self.release_branches, branch)
    }
}

fn main() -> String {
    "main".to_owned()
}

/// Long enough that two commits of one repository do not share it, short enough to read.
fn sha_length() -> usize {
    12
}
