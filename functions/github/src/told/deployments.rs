//! Deployments: one for each commit and environment, and statuses that say how it goes. Others write statuses too: Argo CD's
//! notifications say there that a commit runs.
//!
//! Source: <https://docs.github.com/en/rest/deployments/deployments> and <https://docs.github.com/en/rest/deployments/statuses>

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use trunkline_core::ids::{Commit, Name};
use trunkline_core::text::clean;
use trunkline_ports::failure::Failure;

use super::{Told, cut};
use crate::client::{Ask, encoded};

/// What the App must be let do.
const NEEDS: &str = "deployments: write";

/// The longest description of a status, in characters.
/// Source: `description` in <https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status>
const MAX_DESCRIPTION: usize = 140;

/// How a deployment goes. `Other` is one that only GitHub or others write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits.
    Queued,
    /// It is being written.
    InProgress,
    /// It runs.
    Success,
    /// It was refused or taken back.
    Failure,
    /// Something went wrong that has nothing to do with the commit.
    Error,
    /// Another one took its place.
    Inactive,
    /// Another word.
    #[serde(other)]
    Other,
}

/// A status of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// How it goes.
    pub state: State,
    /// In words, on one line.
    #[serde(default)]
    pub description: String,
    /// Where there is more to read; empty when nowhere.
    #[serde(default)]
    pub log_url: String,
}

#[derive(Deserialize)]
struct Deployment {
    id: u64,
}

impl Told {
    /// The newest status of a commit's deployment to an environment; nothing when there is none.
    ///
    /// # Errors
    /// A refusal when the App may not read deployments, a fault when GitHub cannot be asked.
    pub async fn deployment(&self, commit: &Commit, environment: &Name) -> Result<Option<Status>, Failure> {
        match self.find(commit, environment).await? {
            Some(deployment) => self.newest(&deployment).await,
            None => Ok(None),
        }
    }

    /// Says how a commit's deployment to an environment goes: at most four requests, two when it was said already.
    ///
    /// # Errors
    /// A refusal when the App may not write deployments, a fault when GitHub cannot be asked.
    pub async fn deploying(&self, commit: &Commit, environment: &Name, status: &Status) -> Result<(), Failure> {
        let deployment = match self.find(commit, environment).await? {
            Some(deployment) => deployment,
            None => self.create(commit, environment).await?,
        };
        let status = Status { description: cut(&clean(&status.description, 1000), MAX_DESCRIPTION), ..status.clone() };
        let newest = self.newest(&deployment).await?;
        if newest.is_some_and(|newest| newest.state == status.state && newest.description == status.description) {
            return Ok(());
        }
        let mut body = json!({ "state": status.state, "description": status.description, "auto_inactive": true });
        if !status.log_url.is_empty() {
            body["log_url"] = status.log_url.into();
        }
        let path = format!("/repos/{}/deployments/{}/statuses", self.name, deployment.id);
        let answer = self.client.send(Ask::post(&self.name, path, &body)).await?;
        let _: serde::de::IgnoredAny = self.client.read(&answer, StatusCode::CREATED, "a deployment status", NEEDS)?;
        Ok(())
    }

    async fn find(&self, commit: &Commit, environment: &Name) -> Result<Option<Deployment>, Failure> {
        let query = format!("sha={commit}&environment={}&per_page=1", encoded(environment.as_str()));
        let path = format!("/repos/{}/deployments?{query}", self.name);
        let answer = self.client.send(Ask::get(&self.name, path)).await?;
        let found: Vec<Deployment> = self.client.read(&answer, StatusCode::OK, "deployments", "deployments: read")?;
        Ok(found.into_iter().next())
    }

    /// Neither merges anything nor waits for checks: what is deployed was decided already.
    async fn create(&self, commit: &Commit, environment: &Name) -> Result<Deployment, Failure> {
        let body = json!({
            "ref": commit.as_str(), "environment": environment.as_str(), "auto_merge": false, "required_contexts": [],
            "description": "by Trunkline",
        });
        let ask = Ask::post(&self.name, format!("/repos/{}/deployments", self.name), &body);
        let answer = self.client.send(ask).await?;
        self.client.read(&answer, StatusCode::CREATED, "a deployment", NEEDS)
    }

    async fn newest(&self, deployment: &Deployment) -> Result<Option<Status>, Failure> {
        let path = format!("/repos/{}/deployments/{}/statuses?per_page=1", self.name, deployment.id);
        let answer = self.client.send(Ask::get(&self.name, path)).await?;
        let found: Vec<Status> =
            self.client.read(&answer, StatusCode::OK, "deployment statuses", "deployments: read")?;
        Ok(found.into_iter().next())
    }
}
