//! What people asked for.

use crate::fact::{Cause, Entry, Fact};
use crate::ids::{Commit, Name};
use crate::state::{Build, Hold, Order, Rewritten, State, Yank};

impl State {
    pub(super) fn ordered(&mut self, entry: &Entry, fact: &Fact) {
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
                self.settle(commit);
            }
            Fact::Yanked { commit, keys, digests, reason, because } => {
                let yank = Yank {
                    keys: keys.clone(),
                    digests: digests.clone(),
                    reason: reason.clone(),
                    by: author(entry, because.is_some()),
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
                let hold = Hold { reason: reason.clone(), by: author(entry, because.is_some()), at: entry.at };
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
            Fact::Accepted { line, head, .. } => self.accept(line, head, entry.number),
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

    fn accept(&mut self, name: &str, head: &Commit, seen: u64) {
        let Some(line) = self.lines.get_mut(name) else { return };
        let accepted = line.rewritten.take_if(|course| course.head() == Some(head));
        if let Some(Rewritten { base, revisions }) = accepted {
            let release = line.release;
            self.extend(name, release, base.as_ref(), &revisions, seen);
        }
    }
}

/// What a worker decided by a rule is automation's, whoever started the worker.
fn author(entry: &Entry, automatic: bool) -> String {
    if automatic { "automation".to_owned() } else { entry.by.clone() }
}
