//! A verb's work on one project: its world, who asks, and a worker on its ledger.

use std::sync::Arc;

use trunkline_core::ids::Time;
use trunkline_core::policy::Policy;
use trunkline_core::state::State;
use trunkline_ports::clock::Clock;
use trunkline_ports::failure::Failure;
use trunkline_ports::work::{Ended, Others, Worker};
use trunkline_ports::world::World;
use trunkline_worlds::{Machine, Setting};

use crate::arguments::Common;
use crate::console::Console;
use crate::person;
use crate::project::Project;

/// One project, opened.
pub(crate) struct Session {
    /// The project.
    pub(crate) project: Project,
    /// Its world.
    pub(crate) world: Machine,
    /// What is said meanwhile.
    pub(crate) console: Arc<Console>,
    by: String,
}

/// Names the KMS key that encrypts what goes to a bucket; without it, the bucket's own setting holds.
const KEY_ID: &str = "TRUNKLINE_KMS_KEY_ID";

impl Session {
    /// Opens the project to look at: nothing is made, a ledger that does not exist reads as empty.
    ///
    /// # Errors
    /// As [`Project::find`] and [`Machine::look`].
    pub(crate) async fn look(common: &Common) -> Result<Self, Failure> {
        let (project, console) = (Project::find(common).await?, Console::new());
        let world = Machine::look(setting(&project, &console)).await?;
        Ok(Self { project, world, console, by: String::new() })
    }

    /// Opens the project to write to its ledger, which is made if there is none.
    ///
    /// # Errors
    /// As [`Project::find`] and [`Machine::write`].
    pub(crate) async fn write(common: &Common, by: Option<&str>) -> Result<Self, Failure> {
        let (project, console) = (Project::find(common).await?, Console::new());
        let world = Machine::write(setting(&project, &console)).await?;
        let by = person::name(by, &project.root);
        Ok(Self { project, world, console, by })
    }

    /// A worker that has read the ledger.
    ///
    /// # Errors
    /// As the ledger answers.
    pub(crate) async fn worker(&self) -> Result<Worker<'_, Machine>, Failure> {
        Worker::open(&self.world, &*self.console, &self.by, &self.project.policy.trunk).await
    }

    /// Says what is outstanding, then does it.
    ///
    /// # Errors
    /// As the ledger answers.
    pub(crate) async fn work(&self, worker: &Worker<'_, Machine>) -> Result<Ended, Failure> {
        self.console.say(&worker.plan().to_string());
        worker.work(|_| true, Others::Await).await
    }

    /// The policy in force; before the first `sync`, the one that the project was found by.
    pub(crate) fn policy(&self, state: &State) -> Policy {
        state.policy().unwrap_or_else(|| self.project.policy.clone())
    }

    /// Now, by the store's clock.
    pub(crate) fn now(&self) -> Time {
        self.world.clock().now()
    }
}

fn setting<'a>(project: &'a Project, console: &Arc<Console>) -> Setting<'a> {
    let console = Arc::clone(console);
    Setting {
        root: &project.root,
        policy: &project.policy,
        source: person::source(&project.root),
        key_id: std::env::var(KEY_ID).ok().filter(|id| !id.is_empty()),
        watch: Arc::new(move |what: &str| console.watcher(what)),
    }
}
