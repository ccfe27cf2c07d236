//! Where artifacts are made and kept: images and packages.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trunkline_core::ids::{Commit, Digest, ImageTag, Name, Time};
use trunkline_core::policy::Build;

use crate::failure::Failure;

/// Told about long work as it goes on; what it does with that is its own matter.
pub trait Progress: Send + Sync {
    /// A line of a command's output, or a step that was reached.
    fn line(&self, text: &str);
    /// How much of the work is done, in bytes.
    fn amount(&self, done: u64, total: u64);
}

/// A watcher that can be handed to threads.
pub type Watcher = Arc<dyn Progress>;

/// A watcher that nobody is told by.
pub struct Unwatched;

impl Progress for Unwatched {
    fn line(&self, _: &str) {}
    fn amount(&self, _: u64, _: u64) {}
}

/// Whether an effect changed something. That it was there already is success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It changed something.
    Changed,
    /// What was asked for was so already.
    Already,
}

/// Somewhere images are made and live: the store's layout folders and registries, by repository.
pub trait Images {
    /// Builds an image from an export and pushes it by digest, without a tag.
    ///
    /// The same order gives the same digest anywhere. What is there already is not sent again.
    ///
    /// # Errors
    /// Refusals for recipes and files that cannot become an image, for tools that are missing and for registries that deny;
    /// faults for registries that cannot be reached now.
    async fn build(&self, order: &ImageOrder<'_>, watcher: &Watcher) -> Result<Image, Failure>;

    /// Puts `tag` on the image `digest`, without copying any layer: the very same manifest bytes under another name.
    ///
    /// With `manifest`, the bytes from the build's record, one request is enough.
    ///
    /// # Errors
    /// [`Code::ArtifactMissing`](trunkline_core::refusal::Code) when the image is not there.
    async fn tag(
        &self,
        repository: &str,
        digest: &Digest,
        tag: &ImageTag,
        manifest: Option<&Manifest>,
    ) -> Result<Outcome, Failure>;

    /// The image `digest`, when it is there.
    ///
    /// # Errors
    /// As the registry answers.
    async fn find(&self, repository: &str, digest: &Digest) -> Result<Option<Image>, Failure>;

    /// Deletes the image `digest` and all its tags; blobs that nothing else there refers to go with it where the store is ours.
    ///
    /// # Errors
    /// As the registry answers.
    async fn erase(&self, repository: &str, digest: &Digest) -> Result<Outcome, Failure>;
}

/// What an image is built from.
#[derive(Clone, Copy, Debug)]
pub struct ImageOrder<'a> {
    /// The repository it goes to.
    pub repository: &'a str,
    /// The recipe.
    pub build: &'a Build,
    /// The export: a folder that holds only what is watched.
    pub export: &'a Path,
    /// The commit, for `org.opencontainers.image.revision`.
    pub commit: &'a Commit,
    /// The commit's time, for `org.opencontainers.image.created`.
    pub created: Time,
    /// The short commit id, for `org.opencontainers.image.version`.
    pub version: &'a str,
    /// The repository's address, for `org.opencontainers.image.source`.
    pub source: Option<&'a str>,
}

/// An image that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The digest of its manifest or index.
    pub digest: Digest,
    /// The bytes of all its blobs and manifests together.
    pub size: u64,
    /// Its manifest or index, byte for byte.
    pub manifest: Manifest,
}

/// A manifest or index, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its media type.
    pub media_type: String,
    /// Its text: JSON, exactly as the digest was taken of it.
    pub text: String,
}

/// Somewhere packages are made and live, by artifact and digest.
pub trait Packages {
    /// Makes a deterministic zip of a folder's content and keeps it.
    ///
    /// # Errors
    /// A refusal when a link leads out of the folder or the folder is empty, a fault when writing fails.
    async fn pack(&self, artifact: &Name, folder: &Path, watcher: &Watcher) -> Result<Package, Failure>;

    /// Keeps a file as it is.
    ///
    /// # Errors
    /// A refusal when it is not there, a fault when writing fails.
    async fn keep(&self, artifact: &Name, file: &Path) -> Result<Package, Failure>;

    /// The package's size in bytes, when it is there.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    async fn find(&self, artifact: &Name, digest: &Digest) -> Result<Option<Package>, Failure>;

    /// The package's bytes as a file to read; its digest has been checked.
    ///
    /// # Errors
    /// [`Code::ArtifactMissing`](trunkline_core::refusal::Code) or [`Code::ArtifactChanged`](trunkline_core::refusal::Code).
    async fn open(&self, artifact: &Name, digest: &Digest) -> Result<PathBuf, Failure>;

    /// Deletes the package.
    ///
    /// # Errors
    /// A fault when the store cannot be written.
    async fn erase(&self, artifact: &Name, digest: &Digest) -> Result<Outcome, Failure>;
}

/// A package that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The digest of the file.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}
