//! The content key: what an artifact is built from, as one number.
//!
//! A build is keyed by the sorted (path, mode, object id) of the files it watches at a commit, plus its recipe. Two commits
//! with the same key have the same artifact, and only the first of them builds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{Key, Name};
use crate::policy::{Artifact, Policy};

/// One file of a commit's tree, as `git ls-tree -r` tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct File {
    /// The path from the repository's root, with `/` between its parts.
    pub path: String,
    /// Git's mode: `100644`, `100755`, `120000` (a link) or `160000` (a submodule).
    pub mode: String,
    /// The id of the file's object.
    pub object: String,
}

/// The key of every artifact that `policy` builds from `files`.
///
/// What is built by something else (an image without `build`) has no key: it is adopted by `trunkline record`.
pub fn keys(policy: &Policy, files: &[File]) -> BTreeMap<Name, Key> {
    let built = policy.artifacts.iter().filter(|(_, artifact)| artifact.build.is_some() || artifact.package.is_some());
    built.map(|(name, artifact)| (name.clone(), key(artifact, files))).collect()
}

/// The artifacts that `policy` names but something else builds: they come by `trunkline record`.
pub fn adopted(policy: &Policy) -> Vec<Name> {
    let adopted = policy.artifacts.iter().filter(|(_, artifact)| artifact.build.is_none() && artifact.package.is_none());
    adopted.map(|(name, _)| name.clone()).collect()
}

/// The version of the way keys are computed; another one makes other keys, so that nothing built before is mistaken.
const VERSION: &[u8] = b"trunkline key 1\0";

fn key(artifact: &Artifact, files: &[File]) -> Key {
    let mut watched: Vec<&File> = files.iter().filter(|file| artifact.watch.matches(&file.path)).collect();
    watched.sort();
    let mut sum = Sha256::new();
    sum.update(VERSION);
    // Where it is deployed and what it needs there do not change its bytes.
    let recipe = (&artifact.image, &artifact.build, &artifact.package);
    sum.update(serde_json::to_vec(&recipe).expect("a recipe is plain data"));
    for file in watched {
        for field in [&file.path, &file.mode, &file.object] {
            sum.update(b"\0");
            sum.update(field.as_bytes());
        }
    }
    Key::from_sum(sum.finalize().into())
}
