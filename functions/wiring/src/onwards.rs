//! The way onwards: what is outstanding goes to the queue of those whose work it is.
//!
//! Messages of one lane of a project are one group, so one comes after another. A message names what it is for and where the ledger
//! stood: sent again while nothing has changed, the queue takes it for the first. It orders nothing: who gets it decides anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use trunkline_aws::events::Message;
use trunkline_core::fact::Claim;
use trunkline_core::ids::Digest;
use trunkline_core::plan::Action;
use trunkline_core::state::State;
use trunkline_ports::failure::{Failure, Fault};

use crate::kind::Kind;
use crate::project::Project;
use crate::stack::Stack;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The project.
    #[serde(flatten)]
    pub project: Project,
    /// What is outstanding, by its lane.
    pub lane: String,
    /// Where the ledger stood.
    pub number: u64,
}

/// Sends what is outstanding to its queues. Gives how many messages were sent.
///
/// # Errors
/// As SQS answers.
pub(crate) async fn send(
    stack: &Stack,
    project: &Project,
    state: &State,
    actions: &[Action],
) -> Result<usize, Failure> {
    let mut queues: BTreeMap<Kind, Vec<Message>> = BTreeMap::new();
    for action in actions {
        queues.entry(Kind::of(&action.claim)).or_default().push(message(project, state, action)?);
    }
    for (kind, messages) in &queues {
        if let Some(queue) = stack.settings.queues.get(kind) {
            stack.queues.send(queue, messages).await?;
        }
    }
    Ok(actions.len())
}

fn message(project: &Project, state: &State, action: &Action) -> Result<Message, Fault> {
    let (lane, number) = (action.claim.lane(), state.number);
    // A claim to be taken over is another matter than the claim that was made, though the ledger may stand where it stood.
    let until = action.open.and_then(|open| state.claim(open)).map_or(0, |open| open.until.0);
    let id = hex(&format!("{}\n{lane}\n{number}\n{until}", project.project));
    let order = Order { project: project.clone(), lane, number };
    let body = serde_json::to_string(&order);
    let body = body.map_err(|error| Fault::lasting(format!("a message cannot be written: {error}")))?;
    Ok(Message { group: group(project, &action.claim), id, body })
}

/// What comes one after another: all of an environment; of the rest, each lane.
fn group(project: &Project, claim: &Claim) -> String {
    match claim {
        Claim::Deploy(deploy) => format!("{}/{}", project.project, deploy.environment),
        Claim::Observe { environment, .. } | Claim::Verify { environment, .. } => {
            format!("{}/{environment}", project.project)
        }
        Claim::Build { .. } | Claim::Tag { .. } | Claim::Erase { .. } => {
            format!("{}/{}", project.project, &hex(&claim.lane())[..32])
        }
    }
}

fn hex(text: &str) -> String {
    Digest::from_sum(Sha256::digest(text).into()).hex().to_owned()
}
