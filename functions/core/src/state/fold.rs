//! The fold: what each fact changes. Total: a fact that cannot be, in a ledger that workers wrote, changes nothing.

use std::collections::BTreeMap;

use super::{
    Build, Deployment, Environment, Hold, Judgement, Known, Line, Open, Order, PolicyInForce, Rewritten, State, Tag,
    Yank,
};
use crate::fact::{Cause, Claim, Entry, Fact, Revision};
use crate::ids::{Commit, Name, TagName, Time};

impl State {
    /// The state after all of `entries`, from nothing.
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut state = Self::default();
        for entry in entries {
            state.apply(entry);
        }
        state
    }

    /// Takes in the next entry. One that is not the next is left out: the ledger's reader has reported the gap.
    pub fn apply(&mut self, entry: &Entry) {
        if entry.number != self.number + 1 {
            return;
        }
        self.number = entry.number;
        self.at = entry.at;
        for fact in &entry.facts {
            self.take(entry, fact);
            if let Some(claim) = fact.ends() {
                self.claims.retain(|_, open| open.number != claim);
            }
        }
    }

    fn take(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::PolicySeen { .. }
            | Fact::PolicyRefused { .. }
            | Fact::LineMoved { .. }
            | Fact::LineRewritten { .. }
            | Fact::LineRestored { .. }
            | Fact::LineGone { .. }
            | Fact::TagSeen { .. }
            | Fact::TagGone { .. }
            | Fact::Drifted { .. } => self.observed(entry, fact),
            Fact::Started { .. } | Fact::Leased { .. } | Fact::Waiting { .. } | Fact::Abandoned { .. } => {
                self.claimed(entry, fact)
            }
            Fact::Built { .. }
            | Fact::BuildFailed { .. }
            | Fact::Tagged { .. }
            | Fact::TagFailed { .. }
            | Fact::Written { .. }
            | Fact::Running { .. }
            | Fact::DeployFailed { .. }
            | Fact::Judged { .. }
            | Fact::Erased { .. } => self.done(entry, fact),
            Fact::Refused { .. } | Fact::Condemned { .. } | Fact::Spared { .. } => self.decided(entry, fact),
            Fact::Recorded { .. }
            | Fact::Yanked { .. }
            | Fact::Unyanked { .. }
            | Fact::Held { .. }
            | Fact::Released { .. }
            | Fact::DeployOrdered { .. }
            | Fact::RollbackOrdered { .. }
            | Fact::BuildOrdered { .. }
            | Fact::Accepted { .. } => self.ordered(entry, fact),
            Fact::Unknown => {
                self.too_new.get_or_insert(entry.number);
            }
        }
    }

    fn observed(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::PolicySeen { commit, digest, text } => {
                self.policy =
                    Some(PolicyInForce { commit: commit.clone(), digest: digest.clone(), text: text.clone() });
                self.policy_refused = None;
            }
            Fact::PolicyRefused { commit, refusal } => self.policy_refused = Some((commit.clone(), refusal.clone())),
            Fact::LineMoved { line, release, base, revisions } => self.extend(line, *release, base.as_ref(), revisions),
            Fact::LineRewritten { line, base, revisions, .. } => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.rewritten = Some(Rewritten { base: base.clone(), revisions: revisions.clone() });
                }
            }
            Fact::LineRestored { line } => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.rewritten = None;
                    line.gone = false;
                }
            }
            Fact::LineGone { line } => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.gone = true;
                }
            }
            Fact::TagSeen { tag, commit, by, lines, nearest, adopted } => {
                let seen = Tag {
                    commit: commit.clone(),
                    moved: None,
                    gone: false,
                    adopted: *adopted,
                    by: by.clone(),
                    lines: lines.clone(),
                    nearest: nearest.clone(),
                    number: entry.number,
                };
                self.see_tag(tag, seen);
            }
            Fact::TagGone { tag } => {
                if let Some(tag) = self.tags.get_mut(tag) {
                    tag.gone = true;
                    tag.moved = None;
                }
            }
            Fact::Drifted { environment, artifact, found } => {
                let drift = &mut self.environment(environment).drift;
                match found {
                    Some(found) => drift.insert(artifact.clone(), found.clone()),
                    None => drift.remove(artifact),
                };
            }
            _ => {}
        }
    }

    /// A promotion tag names one commit for ever: seen on another, it is only noted to have moved.
    fn see_tag(&mut self, name: &TagName, seen: Tag) {
        match self.tags.get_mut(name) {
            None => {
                self.tags.insert(name.clone(), seen);
            }
            Some(tag) if tag.commit == seen.commit => {
                tag.moved = None;
                tag.gone = false;
                tag.lines = seen.lines;
                tag.nearest = seen.nearest;
            }
            Some(tag) => {
                tag.moved = Some(seen.commit);
                tag.gone = false;
            }
        }
    }

    /// Continues a line after `base`; what came after `base` before is left behind.
    fn extend(&mut self, name: &str, release: bool, base: Option<&Commit>, revisions: &[Revision]) {
        let line = self.lines.entry(name.to_owned()).or_insert_with(|| Line {
            release,
            base: base.cloned(),
            ..Line::default()
        });
        let kept =
            base.and_then(|base| line.commits.iter().rposition(|commit| commit == base)).map_or(0, |last| last + 1);
        if kept == 0 {
            line.base = base.cloned();
        }
        let left = line.commits.split_off(kept);
        line.commits.extend(revisions.iter().map(|revision| revision.commit.clone()));
        line.rewritten = None;
        line.gone = false;
        for commit in left {
            if let Some(known) = self.revisions.get_mut(&commit).filter(|known| known.line.as_deref() == Some(name)) {
                known.line = None;
            }
        }
        for (index, revision) in revisions.iter().enumerate() {
            let known = Known { line: Some(name.to_owned()), position: kept + index, revision: revision.clone() };
            self.revisions.insert(revision.commit.clone(), known);
        }
    }

    fn claimed(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::Started { claim, worker, until, .. } => {
                let lane = claim.lane();
                if self.claims.contains_key(&lane) {
                    return; // A lane has one open claim; only a broken worker starts a second.
                }
                if let Claim::Deploy(deploy) = claim {
                    self.begin(entry, deploy);
                }
                if let Claim::Erase { bytes, .. } = claim {
                    self.erased.insert(bytes.digest.clone());
                }
                let open = Open {
                    number: entry.number,
                    claim: claim.clone(),
                    worker: worker.clone(),
                    until: *until,
                    waiting: None,
                };
                self.claims.insert(lane, open);
            }
            Fact::Leased { claim, worker, until } => {
                if let Some(open) = self.claim_mut(*claim) {
                    worker.clone_into(&mut open.worker);
                    open.until = *until;
                    open.waiting = None;
                }
            }
            Fact::Waiting { claim, until, why } => {
                if let Some(open) = self.claim_mut(*claim) {
                    open.until = *until;
                    open.waiting = Some(why.clone());
                }
            }
            _ => {}
        }
    }

    /// The open claim with this number.
    pub fn claim(&self, number: u64) -> Option<&Open> {
        self.claims.values().find(|open| open.number == number)
    }

    fn claim_mut(&mut self, number: u64) -> Option<&mut Open> {
        self.claims.values_mut().find(|open| open.number == number)
    }

    fn begin(&mut self, entry: &Entry, deploy: &crate::fact::Deploy) {
        self.refused.remove(&crate::plan::subject(&deploy.environment, &deploy.commit, deploy.tag.as_ref()));
        let environment = self.environment(&deploy.environment);
        if matches!(deploy.cause, Cause::Order | Cause::Rollback) {
            environment.order = None;
            environment.torn = None;
        }
        environment.deployments.push(Deployment {
            number: entry.number,
            deploy: deploy.clone(),
            started: entry.at,
            written: None,
            running: None,
            ended: None,
            failed: None,
            judgements: BTreeMap::new(),
        });
    }

    fn done(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::Built { artifact, key, commit, bytes, size, manifest, .. } => {
                if let Some(manifest) = manifest {
                    self.manifests.insert(bytes.digest.clone(), manifest.clone());
                }
                let builds = self.builds.entry(artifact.clone()).or_default();
                if !matches!(builds.get(key), Some(Build::Done { .. })) {
                    let done =
                        Build::Done { bytes: bytes.clone(), commit: commit.clone(), size: *size, number: entry.number };
                    builds.insert(key.clone(), done);
                }
            }
            Fact::BuildFailed { artifact, key, commit, refusal, .. } => {
                let failed = Build::Failed { refusal: refusal.clone(), commit: commit.clone() };
                self.builds.entry(artifact.clone()).or_default().entry(key.clone()).or_insert(failed);
            }
            Fact::Tagged { repository, digest, tag, .. } => {
                self.image_tags.entry(repository.clone()).or_default().insert(tag.clone(), digest.clone());
            }
            Fact::TagFailed { repository, tag, refusal, .. } => {
                self.tag_refusals.insert(format!("{repository}:{tag}"), refusal.clone());
            }
            Fact::Written { claim, environment } => {
                self.deployment(environment, *claim, |deployment| deployment.written = Some(entry.at));
            }
            Fact::Running { environment, deployment } => self.run(environment, *deployment, entry.at),
            Fact::DeployFailed { claim, environment, refusal, torn } => {
                self.deployment(environment, *claim, |deployment| deployment.failed = Some(refusal.clone()));
                if *torn {
                    self.environment(environment).torn = Some(refusal.clone());
                }
            }
            Fact::Judged { environment, deployment, check, passed, reason, .. } => {
                let judgement =
                    Judgement { passed: *passed, reason: reason.clone(), at: entry.at, by: entry.by.clone() };
                self.deployment(environment, *deployment, |deployment| {
                    deployment.judgements.insert(check.clone(), judgement);
                });
            }
            Fact::Erased { bytes, .. } => {
                self.condemned.remove(&bytes.digest);
                self.erased.insert(bytes.digest.clone());
                if let Some(tags) = bytes.repository.as_ref().and_then(|repository| self.image_tags.get_mut(repository))
                {
                    tags.retain(|_, digest| *digest != bytes.digest);
                }
            }
            _ => {}
        }
    }

    fn run(&mut self, environment: &Name, number: u64, at: Time) {
        self.claims
            .retain(|_, open| !matches!(&open.claim, Claim::Observe { deployment, .. } if *deployment == number));
        for deployment in self.environment(environment).deployments.iter_mut().rev() {
            if deployment.number == number {
                deployment.running.get_or_insert(at);
            } else if deployment.ended.is_some() {
                break; // Everything before it has ended too.
            } else if deployment.running.is_some() {
                deployment.ended = Some(at);
            }
        }
    }

    fn decided(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::Refused { subject, refusal } => {
                for environment in self.environments.values_mut() {
                    environment.order.take_if(|order| crate::plan::order_subject(order.number) == *subject);
                }
                self.refused.insert(subject.clone(), refusal.clone());
            }
            Fact::Condemned { bytes, .. } => {
                self.condemned.entry(bytes.digest.clone()).or_insert(entry.at);
            }
            Fact::Spared { bytes, .. } => {
                self.condemned.remove(&bytes.digest);
            }
            _ => {}
        }
    }

    fn ordered(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::Recorded { commit, artifact, bytes, manifest, .. } => {
                if let Some(manifest) = manifest {
                    self.manifests.insert(bytes.digest.clone(), manifest.clone());
                }
                self.recorded
                    .entry(commit.clone())
                    .or_default()
                    .entry(artifact.clone())
                    .or_insert_with(|| bytes.clone());
            }
            Fact::Yanked { commit, keys, digests, reason, because } => {
                let yank = Yank {
                    keys: keys.clone(),
                    digests: digests.clone(),
                    reason: reason.clone(),
                    by: entry.by.clone(),
                    at: entry.at,
                };
                self.yanks.entry(commit.clone()).or_insert(yank);
                self.answered.extend(because);
            }
            Fact::Unyanked { commit, .. } => {
                if let Some(yank) = self.yanks.remove(commit) {
                    self.condemned.retain(|digest, _| !yank.digests.contains(digest));
                    self.unyanks.insert(commit.clone(), entry.number);
                }
            }
            Fact::Held { environment, reason, because } => {
                let hold = Hold { reason: reason.clone(), by: entry.by.clone(), at: entry.at };
                self.environment(environment).held = Some(hold);
                self.answered.extend(because);
            }
            Fact::Released { environment, .. } => {
                let environment = self.environment(environment);
                environment.held = None;
                environment.torn = None;
            }
            Fact::DeployOrdered { environment, commit, reason } => {
                self.order(entry, environment, commit, Cause::Order, reason.as_deref());
            }
            Fact::RollbackOrdered { environment, commit, reason } => {
                self.order(entry, environment, commit, Cause::Rollback, Some(reason));
                let hold = Hold { reason: format!("rolled back: {reason}"), by: entry.by.clone(), at: entry.at };
                self.environment(environment).held = Some(hold);
            }
            Fact::BuildOrdered { commit, .. } => self.forget_failures(commit),
            Fact::Accepted { line, head, .. } => self.accept(line, head),
            _ => {}
        }
    }

    fn order(&mut self, entry: &Entry, environment: &Name, commit: &Commit, cause: Cause, reason: Option<&str>) {
        let order = Order {
            number: entry.number,
            commit: commit.clone(),
            cause,
            reason: reason.map(str::to_owned),
            by: entry.by.clone(),
        };
        self.environment(environment).order = Some(order);
    }

    fn forget_failures(&mut self, commit: &Commit) {
        let Some(known) = self.revisions.get(commit) else { return };
        for (artifact, key) in &known.revision.keys {
            if let Some(builds) = self.builds.get_mut(artifact)
                && matches!(builds.get(key), Some(Build::Failed { .. }))
            {
                builds.remove(key);
            }
        }
    }

    fn accept(&mut self, name: &str, head: &Commit) {
        let Some(line) = self.lines.get_mut(name) else { return };
        let accepted = line.rewritten.take_if(|course| course.head() == Some(head));
        if let Some(Rewritten { base, revisions }) = accepted {
            let release = line.release;
            self.extend(name, release, base.as_ref(), &revisions);
        }
    }

    /// The environment's state, made when it is first named.
    pub(crate) fn environment(&mut self, name: &Name) -> &mut Environment {
        self.environments.entry(name.clone()).or_default()
    }

    fn deployment(&mut self, environment: &Name, number: u64, change: impl FnOnce(&mut Deployment)) {
        let deployments = &mut self.environment(environment).deployments;
        if let Some(deployment) = deployments.iter_mut().rev().find(|deployment| deployment.number == number) {
            change(deployment);
        }
    }
}

impl Rewritten {
    /// The head of the new course.
    pub fn head(&self) -> Option<&Commit> {
        self.revisions.last().map(|revision| &revision.commit).or(self.base.as_ref())
    }
}
