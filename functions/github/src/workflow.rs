//! The repository's workflow: where commands run when they do not run here.
//!
//! Source: <https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event>

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;
use trunkline_core::ids::Commit;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Commands, Invocation};

use crate::client::{Ask, Client};
use crate::failure;
use crate::name::RepositoryName;

/// The workflow's file, in `.github/workflows`. It takes an input `commit` and runs `trunkline build COMMIT`.
pub const FILE: &str = "trunkline.yml";

/// What the App must be let do.
const NEEDS: &str = "actions: write";

/// The workflow of a repository.
pub struct Workflow {
    client: Arc<Client>,
    name: RepositoryName,
    branch: String,
}

impl Workflow {
    /// The workflow of the repository `name`, as it is on the branch `branch`.
    pub fn new(client: Arc<Client>, name: RepositoryName, branch: &str) -> Self {
        Self { client, name, branch: branch.to_owned() }
    }
}

impl Commands for Workflow {
    async fn run(&self, _: &Invocation, _: &Watcher) -> Result<(), Failure> {
        let message = "no command runs in a function";
        Err(Refusal::new(Code::CommandFailed, message)
            .help("check by `checks` or `http`, or run it in a workflow")
            .into())
    }

    /// Starts the workflow. Started twice, the second run finds nothing to do.
    async fn hand_over(&self, commit: &Commit) -> Result<Option<String>, Failure> {
        let body = json!({ "ref": self.branch, "inputs": { "commit": commit.as_str() } });
        let path = format!("/repos/{}/actions/workflows/{FILE}/dispatches", self.name);
        let answer = self.client.send(Ask::post(&self.name, path, &body)).await?;
        match answer.status {
            StatusCode::NO_CONTENT | StatusCode::OK => Ok(Some(format!("the workflow `{FILE}` builds it"))),
            StatusCode::NOT_FOUND => {
                let message = format!("`{}` has no workflow `{FILE}` to run its commands", self.name);
                let help = "add `.github/workflows/trunkline.yml` with `on: workflow_dispatch` and an input `commit` that runs `trunkline build`";
                Err(Refusal::new(Code::ToolMissing, message).help(help).into())
            }
            _ => Err(failure::explain(&self.client.who(), "the right to start a workflow", &answer, NEEDS)),
        }
    }
}
