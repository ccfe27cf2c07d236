//! Every port in memory: honest implementations of what the traits document, for tests, stories and the simulator.
//!
//! [`Stores`] is a world's content, shared by any number of workers; [`Stores::world`] is one worker's way into it, with a
//! [`Hook`] around every call. Nothing here touches files, the network or the time of day.

mod artifacts;
mod checks;
mod clock;
mod folders;
mod hooked;
mod ledger;
mod look;
mod repository;
mod targets;

use std::rc::Rc;
use std::sync::Arc;

pub use artifacts::{Images, Packages};
pub use checks::{Checks, Commands};
pub use clock::Clock;
pub use folders::{Folders, Scratch, Tree};
pub use hooked::{Call, Hook, Hooked, Plain};
pub use ledger::Ledger;
pub use repository::{Made, Repository};
pub use targets::{Effect, Targets};

use crate::artifacts::{Unwatched, Watcher};
use crate::failure::Failure;

/// The content of a world: what outlives every worker.
#[derive(Default)]
pub struct Stores {
    /// The ledger.
    pub ledger: Rc<Ledger>,
    /// The repository.
    pub repository: Rc<Repository>,
    /// Folders that commits are exported into.
    pub folders: Rc<Folders>,
    /// The registries.
    pub images: Rc<Images>,
    /// The store of packages.
    pub packages: Rc<Packages>,
    /// The destinations.
    pub targets: Rc<Targets>,
    /// What addresses answer.
    pub checks: Rc<Checks>,
    /// What commands do.
    pub commands: Rc<Commands>,
    /// The store's clock.
    pub clock: Rc<Clock>,
}

impl Stores {
    /// An empty world that goes by `clock`.
    pub fn new(clock: Clock) -> Self {
        let folders = Rc::new(Folders::default());
        let packages = Rc::new(Packages::new(Rc::clone(&folders)));
        Self {
            repository: Rc::new(Repository::new(Rc::clone(&folders))),
            images: Rc::new(Images::new(Rc::clone(&folders))),
            targets: Rc::new(Targets::new(Rc::clone(&packages))),
            packages,
            folders,
            clock: Rc::new(clock),
            ..Self::default()
        }
    }

    /// A worker's way into this world; `hook` stands around every call it makes.
    pub fn world<H: Hook>(&self, hook: &Rc<H>) -> World<H> {
        World {
            ledger: Hooked::new(&self.ledger, hook),
            repository: Hooked::new(&self.repository, hook),
            images: Hooked::new(&self.images, hook),
            packages: Hooked::new(&self.packages, hook),
            targets: Hooked::new(&self.targets, hook),
            checks: Hooked::new(&self.checks, hook),
            commands: Hooked::new(&self.commands, hook),
            clock: Rc::clone(&self.clock),
            folders: Rc::clone(&self.folders),
        }
    }

    /// A way in that only does what it is asked.
    pub fn plain(&self) -> World<Plain> {
        self.world(&Rc::new(Plain))
    }
}

/// A worker's way into a world in memory.
pub struct World<H> {
    ledger: Hooked<Ledger, H>,
    repository: Hooked<Repository, H>,
    images: Hooked<Images, H>,
    packages: Hooked<Packages, H>,
    targets: Hooked<Targets, H>,
    checks: Hooked<Checks, H>,
    commands: Hooked<Commands, H>,
    clock: Rc<Clock>,
    folders: Rc<Folders>,
}

impl<H: Hook> crate::world::World for World<H> {
    type Ledger = Hooked<Ledger, H>;
    type Repository = Hooked<Repository, H>;
    type Images = Hooked<Images, H>;
    type Packages = Hooked<Packages, H>;
    type Targets = Hooked<Targets, H>;
    type Checks = Hooked<Checks, H>;
    type Commands = Hooked<Commands, H>;
    type Clock = Clock;
    type Scratch = Scratch;

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

    fn scratch(&self) -> Result<Scratch, Failure> {
        Ok(Folders::scratch(&self.folders))
    }

    fn source(&self) -> Option<&str> {
        None
    }

    fn watcher(&self, _: &str) -> Watcher {
        Arc::new(Unwatched)
    }
}
