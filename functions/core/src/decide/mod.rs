//! Decides: from what is known to everything that is outstanding. Pure, total and level-triggered.
//!
//! [`decide`] returns every outstanding action, whatever event woke us, so that lost, doubled and reordered events change
//! nothing about where the system ends up. Refusals are values too. The rules, by file:
//!
//! | file | rule |
//! |---|---|
//! | `build` | every commit of a line has each of its artifacts, built once for each key; and images have their commit's tag |
//! | `candidate` | which commits ask for an environment, newest first; an environment never moves to an ancestor by itself |
//! | `gate` | whether a commit may come: built, not barred, verified and soaked where it must be |
//! | `environment` | one thing at a time: finish what is open, people's orders, back from what is barred, then the newest candidate |
//! | `verify` | what was written is seen to run, then judged; a failure yanks, holds, or is only recorded |
//! | `erase` | bytes that are barred and that nothing needs are condemned, and a day later erased |
//! | `words` | every sentence a refusal says |

mod build;
mod candidate;
mod environment;
mod erase;
mod gate;
mod verify;
pub(crate) mod words;

use std::collections::BTreeSet;

use crate::fact::{Claim, Fact};
use crate::ids::Time;
use crate::plan::{Action, Plan, Refused};
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::state::State;

pub(crate) use gate::{Gate, Request, gate};
pub use verify::{HTTP, RUN, RUNNING, RUNNING_HTTP};

/// Everything that is decided from.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) state: &'a State,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Time,
}

/// Everything that is outstanding at `now`, by the store's clock.
///
/// `policy` is the one in force: [`State::policy`](crate::state::State) parsed. The same state, policy and time give the same plan.
pub fn decide(state: &State, policy: &Policy, now: Time) -> Plan {
    let known = Known { state, policy, now };
    let mut plan = Plan::default();
    if let Some(number) = state.too_new {
        plan.refuse("ledger", words::too_old(number));
        return plan;
    }
    lines(known, &mut plan);
    build::builds(known, &mut plan);
    for (name, environment) in &policy.environments {
        environment::environment(known, name, environment, &mut plan);
    }
    // Environments want tags too, so this comes after them.
    build::give_up(known, &mut plan);
    erase::erase(known, &mut plan);
    record_refusals(state, &mut plan);
    plan
}

/// What there is to say when no policy was ever readable.
pub fn without_policy(state: &State) -> Plan {
    let mut plan = Plan::default();
    let refusal = match (&state.too_new, &state.policy_refused) {
        (Some(number), _) => words::too_old(*number),
        (None, Some((_, refusal))) => refusal.clone(),
        (None, None) => words::policy_missing(),
    };
    plan.refuse("policy", refusal);
    record_refusals(state, &mut plan);
    plan
}

fn lines(known: Known<'_>, plan: &mut Plan) {
    if let Some((_, refusal)) = &known.state.policy_refused {
        plan.refuse("policy", refusal.clone());
    }
    for (name, line) in &known.state.lines {
        if let Some(course) = &line.rewritten {
            plan.refuse(format!("line {name}"), words::line_rewritten(name, line.commits.last(), course.head()));
        } else if line.gone && !line.release {
            plan.refuse(format!("line {name}"), words::line_gone(name));
        }
    }
}

/// A refusal is recorded when it is new. Of two with one subject it is the first: one is kept of each, so two would take turns for ever.
fn record_refusals(state: &State, plan: &mut Plan) {
    let mut told = BTreeSet::new();
    for Refused { subject, refusal } in &plan.refusals {
        if told.insert(subject) && state.refused.get(subject) != Some(refusal) {
            plan.records.push(Fact::Refused { subject: subject.clone(), refusal: refusal.clone() });
        }
    }
}

impl Plan {
    pub(crate) fn refuse(&mut self, subject: impl Into<String>, refusal: Refusal) {
        self.refusals.push(Refused { subject: subject.into(), refusal });
    }

    /// Asks for `claim`, unless its lane is asked for already: a new claim, or the open one once its lease or wait is over.
    /// Says whether the lane is with another worker until later.
    pub(crate) fn outstanding(&mut self, known: Known<'_>, claim: Claim) -> bool {
        if self.actions.iter().any(|action| action.claim.shares_lane(&claim)) {
            return false;
        }
        let lane = claim.lane();
        match known.state.claims.get(&lane) {
            None => self.act(claim),
            Some(open) if open.until <= known.now => {
                let action = Action { claim: open.claim.clone(), open: Some(open.number), from: None, undo: None };
                self.actions.push(action);
            }
            Some(open) => {
                let why = open.waiting.clone().unwrap_or_else(|| format!("in the hands of {}", open.worker));
                self.wait(lane, why, Some(open.until));
                return true;
            }
        }
        false
    }
}

/// Whether a recorded refusal stands for something a person pushed or ordered; used to tell exit codes.
pub fn stands(plan: &Plan, subject: &str) -> Option<Code> {
    plan.refusals.iter().find(|refused| refused.subject == subject).map(|refused| refused.refusal.code)
}
