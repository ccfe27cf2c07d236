//! Whether a commit may come to an environment: built, not barred, verified and soaked where it must be.

use super::{Known, words};
use crate::deployment::Artifacts;
use crate::ids::{Commit, Name, TagName, Time};
use crate::policy::Environment;
use crate::refusal::Refusal;
use crate::state::environment::same;
use crate::state::line::Relation;
use crate::state::{self, Deployment};

/// Which commit is asked for, and by which tag.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) commit: &'a Commit,
    pub(crate) tag: Option<&'a TagName>,
}

/// The answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Gate {
    /// It may come, with these artifacts.
    Ready(Artifacts),
    /// Not yet: why, and until when at most.
    Wait(String, Option<Time>),
    /// Not as things stand: nothing can come any more that would change it.
    Refuse(Refusal),
}

/// Whether `request`'s commit may come to the environment that `policy` is of.
pub(crate) fn gate(known: Known<'_>, request: Request<'_>, policy: &Environment) -> Gate {
    let artifacts = match contents(known, request) {
        Gate::Ready(artifacts) => artifacts,
        other => return other,
    };
    let release = known.state.on_release(request.commit);
    for before in policy.after.of(release) {
        let soak = policy.soak.map_or(std::time::Duration::ZERO, crate::policy::Duration::get);
        match after(known, request, before, &artifacts, soak) {
            Gate::Ready(_) => {}
            other => return other,
        }
    }
    Gate::Ready(artifacts)
}

/// Built, and not barred.
fn contents(known: Known<'_>, Request { commit, tag }: Request<'_>) -> Gate {
    let state = known.state;
    if let Some(bar) = state.bar(commit) {
        return Gate::Refuse(words::barred(commit, bar));
    }
    let Some(on_line) = state.on_line(commit) else { return Gate::Refuse(words::unobserved(commit)) };
    if state.suspended(commit) {
        return Gate::Refuse(words::suspended(commit));
    }
    if let Some(refusal) = &on_line.revision.refused {
        return Gate::Refuse(words::build_refused(commit, refusal));
    }
    let contents = state.contents(commit);
    if let Some((artifact, refusal)) = contents.failed.first() {
        return Gate::Refuse(words::build_failed(artifact, commit, refusal));
    }
    let list = |names: &[Name]| names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
    if !contents.unbuilt.is_empty() {
        return Gate::Wait(format!("{} to be built", list(&contents.unbuilt)), None);
    }
    if !contents.unrecorded.is_empty() {
        return Gate::Wait(format!("{} to be recorded (`trunkline record`)", list(&contents.unrecorded)), None);
    }
    if contents.artifacts.is_empty() {
        return Gate::Refuse(words::nothing_built(commit));
    }
    for (name, bytes) in &contents.artifacts {
        if state.erased.contains(&bytes.digest) {
            return Gate::Refuse(words::lost(name, &bytes.digest));
        }
        if state.condemned.contains_key(&bytes.digest) {
            return Gate::Wait(format!("{name} to be spared from erasure"), None);
        }
    }
    let images = contents.artifacts.values().any(|bytes| bytes.repository.is_some());
    if let Some(Err(refusal)) = tag.filter(|_| images).map(TagName::image_tag) {
        return Gate::Refuse(refusal);
    }
    Gate::Ready(contents.artifacts)
}

/// Exactly these bytes were verified in `before`, and ran there long enough.
fn after(
    known: Known<'_>,
    request: Request<'_>,
    before: &Name,
    artifacts: &Artifacts,
    soak: std::time::Duration,
) -> Gate {
    let empty = state::Environment::default();
    let there = known.state.environments.get(before).unwrap_or(&empty);
    if !there.proven(artifacts) {
        return coming(known, request, before, there, artifacts);
    }
    if soak.is_zero() {
        return Gate::Ready(Artifacts::new());
    }
    let ran = there.soaked(artifacts, known.now);
    if ran >= soak {
        return Gate::Ready(Artifacts::new());
    }
    match there.running_since(artifacts) {
        Some(since) => Gate::Wait(format!("soaking in {before}"), Some(since.plus(soak))),
        None => Gate::Refuse(words::not_soaked(before, request.commit, soak, ran)),
    }
}

