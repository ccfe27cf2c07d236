//! Who acts on what.

use std::collections::BTreeMap;

use crate::fact::{Cause, Claim, Deploy, Entry, Fact};
use crate::state::{Deployment, Open, State};

impl State {
    pub(super) fn claimed(&mut self, entry: &Entry, fact: &Fact) {
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

    fn begin(&mut self, entry: &Entry, deploy: &Deploy) {
        if !self.refused.is_empty() {
            self.refused.remove(&crate::plan::subject(&deploy.environment, &deploy.commit, deploy.tag.as_ref()));
        }
        let environment = self.environment(&deploy.environment);
        if matches!(deploy.cause, Cause::Order | Cause::Rollback) {
            environment.order = None;
            environment.torn = None;
        }
        environment.deployments.push(Deployment {
            number: entry.number,
            deploy: Deploy { passed: Vec::new(), ..deploy.clone() },
            started: entry.at,
            written: None,
            running: None,
            ended: None,
            failed: None,
            judgements: BTreeMap::new(),
        });
    }
}
