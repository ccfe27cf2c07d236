//! The order of one deployment: everything that goes to the manifest repository is one commit there.

use super::Findings;
use super::graph::{Graph, reach};
use super::places::in_manifests;
use crate::ids::Name;
use crate::policy::Policy;

/// Refuses what would force two commits: a needs b needs c, where a and c are in the manifest repository and b is not.
pub(super) fn check(policy: &Policy, findings: &mut Findings<'_>) {
    let graph: Graph<'_> =
        policy.artifacts.iter().map(|(name, artifact)| (name, artifact.needs.iter().collect())).collect();
    for environment in policy.environments.keys() {
        let there = |name: &Name| {
            let artifact = policy.artifacts.get(name)?;
            policy.target(environment, name, artifact).map(|target| in_manifests(&target.kind))
        };
        for between in policy.artifacts.keys().filter(|name| there(name) == Some(false)) {
            let first = reach(&graph, between).into_iter().find(|name| there(name) == Some(true));
            let last =
                policy.artifacts.keys().find(|name| there(name) == Some(true) && reach(&graph, name).contains(between));
            // On a circle there is no order to speak of.
            if let (Some(first), Some(last)) = (first, last)
                && first != last
            {
                let message = format!(
                    "in `{environment}`, `{between}` must come after `{first}` and before `{last}`, which are one commit in the manifest repository"
                );
                let help =
                    format!("drop one of these `needs`, or deploy `{between}` through the manifest repository too");
                findings.say(&["artifacts", between.as_str(), "needs"], message, help);
                return;
            }
        }
    }
}
