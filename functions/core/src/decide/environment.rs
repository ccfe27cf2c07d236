//! One environment, one thing at a time: finish what is open, people's orders, back from what is barred, then the newest candidate.

use std::collections::BTreeSet;

use super::candidate::{self, Candidate};
use super::gate::{self, Gate, Request};
use super::{Known, build, verify, words};
use crate::deployment::Artifacts;
use crate::fact::{Cause, Claim, Deploy};
use crate::ids::{Commit, ImageTag, Name, TagName};
use crate::plan::{self, Action, Plan, order_subject, subject};
use crate::policy::Environment;
use crate::refusal::Refusal;
use crate::state::{self, Build, Order, State};

pub(super) fn environment(known: Known<'_>, name: &Name, policy: &Environment, plan: &mut Plan) {
    let empty = state::Environment::default();
    let here = known.state.environments.get(name).unwrap_or(&empty);
    verify::verify(known, name, policy, here, plan);
    for (artifact, found) in &here.drift {
        plan.refuse(format!("{name} {artifact}"), words::drifted(name, artifact, found));
    }
    if under_way(known, name, here, plan) {
        return;
    }
    let here = Here { known, name, policy, state: here };
    if here.state.order.as_ref().is_some_and(|order| here.order(order, plan)) || here.back(plan) {
        return;
    }
    if let Some(cause) = &here.state.torn {
        plan.refuse(name.as_str(), words::torn(name, cause));
        return;
    }
    let candidates = candidate::candidates(known, name, policy, plan);
    if let Some(hold) = &here.state.held {
        plan.wait(name.as_str(), format!("held by {}: {}", hold.by, hold.reason), None);
        return;
    }
    if let Some((why, until)) = here.state.newest().and_then(|newest| verify::busy(known, name, here.state, newest)) {
        plan.wait(name.as_str(), why, Some(until));
        return;
    }
    here.newest_that_may(&candidates, plan);
    here.left_behind(plan);
}

/// The open deployment, if there is one: it is finished, or undone when its commit was barred meanwhile.
fn under_way(known: Known<'_>, name: &Name, here: &state::Environment, plan: &mut Plan) -> bool {
    let Some(open) = known.state.claims.get(&format!("deploy {name}")) else { return false };
    let Claim::Deploy(deploy) = &open.claim else { return false };
    if open.until > known.now {
        let why = open.waiting.clone().unwrap_or_else(|| format!("in the hands of {}", open.worker));
        plan.wait(subject(name, &deploy.commit, deploy.tag.as_ref()), why, Some(open.until));
    } else {
        let from = here.current().map(|current| from(&current.deploy));
        let undo = undo(known.state, deploy);
        plan.actions.push(Action { claim: open.claim.clone(), open: Some(open.number), from, undo });
    }
    true
}

/// Why a deployment under way must not be finished.
fn undo(state: &State, deploy: &Deploy) -> Option<Refusal> {
    if let Some(bar) = state.bar(&deploy.commit) {
        return Some(words::barred(&deploy.commit, bar));
    }
    state.on_line(&deploy.commit).is_none().then(|| words::unobserved(&deploy.commit))
}

fn from(deploy: &Deploy) -> plan::From {
    plan::From { commit: deploy.commit.clone(), artifacts: deploy.artifacts.clone() }
}

/// An environment that is free to move.
struct Here<'a> {
    known: Known<'a>,
    name: &'a Name,
    policy: &'a Environment,
    state: &'a state::Environment,
}

