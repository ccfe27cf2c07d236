//! `plan`: what `sync` would do now. It observes, and writes nothing.

use serde_json::json;
use trunkline_core::decide::{decide, without_policy};
use trunkline_core::deployment::waves;
use trunkline_core::fact::{Claim, Deploy, Entry, FORMAT, Fact};
use trunkline_core::plan::{From, SHORT};
use trunkline_core::policy::Policy;
use trunkline_core::state::State;
use trunkline_core::view::forecast;
use trunkline_ports::failure::Failure;
use trunkline_ports::observe;
use trunkline_ports::targets::Targets;
use trunkline_ports::world::World;

use crate::answer::{Answer, document};
use crate::arguments::Common;
use crate::session::Session;

/// How often observing may bring a new policy, which names more lines.
const LOOKS: usize = 16;

/// As JSON the plan's own fields, with `then` (deployments that follow) and `diffs` (`environment`, `commit`, `diff`).
///
/// It answers what was asked, so it ends well whatever stands refused.
pub(super) async fn plan(common: &Common) -> Result<Answer, Failure> {
    let session = Session::look(common).await?;
    let state = observed(&session).await?;
    let now = session.now();
    let Some(policy) = state.policy() else {
        let plan = without_policy(&state);
        return Answer::done(&plan, &plan);
    };
    let plan = decide(&state, &policy, now);
    let then = forecast(&state, &policy, &plan, now);
    let mut told = vec![plan.to_string()];
    let mut diffs = Vec::new();
    let deploys = plan.actions.iter().filter_map(|action| match &action.claim {
        Claim::Deploy(deploy) if action.undo.is_none() => Some((deploy, action.from.as_ref())),
        _ => None,
    });
    for (deploy, from) in deploys {
        add(&mut diffs, deploy, preview(&session, &policy, deploy, from).await?);
    }
    for then in &then {
        told.push(then.to_string());
        if then.unbuilt.is_empty() {
            add(&mut diffs, &then.deploy, preview(&session, &policy, &then.deploy, then.from.as_ref()).await?);
        }
    }
    told.extend(
        diffs
            .iter()
            .map(|(deploy, diff)| format!("\n{} in {}:\n{diff}", deploy.commit.short(SHORT), deploy.environment)),
    );
    let mut document = document(&plan)?;
    document["then"] = crate::answer::document(&then)?;
    let shown = |(deploy, diff): &(Deploy, String)| json!({ "environment": deploy.environment, "commit": deploy.commit, "diff": diff });
    document["diffs"] = diffs.iter().map(shown).collect();
    Answer::done(&told.concat(), &document)
}

fn add(diffs: &mut Vec<(Deploy, String)>, deploy: &Deploy, diff: String) {
    if !diff.is_empty() {
        diffs.push((deploy.clone(), diff));
    }
}

/// What is known, and what looking shows, as it would be after `sync` had written it down.
async fn observed(session: &Session) -> Result<State, Failure> {
    let mut state = session.worker().await?.state();
    let trunk = &session.project.policy.trunk;
    for _ in 0..LOOKS {
        let facts = observe::repository(&state, session.world.repository(), trunk).await?;
        let again = facts.iter().any(|fact| matches!(fact, Fact::PolicySeen { .. }));
        fold(session, &mut state, facts);
        if !again {
            break;
        }
    }
    if let Some(policy) = state.policy() {
        let facts = observe::targets(&state, &policy, session.world.targets()).await?;
        fold(session, &mut state, facts);
    }
    Ok(state)
}

fn fold(session: &Session, state: &mut State, facts: Vec<Fact>) {
    let (number, at) = (state.number + 1, session.now());
    state.apply(&Entry { format: FORMAT, number, id: String::new(), at, by: String::new(), facts });
}

/// What a deployment would change at its places. What cannot be told, and why, is told in its stead.
async fn preview(session: &Session, policy: &Policy, deploy: &Deploy, from: Option<&From>) -> Result<String, Failure> {
    let mut text = String::new();
    for unit in waves(policy, deploy, from.map(|from| &from.artifacts)).into_iter().flatten() {
        match session.world.targets().preview(&unit).await {
            Ok(diff) => text += &diff,
            Err(Failure::Refused(refusal)) => text = [text, format!("! {refusal}\n")].concat(),
            Err(fault) => return Err(fault),
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
    }
    Ok(text)
}
