//! This machine as a world: the adapters that the policy asks for, wired.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use trunkline_aws::bucket::Bucket;
use trunkline_aws::ecr::Ecr;
use trunkline_aws::ledger::S3Ledger;
use trunkline_aws::packages::S3Packages;
use trunkline_aws::sdk;
use trunkline_core::policy::{Policy, Store};
use trunkline_local::checks::Http;
use trunkline_local::clock::System;
use trunkline_local::commands::Shell;
use trunkline_local::git::GitRepository;
use trunkline_local::ledger::{Folder, make_store};
use trunkline_oci as oci;
use trunkline_packages as packages;
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::world::World;

use crate::{Destinations, Images, Ledgers, Packages};

/// What a world is made for.
pub struct Setting<'a> {
    /// The folder of the policy file: the repository's root.
    pub root: &'a Path,
    /// The policy that says what the project is called and where its store is.
    pub policy: &'a Policy,
    /// The repository's address, for labels of images.
    pub source: Option<String>,
    /// The KMS key that encrypts what goes to a bucket; without one, the bucket's own setting holds.
    pub key_id: Option<String>,
    /// Gives a watcher for the action of that name.
    pub watch: Arc<dyn Fn(&str) -> Watcher>,
}

/// This machine.
pub struct Machine {
    ledger: Ledgers,
    repository: GitRepository,
    images: Images,
    packages: Packages,
    targets: Destinations,
    checks: Http,
    commands: Shell,
    clock: System,
    source: Option<String>,
    watch: Arc<dyn Fn(&str) -> Watcher>,
}

impl Machine {
    /// A world to look at: nothing is made, a ledger that does not exist reads as empty.
    ///
    /// # Errors
    /// As [`Http::new`] and [`sdk::load`].
    pub async fn look(setting: Setting<'_>) -> Result<Self, Failure> {
        let (here, policy) = (setting.root.join(setting.policy.store.folder()), setting.policy);
        let place = place(&setting).await?;
        let ledger = match &place {
            Some(place) => Ledgers::Bucket(Box::new(S3Ledger::open(place, &policy.project))),
            None => Ledgers::Folder(Folder::open(&here, &policy.project)),
        };
        Self::wire(setting, place.as_ref(), ledger)
    }

    /// A world to write to: the store's folders are made if there are none. A bucket is never made.
    ///
    /// # Errors
    /// As [`look`](Self::look) and [`Folder::create`].
    pub async fn write(setting: Setting<'_>) -> Result<Self, Failure> {
        let (here, policy) = (setting.root.join(setting.policy.store.folder()), setting.policy);
        let place = place(&setting).await?;
        let ledger = if let Some(place) = &place {
            make_store(&here).await?;
            Ledgers::Bucket(Box::new(S3Ledger::open(place, &policy.project)))
        } else {
            Ledgers::Folder(Folder::create(&here, &policy.project).await?)
        };
        Self::wire(setting, place.as_ref(), ledger)
    }

    fn wire(setting: Setting<'_>, place: Option<&Bucket>, ledger: Ledgers) -> Result<Self, Failure> {
        let Setting { root, policy, source, watch, .. } = setting;
        let here = root.join(policy.store.folder());
        let local = packages::Folder::new(here.join("packages"));
        let packages = match place {
            Some(place) => Packages::Bucket(S3Packages::new(place, &policy.project, local)),
            None => Packages::Folder(local),
        };
        let options = oci::Options { folder: root.to_owned(), in_store: place.is_none(), ..oci::Options::default() };
        Ok(Self {
            ledger,
            repository: GitRepository::new(root),
            images: Images::new(here.join("images"), options, Arc::new(Ecr::from_environment())),
            targets: Destinations::new(root, &here.join("cache"), &packages, watch("run"))?,
            packages,
            checks: Http::new()?,
            commands: Shell::new(root.to_owned()),
            clock: System,
            source,
            watch,
        })
    }
}

/// The place in a bucket, for a store that is in one.
async fn place(setting: &Setting<'_>) -> Result<Option<Bucket>, Failure> {
    let Store::Bucket { name, prefix } = &setting.policy.store else { return Ok(None) };
    let sdk = sdk::load().await?;
    Ok(Some(Bucket::new(&sdk, name, prefix, setting.key_id.clone())))
}

impl World for Machine {
    type Ledger = Ledgers;
    type Repository = GitRepository;
    type Images = Images;
    type Packages = Packages;
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
        (self.watch)(what)
    }
}
