//! A project as the functions see it: nothing of a machine's own but a folder for what is under way. Commits come from GitHub, the store is
//! a bucket, manifests are on GitHub, and commands run in the repository's workflow.

use std::sync::Arc;

use tempfile::TempDir;
use trunkline_aws::bucket::Bucket;
use trunkline_aws::ecr::Ecr;
use trunkline_aws::ledger::S3Ledger;
use trunkline_aws::packages::S3Packages;
use trunkline_core::ids::Name;
use trunkline_github::client::Client;
use trunkline_github::name::RepositoryName;
use trunkline_github::repository::GitHubRepository;
use trunkline_github::workflow::Workflow;
use trunkline_local::checks::Http;
use trunkline_local::clock::System;
use trunkline_oci as oci;
use trunkline_packages::Folder;
use trunkline_ports::artifacts::{Unwatched, Watcher};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::world::World;

use crate::Images;
use crate::remote::Remote;

/// A project on GitHub whose store is in a bucket.
pub struct Cloud {
    ledger: S3Ledger,
    repository: GitHubRepository,
    images: Images,
    packages: S3Packages<Folder>,
    targets: Remote,
    checks: Http,
    commands: Workflow,
    clock: System,
    source: String,
    /// Removed with this world: what one wake-up leaves is of no use to the next, which may be anywhere.
    here: TempDir,
}

impl Cloud {
    /// The project `project` of the repository `name`, whose workflow is `trunk`'s, with its store in `place`. Nothing is asked yet.
    ///
    /// All worlds of a process share `ecr`, which keeps to the quota of what is put there.
    ///
    /// # Errors
    /// A fault when this machine has no room, or no TLS.
    pub fn open(
        client: &Arc<Client>,
        name: &RepositoryName,
        place: &Bucket,
        ecr: &Arc<Ecr>,
        project: &Name,
        trunk: &str,
    ) -> Result<Self, Failure> {
        let here = scratch("keeping what is under way")?;
        let local = Folder::new(here.path().join("packages"));
        let options = oci::Options { folder: here.path().to_owned(), in_store: false, ..oci::Options::default() };
        Ok(Self {
            ledger: S3Ledger::open(place, project),
            repository: GitHubRepository::new(Arc::clone(client), name.clone()),
            images: Images::new(here.path().join("images"), options, Arc::clone(ecr)),
            packages: S3Packages::new(place, project, local),
            targets: Remote::new(Arc::clone(client)),
            checks: Http::new()?,
            commands: Workflow::new(Arc::clone(client), name.clone(), trunk),
            clock: System,
            source: format!("https://github.com/{name}"),
            here,
        })
    }
}

fn scratch(what: &str) -> Result<TempDir, Failure> {
    tempfile::Builder::new().prefix("trunkline-").tempdir().map_err(|error| Fault::from_io(what, &error).into())
}

impl World for Cloud {
    type Ledger = S3Ledger;
    type Repository = GitHubRepository;
    type Images = Images;
    type Packages = S3Packages<Folder>;
    type Targets = Remote;
    type Checks = Http;
    type Commands = Workflow;
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
        let made = tempfile::Builder::new().prefix("export-").tempdir_in(self.here.path());
        made.map_err(|error| Fault::from_io("making a folder for an export", &error).into())
    }

    fn source(&self) -> Option<&str> {
        Some(&self.source)
    }

    fn watcher(&self, _: &str) -> Watcher {
        Arc::new(Unwatched)
    }
}
