//! Every kind of destination, each handed to the adapter that knows it.

use std::path::Path;

use trunkline_core::deployment::{Destination, Mark, Unit};
use trunkline_local::commands::Shell;
use trunkline_local::folder::Folders;
use trunkline_local::run::Runs;
use trunkline_packages::unpack;
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Sight, Targets, Version};

use crate::Packages;
use crate::manifests::Manifests;

/// The destinations of a policy.
pub struct Destinations {
    manifests: Manifests,
    folders: Folders<Packages>,
    runs: Runs<Packages, Shell>,
}

impl Destinations {
    /// Destinations relative to `root`, with caches in `cache`; what commands write goes to `watcher`.
    ///
    /// # Errors
    /// A refusal when the environment names an API of GitHub's that is none.
    pub fn new(root: &Path, cache: &Path, packages: &Packages, watcher: Watcher) -> Result<Self, Failure> {
        Ok(Self {
            manifests: Manifests::new(root, cache)?,
            folders: Folders::new(root.to_owned(), packages.clone(), unpack),
            runs: Runs::new(packages.clone(), Shell::new(root.to_owned()), watcher),
        })
    }
}

impl Targets for Destinations {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        match &unit.destination {
            Destination::Manifests { .. } => self.manifests.look(unit).await,
            Destination::Folder(_) => self.folders.look(unit).await,
            Destination::Run(_) => self.runs.look(unit).await,
        }
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        match &unit.destination {
            Destination::Manifests { .. } => self.manifests.put(unit, on, mark).await,
            Destination::Folder(_) => self.folders.put(unit, on, mark).await,
            Destination::Run(_) => self.runs.put(unit, on, mark).await,
        }
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        match &unit.destination {
            Destination::Manifests { .. } => self.manifests.undo(unit, on, mark).await,
            Destination::Folder(_) => self.folders.undo(unit, on, mark).await,
            Destination::Run(_) => self.runs.undo(unit, on, mark).await,
        }
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        match &unit.destination {
            Destination::Manifests { .. } => self.manifests.preview(unit).await,
            Destination::Folder(_) => self.folders.preview(unit).await,
            Destination::Run(_) => self.runs.preview(unit).await,
        }
    }
}
