//! What was written is seen to run, then judged; a failure yanks, holds, or is only recorded.
//!
//! Written is not running: verification and soak start when it runs. The environment stays on that commit until the verdict, or
//! until `within` has passed. Silence means unverified, never failed.

use std::collections::BTreeSet;

use super::{Known, words};
use crate::fact::{Claim, Fact};
use crate::ids::{Name, Time};
use crate::plan::Plan;
use crate::policy::{Environment, Observe, OnFailure};
use crate::state::{self, Deployment};

/// How long an environment without `verify` stays on a commit that was written and is not seen to run.
const UNSEEN: std::time::Duration = std::time::Duration::from_mins(30);

/// The check that a command makes.
pub const RUN: &str = "run";
/// The check that an address makes.
pub const HTTP: &str = "http";
/// What a person or another system says of what was written: that it runs.
pub const RUNNING: &str = "running";
/// What addresses say of what was written: that it runs.
pub const RUNNING_HTTP: &str = "running-http";

/// The checks that must pass for a deployment to be verified.
pub(super) fn checks(policy: &Environment) -> BTreeSet<Name> {
    let Some(verify) = &policy.verify else { return BTreeSet::new() };
    let own = [verify.run.as_ref().map(|_| name(RUN)), verify.http.as_ref().map(|_| name(HTTP))];
    verify.checks.iter().cloned().chain(own.into_iter().flatten()).collect()
}

fn name(text: &str) -> Name {
    text.parse().expect("the names of our own checks are names")
}

pub(super) fn verify(
    known: Known<'_>,
    environment: &Name,
    policy: &Environment,
    here: &state::Environment,
    plan: &mut Plan,
) {
    if let Some(newest) = here.newest() {
        if newest.written.is_some() && newest.running.is_none() {
            observe(known, environment, newest, plan);
        } else if newest.running.is_some() && !here.verified(newest) && !newest.disproved() {
            for check in [RUN, HTTP].map(name).into_iter().filter(|check| newest.deploy.checks.contains(check)) {
                if !newest.judgements.contains_key(&check) {
                    let claim = Claim::Verify { environment: environment.clone(), deployment: newest.number, check };
                    plan.outstanding(known, claim);
                }
            }
        }
    }
    let unanswered = here.disproved.difference(&known.state.answered);
    for deployment in unanswered.filter_map(|number| here.deployment(*number)) {
        answer(known, environment, policy, here, deployment, plan);
    }
    give_up(known, environment, plan);
}

/// Sees whether what was written is running.
fn observe(known: Known<'_>, environment: &Name, deployment: &Deployment, plan: &mut Plan) {
    let written = deployment.written.unwrap_or(deployment.started);
    let said = |check: &str| deployment.judgements.get(check).is_some_and(|judgement| judgement.passed);
    let mut running = true;
    // Silence for longer means unverified: nobody is asked any more, and something newer may come.
    let late = known.now >= written.plus(unseen(known, environment));
    for observe in known.policy.observes(environment) {
        running &= match observe {
            Observe::Written => true,
            Observe::Delay(delay) => known.now >= written.plus(delay.get()),
            Observe::Verdict => said(RUNNING),
            Observe::Http(_) => said(RUNNING_HTTP),
        };
        if matches!(observe, Observe::Http(_)) && !said(RUNNING_HTTP) && !late {
            plan.outstanding(known, Claim::Observe { environment: environment.clone(), deployment: deployment.number });
        }
    }
    if running {
        plan.records.push(Fact::Running { environment: environment.clone(), deployment: deployment.number });
    } else if late {
        plan.wait(environment.as_str(), words::not_seen(environment, &deployment.deploy.commit), None);
    }
}

/// How long an environment waits for what was written to be seen, without delays, and for what runs to be judged.
fn within(known: Known<'_>, environment: &Name) -> std::time::Duration {
    let verify = known.policy.environments.get(environment).and_then(|policy| policy.verify.as_ref());
    verify.map_or(UNSEEN, |verify| verify.within.get())
}

