//! Packages in a bucket, by what they hold:
//!
//! ```text
//! s3://BUCKET/PREFIX/packages/PROJECT/ARTIFACT/<64 hex digits>/package.zip     the bytes
//! s3://BUCKET/PREFIX/packages/PROJECT/ARTIFACT/<64 hex digits>/manifest.json   see [`record`]; written last
//! ```
//!
//! Readers go by the manifest alone, so an upload that broke off is nothing. It names the version of the bytes, so what is put over
//! them later is nothing either. When a package is erased, the manifest says that instead, and stays: being created only if there
//! is none, no manifest can take the place of a tombstone, whoever still uploads.
//!
//! Packages are made and opened in another store on this machine, which this one is put in front of. What a machine has made or
//! fetched once is not fetched again; its digest is checked every time.

mod erase;
mod fetch;
mod record;
mod send;

use std::path::{Path, PathBuf};

use trunkline_core::ids::{Digest, Name};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::{Outcome, Package, Packages, Watcher};
use trunkline_ports::failure::Failure;

use crate::bucket::Bucket;
use record::Record;

/// The bytes' name.
const FILE: &str = "package.zip";

/// The manifest's name.
const MANIFEST: &str = "manifest.json";

/// One project's packages in a bucket.
#[derive(Clone, Debug)]
pub struct S3Packages<P> {
    place: Bucket,
    local: P,
}

impl<P: Packages> S3Packages<P> {
    /// The packages of `project` in the place `store`, made and opened in `local`.
    pub fn new(store: &Bucket, project: &Name, local: P) -> Self {
        Self { place: store.below("packages").below(project.as_str()), local }
    }

    fn folder(&self, artifact: &Name, digest: &Digest) -> Bucket {
        self.place.below(artifact.as_str()).below(digest.hex())
    }
}

impl<P: Packages> Packages for S3Packages<P> {
    async fn pack(&self, artifact: &Name, folder: &Path, watcher: &Watcher) -> Result<Package, Failure> {
        let package = self.local.pack(artifact, folder, watcher).await?;
        self.send(artifact, package).await
    }

    async fn keep(&self, artifact: &Name, file: &Path) -> Result<Package, Failure> {
        let package = self.local.keep(artifact, file).await?;
        self.send(artifact, package).await
    }

    async fn find(&self, artifact: &Name, digest: &Digest) -> Result<Option<Package>, Failure> {
        Ok(match record::read(&self.folder(artifact, digest), digest).await? {
            Some(Record::Kept { size, .. }) => Some(Package { digest: digest.clone(), size }),
            Some(Record::Erased) | None => None,
        })
    }

    async fn open(&self, artifact: &Name, digest: &Digest) -> Result<PathBuf, Failure> {
        match self.local.open(artifact, digest).await {
            Err(Failure::Refused(refusal)) if refusal.code == Code::ArtifactMissing => {}
            // What is here was damaged; what is in the bucket may be good.
            Err(Failure::Refused(refusal)) if refusal.code == Code::ArtifactChanged => {
                self.local.erase(artifact, digest).await?;
            }
            other => return other,
        }
        self.fetch(artifact, digest).await?;
        self.local.open(artifact, digest).await
    }

    async fn erase(&self, artifact: &Name, digest: &Digest) -> Result<Outcome, Failure> {
        let outcome = erase::erase(&self.folder(artifact, digest), digest).await?;
        self.local.erase(artifact, digest).await?;
        Ok(outcome)
    }
}

fn missing(artifact: &Name, digest: &Digest) -> Failure {
    Refusal::new(Code::ArtifactMissing, format!("the package {digest} of `{artifact}` is not in the store"))
        .help("was it erased? build its commit again, or deploy another one")
        .into()
}

fn erased(artifact: &Name, digest: &Digest) -> Failure {
    Refusal::new(
        Code::ArtifactMissing,
        format!("the package {digest} of `{artifact}` was erased, and the same bytes are not taken again"),
    )
    .help("it was yanked: build a commit that changes what went wrong")
    .into()
}