/// These bytes were not verified in `before`: whether that can still come.
fn coming(
    known: Known<'_>,
    request: Request<'_>,
    before: &Name,
    there: &state::Environment,
    artifacts: &Artifacts,
) -> Gate {
    let newest = there.newest();
    if let Some(deployment) = newest.filter(|deployment| same(&deployment.deploy.artifacts, artifacts)) {
        return judging(known, request, before, there, deployment);
    }
    let ordered =
        |commit: &Commit| commit == request.commit || same(&known.state.contents(commit).artifacts, artifacts);
    if there.order.as_ref().is_some_and(|order| ordered(&order.commit)) {
        return Gate::Wait(format!("ordered to {before}"), None);
    }
    let mine = |deployment: &&Deployment| {
        deployment.deploy.commit == *request.commit || same(&deployment.deploy.artifacts, artifacts)
    };
    if let Some(tried) = there.deployments.iter().rev().find(mine) {
        return Gate::Refuse(match (&tried.failed, tried.running) {
            (Some(cause), _) => words::failed_there(before, request.commit, cause),
            (None, _) => words::not_verified(before, request.commit, failed_check(tried)),
        });
    }
    if !brings(known, before, request.commit) {
        return Gate::Refuse(words::never_ran(before, request.commit, None));
    }
    match newest.map(|newest| &newest.deploy.commit) {
        Some(here) if known.state.relation(here, request.commit) != Relation::Before => {
            Gate::Refuse(words::never_ran(before, request.commit, Some(here)))
        }
        _ => earlier(known, request, before),
    }
}

/// The bytes are in `before`, or on their way, and no verdict is complete yet.
fn judging(
    known: Known<'_>,
    request: Request<'_>,
    before: &Name,
    there: &state::Environment,
    deployment: &Deployment,
) -> Gate {
    if let Some(check) = failed_check(deployment) {
        return Gate::Refuse(words::not_verified(before, request.commit, Some(check)));
    }
    if deployment.written.is_none() {
        return Gate::Wait(format!("being deployed to {before}"), None);
    }
    match super::verify::busy(known, before, there, deployment) {
        Some((why, until)) => Gate::Wait(format!("{before}: {why}"), Some(until)),
        None => Gate::Refuse(words::not_verified(before, request.commit, None)),
    }
}

/// Whether anything brings the commit to `environment`: its line, or a tag.
fn brings(known: Known<'_>, environment: &Name, commit: &Commit) -> bool {
    let Some(policy) = known.policy.environments.get(environment) else { return false };
    let Some(line) = known.state.on_line(commit).and_then(|on_line| on_line.line.as_ref()) else { return false };
    let by_line = if known.state.on_release(commit) { policy.on.branch(line) } else { policy.on.trunk() };
    let names = |tag: &state::Tag| tag.commit == *commit && tag.moved.is_none();
    let named = |name: &TagName| known.state.tags.get(name).is_some_and(names) && policy.on.tag(name.as_str());
    by_line || known.state.live.iter().any(named)
}

/// The commit has not come to `before` yet: whether it may, by that environment's own gate.
fn earlier(known: Known<'_>, request: Request<'_>, before: &Name) -> Gate {
    let Some(policy) = known.policy.environments.get(before) else {
        return Gate::Refuse(words::never_ran(before, request.commit, None));
    };
    match gate(known, request, policy) {
        Gate::Refuse(refusal) => Gate::Refuse(refusal),
        Gate::Wait(why, until) => Gate::Wait(why, until),
        Gate::Ready(_) => Gate::Wait(format!("to be deployed to {before}"), None),
    }
}

fn failed_check(deployment: &Deployment) -> Option<&Name> {
    deployment.judgements.iter().find(|(_, judgement)| !judgement.passed).map(|(check, _)| check)
}
