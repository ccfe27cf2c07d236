//! Who holds what: one claim in a lane, one worker to a claim, and what may be claimed at all.

use std::time::Duration;

use trunkline_core::fact::{Claim, Entry, Fact};
use trunkline_core::ids::Time;
use trunkline_ports::targets::Standing;

use super::judge::{Check, Judge, rule};

/// An open claim.
pub(super) struct Held {
    pub(super) claim: Claim,
    worker: String,
    until: Time,
    waiting: bool,
    /// The worker that took it over when its commit was barred, or left behind, already.
    pub(super) late: Option<String>,
}

impl Judge {
    /// Only who holds a claim may end it or put it off; a claim that nobody acts on may be given up by anybody.
    fn holder(&self, entry: &Entry, claim: u64) -> Check {
        let held = self.open.get(&claim);
        let Some(held) = held else {
            return Err(format!("entry {} is about claim {claim}, which is not open", entry.number));
        };
        let mine = held.worker.starts_with(&format!("{} ", entry.by)) && !held.waiting;
        rule(mine, || format!("{} speaks for claim {claim}, which is in the hands of `{}`", entry.by, held.worker))
    }

    pub(super) fn ends(&mut self, entry: &Entry, fact: &Fact, claim: u64) -> Check {
        let given_up =
            matches!(fact, Fact::Abandoned { .. }) && self.open.get(&claim).is_some_and(|held| held.until <= entry.at);
        if !given_up {
            self.holder(entry, claim)?;
        }
        self.open.remove(&claim);
        Ok(())
    }

    pub(super) fn waits(&mut self, entry: &Entry, claim: u64, until: Time) -> Check {
        self.holder(entry, claim)?;
        if let Some(held) = self.open.get_mut(&claim) {
            (held.until, held.waiting) = (until, true);
        }
        Ok(())
    }

    pub(super) fn leases(&mut self, entry: &Entry, claim: u64, worker: &str, until: Time) -> Check {
        let over = match self.open.get(&claim).map(|held| &held.claim) {
            Some(Claim::Deploy(deploy)) => self.barred(&deploy.commit) || self.state.on_line(&deploy.commit).is_none(),
            _ => false,
        };
        let Some(held) = self.open.get_mut(&claim) else {
            return Err(format!("entry {} leases claim {claim}, which is not open", entry.number));
        };
        if held.worker != worker || held.waiting {
            rule(held.until <= entry.at, || {
                format!("`{worker}` took claim {claim} over while `{}` held its lease", held.worker)
            })?;
            held.late = over.then(|| entry.by.clone());
        }
        worker.clone_into(&mut held.worker);
        (held.until, held.waiting) = (until, false);
        Ok(())
    }

    pub(super) fn starts(&mut self, entry: &Entry, claim: &Claim, worker: &str, until: Time) -> Check {
        let lane = claim.lane();
        let busy = self.open.values().any(|held| held.claim.lane() == lane);
        rule(!busy, || format!("entry {} starts a second claim in the lane `{lane}`", entry.number))?;
        self.may_start(entry, claim)?;
        if let Claim::Deploy(deploy) = claim {
            self.begins(entry.number, deploy);
        }
        let held = Held { claim: claim.clone(), worker: worker.to_owned(), until, waiting: false, late: None };
        self.open.insert(entry.number, held);
        Ok(())
    }

    fn may_start(&self, entry: &Entry, claim: &Claim) -> Check {
        match claim {
            Claim::Deploy(deploy) => self.may_deploy(entry, deploy),
            Claim::Build { artifact, key, commit } => {
                let built = self.builds.contains_key(&(artifact.clone(), key.clone()));
                rule(!built, || format!("{artifact} is built again from the same files"))?;
                rule(!self.barred(commit), || format!("a build of {}, which is barred", commit.short(7)))
            }
            Claim::Observe { environment, deployment } => {
                let ran = self.ran(environment, *deployment)?;
                rule(ran.written.is_some(), || format!("deployment {deployment} is watched before it is written"))?;
                rule(ran.running.is_none(), || format!("deployment {deployment} runs, and is watched again"))
            }
            Claim::Verify { environment, deployment, check } => {
                let runs = self.ran(environment, *deployment)?.running.is_some();
                rule(runs, || format!("{check} begins before deployment {deployment} runs in {environment}"))
            }
            Claim::Erase { bytes, .. } => {
                let old = self.state.condemned.get(&bytes.digest);
                let day = Duration::from_hours(24);
                rule(old.is_some_and(|since| entry.at >= since.plus(day)), || {
                    format!("{} is erased before its day is over", bytes.digest)
                })?;
                let needed = self.standing.values().any(|standing| *standing == Standing::At(bytes.digest.clone()));
                rule(!needed, || format!("{} is erased, and it stands somewhere", bytes.digest))
            }
            Claim::Tag { .. } => Ok(()),
        }
    }
}
