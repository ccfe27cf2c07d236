//! An image in parts, on its way to a repository: its blobs, wherever they are now, and its manifests, byte for byte.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tempfile::TempPath;
use trunkline_core::ids::Digest;
use trunkline_ports::artifacts::Image;

use crate::document::{Descriptor, Known};
use crate::place::Remote;

/// An image in parts. Its bytes never change on the way: its digest is known before anything is sent.
pub(crate) struct Parts {
    /// Its blobs, each once.
    pub(crate) blobs: Vec<Part>,
    /// The manifests an index refers to; none when the image is for one platform.
    pub(crate) children: Vec<Known>,
    /// The manifest or index itself.
    pub(crate) image: Known,
}

/// A blob.
pub(crate) struct Part {
    pub(crate) descriptor: Descriptor,
    pub(crate) origin: Origin,
}

/// Where a blob is.
pub(crate) enum Origin {
    /// Here.
    Bytes(Vec<u8>),
    /// In a file that was made for it, gone when dropped.
    Made(TempPath),
    /// In another layout's file.
    File(PathBuf),
    /// In a repository of a registry.
    Registry(Remote),
}

impl Parts {
    /// What is told of the image.
    pub(crate) fn told(&self) -> Image {
        let blobs = self.blobs.iter().map(|part| part.descriptor.size).sum::<u64>();
        let children = self.children.iter().map(|child| child.manifest.text.len() as u64).sum::<u64>();
        let size = blobs + children + self.image.manifest.text.len() as u64;
        Image { digest: self.image.digest.clone(), size, manifest: self.image.manifest.clone() }
    }
}

/// What is told of an image that is there, given its children.
pub(crate) fn told(image: Known, children: &[Known]) -> Image {
    let all = || children.iter().chain([&image]);
    let blobs: BTreeMap<&Digest, u64> =
        all().flat_map(|known| known.references.blobs()).map(|blob| (&blob.digest, blob.size)).collect();
    let manifests: BTreeMap<&Digest, u64> =
        all().map(|known| (&known.digest, known.manifest.text.len() as u64)).collect();
    let size = blobs.values().chain(manifests.values()).fold(0, |sum: u64, size| sum.saturating_add(*size));
    Image { digest: image.digest, size, manifest: image.manifest }
}
