//! The fold: what each fact changes. Total: a fact that cannot be, in a ledger that workers wrote, changes nothing.

mod claimed;
mod done;
mod forget;
mod observed;
mod ordered;

pub use forget::{DEPLOYMENTS, REMEMBERED};

use super::{Deployment, Environment, State};
use crate::fact::{Entry, Fact};
use crate::ids::Name;

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
        self.forget();
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
                self.claimed(entry, fact);
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

    /// The environment's state, made when it is first named.
    pub(crate) fn environment(&mut self, name: &Name) -> &mut Environment {
        self.environments.entry(name.clone()).or_default()
    }

    pub(super) fn deployment(&mut self, environment: &Name, number: u64, change: impl FnOnce(&mut Deployment)) {
        if let Some(deployment) = self.environment(environment).deployment_mut(number) {
            change(deployment);
        }
    }
}
