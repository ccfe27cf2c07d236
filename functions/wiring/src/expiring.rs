//! Whether a repository's lifecycle policy is about to take what an environment runs: asked beforehand, so that somebody can mend it.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_aws::ecr::{Expiry, Place};
use trunkline_core::ids::{Digest, Name};
use trunkline_core::state::State;
use trunkline_ports::failure::Failure;

use crate::project::Project;
use crate::stack::Stack;
use crate::wake::state;

/// What would expire of all that runs, in words. A preview takes ECR some seconds: what it has not made yet is told the next time.
///
/// # Errors
/// As the ledger and ECR answer.
pub async fn expiring(stack: &Stack, project: &Project) -> Result<Vec<String>, Failure> {
    let mut told = Vec::new();
    for (repository, running) in running(&state(stack, project).await?) {
        let Some(place) = Place::parse(&repository) else { continue };
        let Expiry::Would(would) = stack.ecr.expiry(&place).await? else { continue };
        let taken = running.iter().filter_map(|(environment, digest)| Some((environment, digest, would.get(digest)?)));
        told.extend(taken.map(|(environment, digest, rule)| {
            format!(
                "rule {rule} of the lifecycle policy of `{repository}` would take {digest}, which {environment} runs: let it keep what has a promotion tag"
            )
        }));
    }
    Ok(told)
}

/// The images that run, by repository.
fn running(state: &State) -> BTreeMap<String, BTreeSet<(Name, Digest)>> {
    let mut running: BTreeMap<String, BTreeSet<(Name, Digest)>> = BTreeMap::new();
    for (name, here) in &state.environments {
        for bytes in here.current().into_iter().flat_map(|current| current.deploy.artifacts.values()) {
            if let Some(repository) = &bytes.repository {
                running.entry(repository.clone()).or_default().insert((name.clone(), bytes.digest.clone()));
            }
        }
    }
    running
}
