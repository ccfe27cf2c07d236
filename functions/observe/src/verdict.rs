//! What a delivery says of a commit.

use serde::{Deserialize, Serialize};
use trunkline_core::decide::RUNNING;
use trunkline_core::ids::{Commit, Name};
use trunkline_wiring::Verdict;

/// A delivery, as it comes over the bus: the fields that are used here. See `webhook::Envelope`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The delivery's id.
    pub delivery: String,
    /// The event's name.
    pub event: String,
    /// The repository, `owner/name`.
    pub repository: String,
    /// What a verdict is called.
    #[serde(default)]
    pub name: Option<String>,
    /// What the verdict is, in GitHub's word.
    #[serde(default)]
    pub conclusion: Option<String>,
    /// The commit the verdict is about.
    #[serde(default)]
    pub commit: Option<String>,
    /// The environment the verdict is about.
    #[serde(default)]
    pub environment: Option<String>,
}

impl Delivery {
    /// The verdict that it brings, if it brings one that names what we could know. Cancelled, skipped and stale ones are no verdicts.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let passed = match self.conclusion.as_deref()? {
            "success" => true,
            "failure" | "error" | "timed_out" => false,
            _ => return None,
        };
        let commit: Commit = self.commit.as_deref()?.parse().ok()?;
        let environment: Option<Name> = self.environment.as_deref().and_then(|name| name.parse().ok());
        // The status of a deployment says whether the commit runs there.
        let check = if self.event == "deployment_status" { RUNNING } else { self.name.as_deref()? };
        Some(Verdict { commit, environment, check: check.parse().ok()?, passed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(event: &str, name: &str, conclusion: &str) -> Delivery {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Delivery {
            event: event.to_owned(),
            name: given(name),
            conclusion: given(conclusion),
            commit: Some("c".repeat(40)),
            environment: (event == "deployment_status").then(|| "stage".to_owned()),
            ..Delivery::default()
        }
    }

    #[test]
    fn a_check_that_passed_or_failed_is_a_verdict_of_its_name() {
        let passed = delivery("check_run", "e2e", "success").verdict().unwrap();
        assert_eq!((passed.check.as_str(), passed.passed, passed.environment), ("e2e", true, None));
        assert!(!delivery("check_run", "e2e", "timed_out").verdict().unwrap().passed);
    }

    #[test]
    fn a_check_that_was_cancelled_or_has_a_name_that_no_check_can_have_is_none() {
        assert_eq!(delivery("check_run", "e2e", "cancelled").verdict(), None);
        assert_eq!(delivery("check_run", "End to end", "success").verdict(), None);
        assert_eq!(delivery("push", "", "").verdict(), None);
    }

    #[test]
    fn the_status_of_a_deployment_says_whether_it_runs() {
        let runs = delivery("deployment_status", "deploy", "success").verdict().unwrap();
        assert_eq!((runs.check.as_str(), runs.environment.unwrap().as_str()), (RUNNING, "stage"));
    }
}
