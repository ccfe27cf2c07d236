//! This machine as a world: the embedded default's adapters, wired.

use std::sync::Arc;

use tempfile::TempDir;
use trunkline_local::checks::Http;
use trunkline_local::clock::System;
use trunkline_local::commands::Shell;
use trunkline_local::git::GitRepository;
use trunkline_local::ledger;
use trunkline_oci as oci;
use trunkline_packages as packages;
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::world::World;

use crate::console::Console;
use crate::person;
use crate::project::Project;
use crate::targets::Destinations;

/// This machine.
pub(crate) struct Machine {
    ledger: ledger::Folder,
    repository: GitRepository,
    images: oci::Images,
    packages: packages::Folder,
    targets: Destinations,
    checks: Http,
    commands: Shell,
    clock: System,
    source: Option<String>,
    console: Arc<Console>,
}

impl Machine {
    /// The world of `project`, on this ledger of its.
    ///
    /// # Errors
    /// As [`Http::new`].
    pub(crate) fn new(project: &Project, ledger: ledger::Folder, console: &Arc<Console>) -> Result<Self, Failure> {
        let (root, store) = (&project.root, project.store());
        let packages = packages::Folder::new(store.join("packages"));
        let options = oci::Options { folder: root.clone(), ..oci::Options::default() };
        Ok(Self {
            ledger,
            repository: GitRepository::new(root),
            images: oci::Images::new(store.join("images"), options),
            targets: Destinations::new(root, &store.join("cache"), &packages, console.watcher("run")),
            packages,
            checks: Http::new()?,
            commands: Shell::new(root.clone()),
            clock: System,
            source: person::source(root),
            console: Arc::clone(console),
        })
    }
}

impl World for Machine {
    type Ledger = ledger::Folder;
    type Repository = GitRepository;
    type Images = oci::Images;
    type Packages = packages::Folder;
    type Targets = Destinations;
    type Checks = Http;
    type Commands = Shell;
    type Clock = System;
    type Scratch = TempDir;

    fn ledger(&self) -> &Self::Ledger {
        &self.ledger
    }

    fn repository(&self) -> &Self::Repository {
        &self.repository
    }

    fn images(&self) -> &Self::Images {
        &self.images
    }

    fn packages(&self) -> &Self::Packages {
        &self.packages
    }

    fn targets(&self) -> &Self::Targets {
        &self.targets
    }

    fn checks(&self) -> &Self::Checks {
        &self.checks
    }

    fn commands(&self) -> &Self::Commands {
        &self.commands
    }

    fn clock(&self) -> &Self::Clock {
        &self.clock
    }

    fn scratch(&self) -> Result<TempDir, Failure> {
        let made = tempfile::Builder::new().prefix("trunkline-").tempdir();
        made.map_err(|error| Fault::from_io("making a folder for an export", &error).into())
    }

    fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    fn watcher(&self, what: &str) -> Watcher {
        self.console.watcher(what)
    }
}
