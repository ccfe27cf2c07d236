//! Packages, wherever the store is.

use std::path::{Path, PathBuf};

use trunkline_aws::packages::S3Packages;
use trunkline_core::ids::{Digest, Name};
use trunkline_packages::Folder;
use trunkline_ports::artifacts::{Outcome, Package, Packages as Port, Watcher};
use trunkline_ports::failure::Failure;

/// A project's packages.
#[derive(Clone, Debug)]
pub enum Packages {
    /// In a folder.
    Folder(Folder),
    /// In a bucket; what is made and opened stays in a folder of this machine as well.
    Bucket(S3Packages<Folder>),
}

impl Port for Packages {
    async fn pack(&self, artifact: &Name, folder: &Path, watcher: &Watcher) -> Result<Package, Failure> {
        match self {
            Self::Folder(packages) => packages.pack(artifact, folder, watcher).await,
            Self::Bucket(packages) => packages.pack(artifact, folder, watcher).await,
        }
    }

    async fn keep(&self, artifact: &Name, file: &Path) -> Result<Package, Failure> {
        match self {
            Self::Folder(packages) => packages.keep(artifact, file).await,
            Self::Bucket(packages) => packages.keep(artifact, file).await,
        }
    }

    async fn find(&self, artifact: &Name, digest: &Digest) -> Result<Option<Package>, Failure> {
        match self {
            Self::Folder(packages) => packages.find(artifact, digest).await,
            Self::Bucket(packages) => packages.find(artifact, digest).await,
        }
    }

    async fn open(&self, artifact: &Name, digest: &Digest) -> Result<PathBuf, Failure> {
        match self {
            Self::Folder(packages) => packages.open(artifact, digest).await,
            Self::Bucket(packages) => packages.open(artifact, digest).await,
        }
    }

    async fn erase(&self, artifact: &Name, digest: &Digest) -> Result<Outcome, Failure> {
        match self {
            Self::Folder(packages) => packages.erase(artifact, digest).await,
            Self::Bucket(packages) => packages.erase(artifact, digest).await,
        }
    }
}
