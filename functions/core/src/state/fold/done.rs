//! What came of actions, and what follows from what is known.

use crate::fact::{Claim, Entry, Fact};
use crate::ids::{Name, Time};
use crate::state::{Build, Judgement, State};

impl State {
    pub(super) fn done(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::Built { artifact, key, commit, bytes, manifest, .. } => {
                if let Some(manifest) = manifest {
                    self.manifests.insert(bytes.digest.clone(), manifest.clone());
                }
                let builds = self.builds.entry(artifact.clone()).or_default();
                if !matches!(builds.get(key), Some(Build::Done { .. })) {
                    builds.insert(key.clone(), Build::Done { bytes: bytes.clone(), commit: commit.clone() });
                    if bytes.repository.is_some() {
                        self.untagged.insert(bytes.digest.clone(), commit.clone());
                    }
                }
                self.settle_built(artifact, key);
            }
            Fact::BuildFailed { artifact, key, commit, refusal, .. } => {
                let failed = Build::Failed { refusal: refusal.clone(), commit: commit.clone() };
                self.builds.entry(artifact.clone()).or_default().entry(key.clone()).or_insert(failed);
            }
            Fact::Tagged { repository, digest, tag, .. } => {
                self.image_tags.entry(repository.clone()).or_default().insert(tag.clone(), digest.clone());
                if self.untagged.get(digest).is_some_and(|commit| commit.as_str().starts_with(tag.as_str())) {
                    self.untagged.remove(digest);
                }
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
                self.judge(environment, *deployment, check, judgement);
            }
            Fact::Erased { bytes, .. } => {
                self.condemned.remove(&bytes.digest);
                self.untagged.remove(&bytes.digest);
                self.erased.insert(bytes.digest.clone());
                if let Some(tags) = bytes.repository.as_ref().and_then(|repository| self.image_tags.get_mut(repository))
                {
                    tags.retain(|_, digest| *digest != bytes.digest);
                }
            }
            _ => {}
        }
    }

    fn judge(&mut self, environment: &Name, number: u64, check: &Name, judgement: Judgement) {
        let environment = self.environment(environment);
        let Some(deployment) = environment.deployment_mut(number) else { return };
        deployment.judgements.insert(check.clone(), judgement);
        if deployment.disproved() {
            environment.disproved.insert(number);
        } else {
            environment.disproved.remove(&number);
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

    pub(super) fn decided(&mut self, entry: &Entry, fact: &Fact) {
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
}
