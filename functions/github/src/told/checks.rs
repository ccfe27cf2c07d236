//! A check run for a commit: the plan and what came of it, in Markdown. Only Apps may write them.
//!
//! Source: <https://docs.github.com/en/rest/checks/runs>

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use trunkline_core::ids::Commit;
use trunkline_core::text::clean;
use trunkline_ports::failure::Failure;

use super::{Told, cut};
use crate::client::{Ask, encoded};

/// What the App must be let do.
const NEEDS: &str = "checks: write";

/// The longest text, in characters. Source: `output[summary]` in <https://docs.github.com/en/rest/checks/runs#create-a-check-run>
const MAX_TEXT: usize = 65_535;

/// What a check run says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name: one run of each name for a commit.
    pub name: String,
    /// What came of it; nothing while it goes on.
    pub conclusion: Option<Conclusion>,
    /// In a few words.
    pub title: String,
    /// In Markdown.
    pub summary: String,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// All went well.
    Success,
    /// It failed, or the commit was yanked.
    Failure,
    /// Nothing was to be done.
    Neutral,
    /// Somebody must do something.
    ActionRequired,
}

#[derive(Deserialize)]
struct Runs {
    check_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    id: u64,
}

impl Told {
    /// Says how a check of a commit stands: two requests.
    ///
    /// # Errors
    /// A refusal when it is no App that asks, or it may not write check runs; a fault when GitHub cannot be asked.
    pub async fn check(&self, commit: &Commit, check: &Check) -> Result<(), Failure> {
        let mut body = json!({
            "name": check.name,
            "status": if check.conclusion.is_some() { "completed" } else { "in_progress" },
            "output": { "title": cut(&clean(&check.title, 1000), 200), "summary": cut(&check.summary, MAX_TEXT) },
        });
        if let Some(conclusion) = check.conclusion {
            body["conclusion"] = json!(conclusion);
        }
        let base = format!("/repos/{}", self.name);
        let (ask, status) = if let Some(run) = self.run(commit, &check.name).await? {
            let ask = Ask::post(&self.name, format!("{base}/check-runs/{}", run.id), &body);
            (Ask { method: Method::PATCH, repeatable: true, ..ask }, StatusCode::OK)
        } else {
            body["head_sha"] = commit.as_str().into();
            (Ask::post(&self.name, format!("{base}/check-runs"), &body), StatusCode::CREATED)
        };
        let answer = self.client.send(ask).await?;
        let _: serde::de::IgnoredAny = self.client.read(&answer, status, "a check run", NEEDS)?;
        Ok(())
    }

    async fn run(&self, commit: &Commit, name: &str) -> Result<Option<Run>, Failure> {
        let query = format!("check_name={}&per_page=1", encoded(name));
        let path = format!("/repos/{}/commits/{commit}/check-runs?{query}", self.name);
        let answer = self.client.send(Ask::get(&self.name, path)).await?;
        let runs: Runs = self.client.read(&answer, StatusCode::OK, "check runs", "checks: read")?;
        Ok(runs.check_runs.into_iter().next())
    }
}
