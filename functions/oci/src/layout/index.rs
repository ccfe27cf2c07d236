//! `index.json`: which images a layout holds, and under which tags.
//!
//! Every image has at least one entry. One without a tag has none of the annotation; each tag is an entry of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_ports::failure::Failure;

use crate::document::{Descriptor, INDEX};
use crate::problem;

/// The annotation that holds an entry's tag.
/// Source: <https://github.com/opencontainers/image-spec/blob/main/annotations.md>
pub(crate) const TAG: &str = "org.opencontainers.image.ref.name";

/// The document.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    schema_version: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    pub(super) manifests: Vec<Descriptor>,
    /// Fields that others wrote and that are kept.
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

impl Index {
    /// Reads it; a layout without one is empty.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| problem::unreadable(&format!("`{}`", path.display()), &error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::empty()),
            Err(error) => Err(problem::file("cannot read", path, &error)),
        }
    }

    fn empty() -> Self {
        Self { schema_version: 2, media_type: Some(INDEX.to_owned()), manifests: Vec::new(), other: BTreeMap::new() }
    }

    pub(super) fn text(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(|error| problem::unreadable("the index", &error))
    }

    pub(super) fn holds(&self, digest: &Digest) -> bool {
        self.manifests.iter().any(|entry| entry.digest == *digest)
    }

    /// The image a tag is on.
    pub(super) fn tagged(&self, tag: &ImageTag) -> Option<&Digest> {
        let entry =
            self.manifests.iter().find(|entry| entry.annotations.get(TAG).is_some_and(|name| name == tag.as_str()));
        entry.map(|entry| &entry.digest)
    }

    /// Lists an image without a tag.
    pub(super) fn add(&mut self, image: &Descriptor) {
        self.manifests.push(image.clone());
    }

    /// Puts a tag on an image, off the one it was on. The image keeps its other tags; the other one stays listed.
    pub(super) fn tag(&mut self, image: &Descriptor, tag: &ImageTag) {
        let carries = |entry: &Descriptor| entry.annotations.get(TAG).is_some_and(|name| name == tag.as_str());
        let before: Vec<Descriptor> = self.manifests.extract_if(.., |entry| carries(entry)).collect();
        for mut entry in before {
            entry.annotations.remove(TAG);
            if !self.holds(&entry.digest) {
                self.manifests.push(entry);
            }
        }
        self.manifests.retain(|entry| entry.digest != image.digest || entry.annotations.contains_key(TAG));
        let mut entry = image.clone();
        entry.annotations.insert(TAG.to_owned(), tag.as_str().to_owned());
        self.manifests.push(entry);
    }

    /// Takes an image off the list, with all its tags.
    pub(super) fn remove(&mut self, digest: &Digest) -> bool {
        let before = self.manifests.len();
        self.manifests.retain(|entry| entry.digest != *digest);
        self.manifests.len() < before
    }
}
