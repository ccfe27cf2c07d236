//! The destinations that a function can reach.

use std::sync::Arc;

use trunkline_core::deployment::{Destination, Mark, Unit};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_github::client::Client;
use trunkline_github::manifests::GitHubManifests;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Sight, Targets, Version};

/// Manifest repositories on GitHub. Folders and commands are of a machine: the policy of a project that is carried by functions
/// names none, and is told so otherwise.
pub struct Remote {
    manifests: GitHubManifests,
}

impl Remote {
    /// All that `client` may write to.
    pub fn new(client: Arc<Client>) -> Self {
        Self { manifests: GitHubManifests::new(client) }
    }

    fn manifests(&self, unit: &Unit) -> Result<&GitHubManifests, Refusal> {
        if GitHubManifests::takes(unit) { Ok(&self.manifests) } else { Err(unreachable(unit)) }
    }
}

fn unreachable(unit: &Unit) -> Refusal {
    let (what, help) = match &unit.destination {
        Destination::Manifests { .. } => {
            ("the manifest repository is not on GitHub", "name it `owner/name` under `manifests:`")
        }
        Destination::Folder(_) => ("a folder is of one machine", "deploy it by another target"),
        Destination::Run(_) => ("a command runs on a machine", "deploy it by another target"),
    };
    let message = format!("no function can deploy there: {what}");
    Refusal::new(Code::DeployFailed, message).help(format!("{help}, or run `trunkline sync` where it can be reached"))
}

impl Targets for Remote {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        self.manifests(unit)?.look(unit).await
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        self.manifests(unit)?.put(unit, on, mark).await
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        self.manifests(unit)?.undo(unit, on, mark).await
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        self.manifests(unit)?.preview(unit).await
    }
}
