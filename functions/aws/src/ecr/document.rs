//! What a manifest or an index refers to. Only what is needed here is read, and nothing is ever written from it.

use std::collections::BTreeMap;

use serde::Deserialize;
use trunkline_core::ids::Digest;

/// A manifest or an index: what it refers to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct References {
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Debug, Deserialize)]
struct Descriptor {
    digest: Digest,
    size: u64,
}

impl References {
    /// Reads a document; one that is something else refers to nothing.
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The blobs, each once, with their sizes in bytes.
    pub(super) fn blobs(self) -> BTreeMap<Digest, u64> {
        self.config.into_iter().chain(self.layers).map(|blob| (blob.digest, blob.size)).collect()
    }

    /// The images of an index, each once.
    pub(super) fn manifests(&self) -> Vec<Digest> {
        let mut digests: Vec<Digest> = self.manifests.iter().map(|child| child.digest.clone()).collect();
        digests.sort();
        digests.dedup();
        digests
    }
}
