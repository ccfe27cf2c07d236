//! What runs where.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use super::{Moment, Outstanding, ShownArtifacts, ago, brief, shown, table};
use crate::decide::decide;
use crate::ids::{Commit, Name, TagName, Time};
use crate::plan::SHORT;
use crate::policy::Policy;
use crate::state::{self, Deployment, State};

/// What runs where, and what is outstanding: the answer of `trunkline status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// The project's name.
    pub project: Name,
    /// The environments in the policy's order, then those that it names no more.
    pub environments: IndexMap<Name, Shelf>,
    /// What is not as it is asked for.
    pub outstanding: Vec<Outstanding>,
    /// When this was so.
    #[serde(skip)]
    now: Time,
}

/// One environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shelf {
    /// The commit it is meant to run: the one that is there, or on its way.
    pub commit: Option<Commit>,
    /// The tag that brought it.
    pub tag: Option<TagName>,
    /// How far it is.
    pub state: Stage,
    /// Since when it is in that state.
    pub since: Option<Moment>,
    /// Why automation leaves it alone, if it does.
    pub held: Option<Held>,
    /// Why neither the new set nor the old is there as a whole, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torn: Option<String>,
    /// What stands at an artifact's place instead of ours.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub drift: std::collections::BTreeMap<Name, String>,
    /// The artifacts of the commit it is meant to run.
    pub artifacts: ShownArtifacts,
    /// What is running, with its share of the traffic.
    pub running: Vec<Running>,
}

/// How far an environment is with the commit it is meant to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing was ever deployed there, or nothing came of it.
    Empty,
    /// It is being written.
    Deploying,
    /// Every place is written; it is not seen to run yet.
    Written,
    /// It runs, and the policy asks for no check.
    Running,
    /// It runs, and a verdict is awaited.
    Verifying,
    /// It runs and passed its checks, or its very bytes did before.
    Verified,
    /// It runs, and nobody said in time whether it is good.
    Unverified,
    /// A check failed.
    Failed,
    /// A deployment failed and going back failed too.
    Torn,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when.
    pub since: Moment,
}

/// What is running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Running {
    /// The commit.
    pub commit: Commit,
    /// Its share of the traffic, in percent.
    pub share: u8,
    /// Its artifacts.
    pub artifacts: ShownArtifacts,
}

/// What runs where at `now`, by what is known.
pub fn status(state: &State, policy: &Policy, now: Time) -> Status {
    let gone = state
        .environments
        .iter()
        .filter(|(name, here)| !policy.environments.contains_key(*name) && !here.deployments.is_empty());
    let names = policy.environments.keys().chain(gone.map(|(name, _)| name));
    let empty = state::Environment::default();
    let environments = names.map(|name| {
        let here = state.environments.get(name).unwrap_or(&empty);
        (name.clone(), shelf(here, policy, name, now))
    });
    Status {
        project: policy.project.clone(),
        environments: environments.collect(),
        outstanding: Outstanding::of(&decide(state, policy, now)),
        now,
    }
}

fn shelf(here: &state::Environment, policy: &Policy, name: &Name, now: Time) -> Shelf {
    let newest = here.newest();
    let (state, since) = stage(here, policy, name, now);
    let running = here.current().filter(|current| current.running.is_some() && here.torn.is_none());
    Shelf {
        commit: newest.map(|newest| newest.deploy.commit.clone()),
        tag: newest.and_then(|newest| newest.deploy.tag.clone()),
        state,
        since: since.map(Moment),
        held: here.held.as_ref().map(|hold| Held {
            reason: hold.reason.clone(),
            by: hold.by.clone(),
            since: Moment(hold.at),
        }),
        torn: here.torn.as_ref().map(|refusal| refusal.message.clone()),
        drift: here.drift.clone(),
        artifacts: newest.map(|newest| shown(&newest.deploy.artifacts)).unwrap_or_default(),
        running: running.map(running_whole).into_iter().collect(),
    }
}

fn running_whole(deployment: &Deployment) -> Running {
    let deploy = &deployment.deploy;
    Running { commit: deploy.commit.clone(), share: 100, artifacts: shown(&deploy.artifacts) }
}

/// How far an environment is, and since when.
pub(crate) fn stage(here: &state::Environment, policy: &Policy, name: &Name, now: Time) -> (Stage, Option<Time>) {
    if here.torn.is_some() {
        return (Stage::Torn, here.deployments.last().map(|last| last.started));
    }
    let Some(newest) = here.newest() else { return (Stage::Empty, None) };
    let (Some(written), running) = (newest.written, newest.running) else {
        return (Stage::Deploying, Some(newest.started));
    };
    let judged = newest.judgements.values();
    if newest.disproved() {
        return (Stage::Failed, judged.filter(|judgement| !judgement.passed).map(|judgement| judgement.at).min());
    }
    let Some(running) = running else { return (Stage::Written, Some(written)) };
    if newest.deploy.checks.is_empty() {
        return (Stage::Running, Some(running));
    }
    if here.verified(newest) {
        return (Stage::Verified, judged.map(|judgement| judgement.at).max().or(Some(running)));
    }
    let verify = policy.environments.get(name).and_then(|environment| environment.verify.as_ref());
    let until = running.plus(verify.map(|verify| verify.within.get()).unwrap_or_default());
    if now < until { (Stage::Verifying, Some(running)) } else { (Stage::Unverified, Some(until)) }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

impl fmt::Display for Status {
    /// A table, and below it what stands out: holds, drift, and what is outstanding.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["environment", "commit", "tag", "state", "since", "", "held", "artifacts"];
        let rows: Vec<Vec<String>> = self.environments.iter().map(|(name, shelf)| self.row(name, shelf)).collect();
        table::write(formatter, &heads, &rows)?;
        for (name, shelf) in &self.environments {
            if let Some(held) = &shelf.held {
                let since = ago(self.now, held.since.0);
                writeln!(formatter, "held: {name}: {} ({}, {since})", held.reason, held.by)?;
            }
            shelf.torn.iter().try_for_each(|why| writeln!(formatter, "torn: {name}: {why}"))?;
        }
        self.outstanding.iter().try_for_each(|outstanding| write!(formatter, "{outstanding}"))
    }
}

impl Status {
    fn row(&self, name: &Name, shelf: &Shelf) -> Vec<String> {
        let artifact = |(name, shown): (&Name, &super::Shown)| format!("{name} {}", brief(&shown.digest));
        vec![
            name.to_string(),
            shelf.commit.as_ref().map(|commit| commit.short(SHORT).to_owned()).unwrap_or_default(),
            shelf.tag.as_ref().map(TagName::to_string).unwrap_or_default(),
            shelf.state.to_string(),
            shelf.since.map(|since| since.to_string()).unwrap_or_default(),
            shelf.since.map(|since| ago(self.now, since.0)).unwrap_or_default(),
            if shelf.held.is_some() { "held".to_owned() } else { String::new() },
            shelf.artifacts.iter().map(artifact).collect::<Vec<_>>().join(", "),
        ]
    }
}