/// How long it waits for what was written to be seen: at least as long as its own delays.
fn unseen(known: Known<'_>, environment: &Name) -> std::time::Duration {
    delays(known, environment).max().unwrap_or_default().max(within(known, environment))
}

fn delays<'a>(known: Known<'a>, environment: &Name) -> impl Iterator<Item = std::time::Duration> + use<'a> {
    known.policy.observes(environment).into_iter().filter_map(|observe| match observe {
        Observe::Delay(delay) => Some(delay.get()),
        _ => None,
    })
}

/// Why the environment stays on its newest deployment for now, and until when at most.
pub(super) fn busy(
    known: Known<'_>,
    name: &Name,
    here: &state::Environment,
    newest: &Deployment,
) -> Option<(String, Time)> {
    let within = within(known, name);
    let commit = newest.deploy.commit.short(crate::plan::SHORT);
    let (why, until) = match (newest.written, newest.running) {
        (Some(written), None) => {
            let delays = delays(known, name).map(|delay| written.plus(delay));
            let seen = delays.max().filter(|seen| *seen > known.now);
            (format!("{commit} is written and not seen to run yet"), seen.unwrap_or_else(|| written.plus(within)))
        }
        (_, Some(running)) if !here.verified(newest) && !newest.disproved() => {
            let open = newest.deploy.checks.iter().filter(|check| !newest.judgements.contains_key(*check));
            let open: Vec<&str> = open.map(Name::as_str).collect();
            (format!("{commit} waits for the verdict of {}", open.join(", ")), running.plus(within))
        }
        _ => return None,
    };
    (known.now < until).then_some((why, until))
}

/// What a failed check brings. Automation never yanks bytes that were verified: it holds.
fn answer(
    known: Known<'_>,
    name: &Name,
    policy: &Environment,
    here: &state::Environment,
    failed: &Deployment,
    plan: &mut Plan,
) {
    let on_failure = policy.verify.as_ref().map_or(OnFailure::Hold, |verify| verify.on_failure);
    let commit = &failed.deploy.commit;
    let judgements = failed.judgements.iter().filter(|(_, judgement)| !judgement.passed);
    let said: Vec<String> = judgements
        .map(|(check, judgement)| match &judgement.reason {
            Some(reason) => format!("{check} failed in {name}: {reason}"),
            None => format!("{check} failed in {name}"),
        })
        .collect();
    let reason = said.join("; ");
    let verified = known.state.environments.values().any(|environment| environment.proven(&failed.deploy.artifacts));
    let current = here.newest().is_some_and(|newest| newest.number == failed.number);
    match on_failure {
        OnFailure::Yank if !verified => {
            let already = |fact: &Fact| matches!(fact, Fact::Yanked { commit: yanked, .. } if yanked == commit);
            if !plan.records.iter().any(already) {
                let (keys, digests) = known.state.brought(commit);
                plan.records.push(Fact::Yanked {
                    commit: commit.clone(),
                    keys,
                    digests,
                    reason,
                    because: Some(failed.number),
                });
            }
        }
        OnFailure::Yank | OnFailure::Hold if current => {
            plan.records.push(Fact::Held { environment: name.clone(), reason, because: Some(failed.number) });
        }
        // What is no longer there needs no hold.
        OnFailure::Nothing | OnFailure::Yank | OnFailure::Hold => {}
    }
}

/// What nobody acts on any more and nobody asks for is given up: what it was to judge is no longer there, or its time is over.
fn give_up(known: Known<'_>, environment: &Name, plan: &mut Plan) {
    for open in known.state.claims.values() {
        let (Claim::Verify { environment: of, .. } | Claim::Observe { environment: of, .. }) = &open.claim else {
            continue;
        };
        let wanted = || plan.actions.iter().any(|action| action.claim.shares_lane(&open.claim));
        if of == environment && open.until <= known.now && !wanted() {
            plan.records.push(Fact::Abandoned { claim: open.number, why: "nothing asks for it any more".to_owned() });
        }
    }
}