impl Here<'_> {
    /// What a person asked for comes first, held or not. Says whether it takes the environment.
    fn order(&self, order: &Order, plan: &mut Plan) -> bool {
        if order.cause == Cause::Rollback {
            let usable = self.state.deployments.iter().rev().find(|deployment| {
                deployment.deploy.commit == order.commit
                    && deployment.running.is_some()
                    && self.known.state.usable(deployment)
            });
            match usable {
                Some(deployment) => self.again(&deployment.deploy, Cause::Rollback, plan),
                None => plan.refuse(order_subject(order.number), words::not_usable(self.name, &order.commit)),
            }
            return true;
        }
        match self.gate(&order.commit, None) {
            Gate::Ready(artifacts) => self.go(&order.commit, None, Cause::Order, artifacts, Vec::new(), plan),
            Gate::Wait(why, until) => {
                plan.wait(order_subject(order.number), why, until);
                return false;
            }
            Gate::Refuse(refusal) => plan.refuse(order_subject(order.number), refusal),
        }
        true
    }

    /// What runs here is barred: back to the last good commit, held or not. Says whether there is one.
    fn back(&self, plan: &mut Plan) -> bool {
        let Some(current) = self.state.current() else { return false };
        let state = self.known.state;
        // What a rewrite left behind is not barred: the person who accepted it asked for the new course, not for going back.
        if state.bar(&current.deploy.commit).is_none() {
            return false;
        }
        let failed = |commit: &Commit| {
            let later = self.state.deployments.iter().filter(|deployment| deployment.number > current.number);
            later
                .filter(|deployment| deployment.deploy.commit == *commit)
                .find_map(|deployment| deployment.failed.as_ref())
        };
        let Some(good) = state.last_good(self.name) else {
            plan.refuse(self.name.as_str(), words::nothing_to_return_to(self.name, &current.deploy.commit));
            return false;
        };
        if let Some(cause) = failed(&good.deploy.commit) {
            plan.refuse(self.name.as_str(), words::deploy_failed(self.name, &good.deploy.commit, cause));
            return false;
        }
        self.again(&good.deploy, Cause::Yank, plan);
        true
    }

    /// The newest candidate that may come; older ones that waited are passed over with it.
    ///
    /// A push brings its head: commits that were pushed together with one that is still waited for do not come before it.
    fn newest_that_may(&self, candidates: &[Candidate<'_>], plan: &mut Plan) {
        let mut waited_for: BTreeSet<u64> = BTreeSet::new();
        for (index, candidate) in candidates.iter().enumerate() {
            let by_line = candidate.tag.is_none();
            let push = self.known.state.on_line(candidate.commit).map_or(0, |on_line| on_line.seen);
            if by_line && waited_for.contains(&push) {
                continue;
            }
            match self.gate(candidate.commit, candidate.tag) {
                Gate::Ready(artifacts) => {
                    let mut passed: Vec<Commit> =
                        candidates[index + 1..].iter().map(|older| older.commit.clone()).collect();
                    passed.dedup();
                    passed.retain(|older| older != candidate.commit);
                    let cause = if by_line { Cause::Line } else { Cause::Tag };
                    self.go(candidate.commit, candidate.tag, cause, artifacts, passed, plan);
                    return;
                }
                Gate::Wait(why, until) => {
                    // Of a line, only the newest is waited for.
                    if !by_line || waited_for.is_empty() {
                        plan.wait(subject(self.name, candidate.commit, candidate.tag), why, until);
                    }
                    if by_line {
                        waited_for.insert(push);
                    }
                }
                // What a line brings was not asked for by name: its own refusal says enough.
                Gate::Refuse(refusal) if !by_line => {
                    plan.refuse(subject(self.name, candidate.commit, candidate.tag), refusal);
                }
                Gate::Refuse(_) => {}
            }
        }
        self.failed_last(plan);
    }

    /// What a rewrite left behind stays until something newer comes: that is told.
    fn left_behind(&self, plan: &mut Plan) {
        let state = self.known.state;
        if let Some(current) = self.state.current()
            && state.on_line(&current.deploy.commit).is_none()
        {
            plan.wait(self.name.as_str(), words::left_behind(&current.deploy.commit), None);
        }
    }

    /// A deployment that failed stands refused until something newer comes or a person asks again.
    fn failed_last(&self, plan: &mut Plan) {
        if let Some(last) = self.state.deployments.last()
            && let Some(cause) = &last.failed
        {
            let deploy = &last.deploy;
            let subject = subject(self.name, &deploy.commit, deploy.tag.as_ref());
            plan.refuse(subject, words::deploy_failed(self.name, &deploy.commit, cause));
        }
    }

    fn gate(&self, commit: &Commit, tag: Option<&TagName>) -> Gate {
        gate::gate(self.known, Request { commit, tag }, self.policy)
    }

    /// Brings what ran here before, exactly as it was.
    fn again(&self, earlier: &Deploy, cause: Cause, plan: &mut Plan) {
        let deploy = Deploy { cause, passed: Vec::new(), checks: verify::checks(self.policy), ..earlier.clone() };
        self.deploy(deploy, plan);
    }

    /// Brings a commit: its images get the tag first, by which people know them there.
    fn go(
        &self,
        commit: &Commit,
        tag: Option<&TagName>,
        cause: Cause,
        artifacts: Artifacts,
        passed: Vec<Commit>,
        plan: &mut Plan,
    ) {
        let mut artifacts = artifacts;
        let mut tagged = true;
        for (artifact, bytes) in artifacts.iter_mut().filter(|(_, bytes)| bytes.repository.is_some()) {
            let Some(image_tag) = self.image_tag(commit, tag, artifact) else { continue };
            match build::ensure_tag(self.known, bytes, &image_tag, plan) {
                Ok(there) => tagged &= there,
                Err(refusal) => {
                    plan.refuse(subject(self.name, commit, tag), refusal);
                    return;
                }
            }
            bytes.tag = Some(image_tag);
        }
        if !tagged {
            plan.wait(subject(self.name, commit, tag), "its images to be tagged", None);
            return;
        }
        let (commit, tag, environment) = (commit.clone(), tag.cloned(), self.name.clone());
        let deploy = Deploy { environment, commit, tag, cause, artifacts, checks: verify::checks(self.policy), passed };
        self.deploy(deploy, plan);
    }

    /// The promotion's tag; without one, the short id of the commit that the image was built from.
    fn image_tag(&self, commit: &Commit, tag: Option<&TagName>, artifact: &Name) -> Option<ImageTag> {
        if let Some(tag) = tag {
            return tag.image_tag().ok(); // The gate has refused one that is illegal.
        }
        let known = self.known.state.revisions.get(commit)?;
        let build = known.revision.keys.get(artifact).and_then(|key| self.known.state.build(artifact, key));
        let built_from = build.and_then(|build| match build {
            Build::Done { commit, .. } => Some(commit),
            Build::Failed { .. } => None,
        });
        Some(built_from.unwrap_or(commit).tag(self.known.policy.sha_length))
    }

    fn deploy(&self, deploy: Deploy, plan: &mut Plan) {
        let from = self.state.current().map(|current| from(&current.deploy));
        plan.actions.push(Action { claim: Claim::Deploy(deploy), open: None, from, undo: None });
    }
}
