//! What the books say of deployments: when each was written and seen to run, and what was said of it then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use trunkline_core::decide::RUNNING;
use trunkline_core::deployment::Artifacts;
use trunkline_core::fact::{Cause, Deploy, Entry};
use trunkline_core::ids::{Commit, Name, Time};
use trunkline_core::policy::Observe;
use trunkline_core::state::environment::same;

use super::effects::Begun;
use super::judge::{Broken, Check, Judge, rule};
use super::shop::address;

/// One deployment.
pub(super) struct Ran {
    commit: Commit,
    artifacts: Artifacts,
    checks: BTreeSet<Name>,
    pub(super) written: Option<Time>,
    pub(super) running: Option<Time>,
    said: BTreeMap<Name, bool>,
}

impl Judge {
    pub(super) fn begins(&mut self, number: u64, deploy: &Deploy) {
        if matches!(deploy.cause, Cause::Order | Cause::Rollback) {
            self.asked.remove(&deploy.environment);
        }
        let ran = Ran {
            commit: deploy.commit.clone(),
            artifacts: deploy.artifacts.clone(),
            checks: deploy.checks.clone(),
            written: None,
            running: None,
            said: BTreeMap::new(),
        };
        self.ran.entry(deploy.environment.clone()).or_default().insert(number, ran);
        let current = self.state.environments.get(&deploy.environment).and_then(|here| here.current());
        let previous = current.map(|current| current.deploy.artifacts.clone()).unwrap_or_default();
        self.begun.insert(number, Begun { deploy: deploy.clone(), before: self.standing.clone(), previous });
    }

    /// A deployment of an environment.
    pub(super) fn ran(&self, environment: &Name, deployment: u64) -> Result<&Ran, Broken> {
        let ran = self.ran.get(environment).and_then(|ran| ran.get(&deployment));
        ran.ok_or_else(|| format!("{environment} has no deployment {deployment}"))
    }

    pub(super) fn change(&mut self, environment: &Name, deployment: u64, change: impl FnOnce(&mut Ran)) {
        if let Some(ran) = self.ran.get_mut(environment).and_then(|ran| ran.get_mut(&deployment)) {
            change(ran);
        }
    }

    /// "Running" is true of the world, as far as the policy asks: it was written, and each thing that can say so has said so.
    pub(super) fn runs(&mut self, entry: &Entry, environment: &Name, deployment: u64) -> Check {
        let ran = self.ran(environment, deployment)?;
        let here = format!("deployment {deployment} of {environment}");
        rule(ran.running.is_none(), || format!("{here} is seen to run twice"))?;
        // One entry says both when there is nothing to see.
        let Some(written) = ran.written else { return Err(format!("{here} runs, and is not written")) };
        let policy = self.policy.clone();
        for observe in policy.iter().flat_map(|policy| policy.observes(environment)) {
            let seen = match observe {
                Observe::Written => true,
                Observe::Delay(delay) => entry.at >= written.plus(delay.get()),
                Observe::Verdict => ran.said.iter().any(|(check, passed)| check.as_str() == RUNNING && *passed),
                Observe::Http(check) => self.shop.answers(&address(&check.url, environment, &ran.commit), entry.at),
            };
            rule(seen, || format!("{here} is said to run, and {observe:?} does not say so"))?;
        }
        self.change(environment, deployment, |ran| ran.running = Some(entry.at));
        Ok(())
    }

    /// A worker judges what runs; a person may have seen it before we did.
    pub(super) fn says(
        &mut self,
        claim: Option<u64>,
        environment: &Name,
        deployment: u64,
        (check, passed): (&Name, bool),
    ) -> Check {
        let runs = self.ran(environment, deployment)?.running.is_some();
        rule(claim.is_none() || runs, || {
            format!("{check} judges deployment {deployment} of {environment} before it runs")
        })?;
        self.change(environment, deployment, |ran| {
            ran.said.insert(check.clone(), passed);
        });
        Ok(())
    }

    /// Whether exactly these bytes were seen to run in an environment and passed all of its checks.
    pub(super) fn proven(&self, environment: &Name, artifacts: &Artifacts) -> bool {
        let good = |ran: &Ran| {
            let passed = ran.checks.iter().all(|check| ran.said.get(check) == Some(&true));
            ran.running.is_some()
                && passed
                && ran.said.values().all(|passed| *passed)
                && same(&ran.artifacts, artifacts)
        };
        self.ran.get(environment).is_some_and(|ran| ran.values().any(good))
    }

    /// How long exactly these bytes ran in an environment without a break, at most: from when they were seen to run.
    pub(super) fn soaked(&self, environment: &Name, artifacts: &Artifacts, now: Time) -> Duration {
        let all = self.ran.get(environment).into_iter().flat_map(BTreeMap::values);
        let mut runs = all.filter_map(|ran| Some((ran.running?, same(&ran.artifacts, artifacts)))).peekable();
        let (mut longest, mut since) = (Duration::ZERO, None);
        while let Some((from, mine)) = runs.next() {
            let until = runs.peek().map_or(now, |(next, _)| *next);
            since = mine.then(|| since.unwrap_or(from));
            longest = since.map_or(longest, |since| longest.max(until.since(since)));
        }
        longest
    }
}
