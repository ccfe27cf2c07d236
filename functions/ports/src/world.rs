//! Everything a worker works with, under one name.

use std::path::Path;

use crate::artifacts::{Images, Packages, Watcher};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::repository::Repository;
use crate::targets::{Checks, Commands, Targets};

/// One world: a choice of adapters.
pub trait World {
    /// The ledger.
    type Ledger: Ledger;
    /// The repository whose commits are carried.
    type Repository: Repository;
    /// Where images are made and live.
    type Images: Images;
    /// Where packages are made and live.
    type Packages: Packages;
    /// Where artifacts are deployed.
    type Targets: Targets;
    /// Checks made from here.
    type Checks: Checks;
    /// Commands run from here.
    type Commands: Commands;
    /// The store's clock.
    type Clock: Clock;
    /// A folder that is removed when it is dropped.
    type Scratch: AsRef<Path>;

    /// The ledger.
    fn ledger(&self) -> &Self::Ledger;
    /// The repository whose commits are carried.
    fn repository(&self) -> &Self::Repository;
    /// Where images are made and live.
    fn images(&self) -> &Self::Images;
    /// Where packages are made and live.
    fn packages(&self) -> &Self::Packages;
    /// Where artifacts are deployed.
    fn targets(&self) -> &Self::Targets;
    /// Checks made from here.
    fn checks(&self) -> &Self::Checks;
    /// Commands run from here.
    fn commands(&self) -> &Self::Commands;
    /// The store's clock.
    fn clock(&self) -> &Self::Clock;
    /// An empty folder for an export.
    ///
    /// # Errors
    /// A fault when there is no room.
    fn scratch(&self) -> Result<Self::Scratch, Failure>;
    /// The repository's address, for the image label `org.opencontainers.image.source`.
    fn source(&self) -> Option<&str>;
    /// Who watches long work: `what` is the action's one-line name.
    fn watcher(&self, what: &str) -> Watcher;
}
