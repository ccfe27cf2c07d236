//! What can be said of an environment: what runs there, what was verified, what it can go back to.

use std::time::Duration;

use super::{Deployment, Environment, State};
use crate::deployment::Artifacts;
use crate::ids::{Commit, Name, Time};

impl Environment {
    /// The newest deployment that did not fail: what is there, or on its way.
    pub fn newest(&self) -> Option<&Deployment> {
        self.deployments.iter().rev().find(|deployment| deployment.failed.is_none())
    }

    /// What stands there: the newest deployment whose places were all written.
    pub fn current(&self) -> Option<&Deployment> {
        self.deployments.iter().rev().find(|deployment| deployment.failed.is_none() && deployment.written.is_some())
    }

    /// The deployment with this number.
    pub fn deployment(&self, number: u64) -> Option<&Deployment> {
        self.index(number).map(|index| &self.deployments[index])
    }

    /// The same, to be changed by the fold.
    pub(super) fn deployment_mut(&mut self, number: u64) -> Option<&mut Deployment> {
        self.index(number).map(|index| &mut self.deployments[index])
    }

    /// Numbers grow from one deployment to the next.
    fn index(&self, number: u64) -> Option<usize> {
        self.deployments.binary_search_by_key(&number, |deployment| deployment.number).ok()
    }

    /// Whether exactly these bytes were verified here (or have run here, when nothing was to be verified).
    pub fn proven(&self, artifacts: &Artifacts) -> bool {
        self.deployments
            .iter()
            .rev()
            .any(|deployment| deployment.verified_itself() && same(&deployment.deploy.artifacts, artifacts))
    }

    /// Whether a deployment counts as verified: it passed its checks, or its very bytes did before, and nothing failed since.
    pub fn verified(&self, deployment: &Deployment) -> bool {
        deployment.running.is_some()
            && !deployment.disproved()
            && (deployment.verified_itself() || self.proven(&deployment.deploy.artifacts))
    }

    /// How long exactly these bytes have run here without a break, at most, until `now`.
    pub fn soaked(&self, artifacts: &Artifacts, now: Time) -> Duration {
        let mut longest = Duration::ZERO;
        let mut since: Option<Time> = None;
        for deployment in &self.deployments {
            let Some(running) = deployment.running else { continue };
            if !same(&deployment.deploy.artifacts, artifacts) {
                since = None;
                continue;
            }
            let start = *since.get_or_insert(running);
            longest = longest.max(deployment.ended.unwrap_or(now).since(start));
        }
        longest
    }

    /// Since when exactly these bytes run here, if they do now.
    pub fn running_since(&self, artifacts: &Artifacts) -> Option<Time> {
        let ran = self.deployments.iter().rev().filter(|deployment| deployment.running.is_some());
        ran.take_while(|deployment| same(&deployment.deploy.artifacts, artifacts)).last()?.running
    }
}

impl Deployment {
    /// Whether it ran and passed each of its checks.
    fn verified_itself(&self) -> bool {
        let passed = |check: &Name| self.judgements.get(check).is_some_and(|judgement| judgement.passed);
        self.running.is_some() && !self.disproved() && self.deploy.checks.iter().all(passed)
    }

    /// Whether a check failed.
    pub fn disproved(&self) -> bool {
        self.judgements.values().any(|judgement| !judgement.passed)
    }
}

impl State {
    /// The good commit that `environment` ran last before what it runs now: not barred, its bytes there, and verified, or
    /// run there without a failure when nothing better is known.
    pub fn last_good(&self, environment: &Name) -> Option<&Deployment> {
        let environment = self.environments.get(environment)?;
        let current = environment.current()?;
        let candidates = || {
            environment.deployments.iter().rev().filter(|deployment| {
                deployment.number < current.number
                    && deployment.deploy.commit != current.deploy.commit
                    && deployment.running.is_some()
                    && self.usable(deployment)
            })
        };
        let verified = candidates().find(|deployment| environment.verified(deployment));
        verified.or_else(|| candidates().find(|deployment| !deployment.disproved()))
    }

    /// Whether a deployment's commit and bytes may run again.
    pub fn usable(&self, deployment: &Deployment) -> bool {
        let deploy = &deployment.deploy;
        self.bar(&deploy.commit).is_none()
            && self.on_line(&deploy.commit).is_some()
            && !self.suspended(&deploy.commit)
            && !deploy.artifacts.is_empty()
            && !deploy.artifacts.values().any(|bytes| self.lost(bytes))
    }

    /// Whether `commit` was deployed in `environment`, or failed to be, since it was last released from a bar.
    pub fn tried(&self, environment: &Name, commit: &Commit) -> bool {
        let since = self.unyanks.get(commit).copied().unwrap_or(0);
        let Some(environment) = self.environments.get(environment) else { return false };
        let later = environment.deployments.iter().rev().take_while(|deployment| deployment.number > since);
        later.into_iter().any(|deployment| deployment.deploy.commit == *commit)
    }
}

/// Whether two sets hold the same digests under the same names.
pub fn same(one: &Artifacts, other: &Artifacts) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|((name, bytes), (other_name, other))| name == other_name && bytes.digest == other.digest)
}
