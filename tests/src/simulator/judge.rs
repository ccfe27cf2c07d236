//! The judge: what must be true after every step, told from the ledger's entries and the destinations' real content.
//!
//! Where it can, it does not ask the code under test: it keeps its own books of claims, builds, yanks and verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use trunkline_core::deployment::{Artifacts, Destination};
use trunkline_core::fact::{Claim, Deploy, Entry, Fact};
use trunkline_core::ids::{Commit, Digest, Key, Name};
use trunkline_core::policy::Policy;
use trunkline_core::state::State;
use trunkline_ports::targets::Standing;

use super::history;
use super::shop::Shop;
use super::weather::Sky;

/// A sentence that says which rule was broken, and how.
pub type Broken = String;
pub(super) type Check = Result<(), Broken>;

/// The books.
pub struct Judge {
    pub(super) shop: Rc<Shop>,
    /// The ledger as it was read; what was read once must never change.
    pub(super) entries: Vec<Entry>,
    /// Their fold.
    pub state: State,
    pub(super) policy: Option<Rc<Policy>>,
    ids: BTreeSet<String>,
    pub(super) open: BTreeMap<u64, Held>,
    pub(super) begun: BTreeMap<u64, Begun>,
    pub(super) writes: BTreeMap<(u64, Destination), usize>,
    pub(super) builds: BTreeMap<(Name, Key), Digest>,
    pub(super) yanks: BTreeMap<Commit, (BTreeSet<Key>, BTreeSet<Digest>)>,
    pub(super) ran: BTreeMap<Name, BTreeMap<u64, Ran>>,
    /// What stands at the place of each artifact in each environment.
    pub(super) standing: BTreeMap<(Name, Name), Standing>,
    /// Where another hand was.
    pub(super) meddled: BTreeSet<(Name, Name)>,
    effects: usize,
    /// What happened, in lines.
    pub history: String,
}

/// An open claim.
pub(super) struct Held {
    pub(super) claim: Claim,
    worker: String,
    until: trunkline_core::ids::Time,
    waiting: bool,
    /// The worker that took it over when its commit was barred already.
    pub(super) late: Option<String>,
}

pub(super) struct Begun {
    pub(super) deploy: Deploy,
    pub(super) before: BTreeMap<(Name, Name), Standing>,
}

pub(super) struct Ran {
    pub(super) artifacts: Artifacts,
    pub(super) checks: BTreeSet<Name>,
    pub(super) running: bool,
    pub(super) said: BTreeMap<Name, bool>,
}

/// Breaks a rule unless `holds`.
pub(super) fn rule(holds: bool, broken: impl FnOnce() -> Broken) -> Check {
    if holds { Ok(()) } else { Err(broken()) }
}

impl Judge {
    /// Empty books.
    pub fn new(shop: &Rc<Shop>) -> Self {
        Self {
            shop: Rc::clone(shop),
            entries: Vec::new(),
            state: State::default(),
            policy: None,
            ids: BTreeSet::new(),
            open: BTreeMap::new(),
            begun: BTreeMap::new(),
            writes: BTreeMap::new(),
            builds: BTreeMap::new(),
            yanks: BTreeMap::new(),
            ran: BTreeMap::new(),
            standing: BTreeMap::new(),
            meddled: BTreeSet::new(),
            effects: 0,
            history: String::new(),
        }
    }

    /// Takes in what happened since the last time.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn look(&mut self, sky: &Sky) -> Check {
        let (ledger, targets) = (Rc::clone(&self.shop.stores.ledger), Rc::clone(&self.shop.stores.targets));
        if ledger.last() == self.state.number && sky.done.borrow().len() == self.effects {
            return Ok(());
        }
        let mut entries = ledger.entries(self.state.number + 1).into_iter().peekable();
        let done: Vec<(u64, String)> = sky.done.borrow().iter().skip(self.effects).cloned().collect();
        for (effect, (tail, by)) in targets.effects(self.effects).iter().zip(done) {
            while let Some(entry) = entries.next_if(|entry| entry.number <= tail) {
                self.entry(entry)?;
            }
            self.history.push_str(&history::effect(effect, &by));
            self.effects += 1;
            self.effect(effect, &by)?;
        }
        entries.try_for_each(|entry| self.entry(entry))
    }

    /// Takes in what the ledger still holds, after a panic.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn catch_up(&mut self) -> Check {
        let entries = self.shop.stores.ledger.entries(self.state.number + 1);
        entries.into_iter().try_for_each(|entry| self.entry(entry))
    }

    fn entry(&mut self, entry: Entry) -> Check {
        self.history.push_str(&history::entry(&entry));
        let number = self.entries.len() as u64 + 1;
        rule(entry.number == number, || format!("entry {} comes where {number} should", entry.number))?;
        rule(entry.at >= self.state.at, || format!("entry {number} is older than the one before it"))?;
        rule(self.ids.insert(entry.id.clone()), || format!("entry {number} was written twice"))?;
        let started = entry.facts.iter().any(|fact| matches!(fact, Fact::Started { .. }));
        rule(!started || entry.facts.len() == 1, || format!("the claim {number} does not stand alone"))?;
        for fact in &entry.facts {
            self.fact(&entry, fact)?;
        }
        self.state.apply(&entry);
        if entry.facts.iter().any(|fact| matches!(fact, Fact::PolicySeen { .. })) {
            self.policy = self.state.policy().map(Rc::new);
        }
        self.entries.push(entry);
        Ok(())
    }

    fn fact(&mut self, entry: &Entry, fact: &Fact) -> Check {
        if let Some(claim) = fact.ends() {
            self.ends(entry, fact, claim)?;
        }
        match fact {
            Fact::Started { claim, worker, until, .. } => self.starts(entry, claim, worker, *until)?,
            Fact::Leased { claim, worker, until } => self.leases(entry, *claim, worker, *until)?,
            Fact::Waiting { claim, until, .. } => {
                self.holder(entry, *claim)?;
                if let Some(held) = self.open.get_mut(claim) {
                    (held.until, held.waiting) = (*until, true);
                }
            }
            Fact::Built { artifact, key, bytes, .. } => {
                let known = self.builds.insert((artifact.clone(), key.clone()), bytes.digest.clone());
                rule(known.is_none(), || format!("{artifact} was built twice from the same files"))?;
            }
            Fact::Written { claim, environment } => self.written(*claim, environment)?,
            Fact::Running { environment, deployment } => {
                self.judged(environment, *deployment, |ran| ran.running = true);
            }
            Fact::Judged { environment, deployment, check, passed, .. } => {
                self.judged(environment, *deployment, |ran| {
                    ran.said.insert(check.clone(), *passed);
                });
            }
            Fact::Yanked { commit, keys, digests, .. } => {
                self.yanks.entry(commit.clone()).or_insert((keys.clone(), digests.clone()));
            }
            Fact::Unyanked { commit, .. } => drop(self.yanks.remove(commit)),
            _ => {}
        }
        Ok(())
    }

    /// Only who holds a claim may end it or put it off; a claim that nobody acts on may be given up by anybody.
    fn holder(&self, entry: &Entry, claim: u64) -> Check {
        let held = self.open.get(&claim);
        let Some(held) = held else {
            return Err(format!("entry {} is about claim {claim}, which is not open", entry.number));
        };
        let mine = held.worker.starts_with(&format!("{} ", entry.by)) && !held.waiting;
        rule(mine, || format!("{} speaks for claim {claim}, which is in the hands of `{}`", entry.by, held.worker))
    }

    fn ends(&mut self, entry: &Entry, fact: &Fact, claim: u64) -> Check {
        let given_up =
            matches!(fact, Fact::Abandoned { .. }) && self.open.get(&claim).is_some_and(|held| held.until <= entry.at);
        if !given_up {
            self.holder(entry, claim)?;
        }
        self.open.remove(&claim);
        Ok(())
    }

    fn leases(&mut self, entry: &Entry, claim: u64, worker: &str, until: trunkline_core::ids::Time) -> Check {
        let barred = match self.open.get(&claim).map(|held| &held.claim) {
            Some(Claim::Deploy(deploy)) => self.barred(&deploy.commit),
            _ => false,
        };
        let Some(held) = self.open.get_mut(&claim) else {
            return Err(format!("entry {} leases claim {claim}, which is not open", entry.number));
        };
        if held.worker != worker || held.waiting {
            rule(held.until <= entry.at, || {
                format!("`{worker}` took claim {claim} over while `{}` held its lease", held.worker)
            })?;
            held.late = barred.then(|| entry.by.clone());
        }
        worker.clone_into(&mut held.worker);
        (held.until, held.waiting) = (until, false);
        Ok(())
    }

    fn starts(&mut self, entry: &Entry, claim: &Claim, worker: &str, until: trunkline_core::ids::Time) -> Check {
        let lane = claim.lane();
        let busy = self.open.values().any(|held| held.claim.lane() == lane);
        rule(!busy, || format!("entry {} starts a second claim in the lane `{lane}`", entry.number))?;
        match claim {
            Claim::Deploy(deploy) => self.may_deploy(entry, deploy)?,
            Claim::Build { artifact, key, commit } => {
                let built = self.builds.contains_key(&(artifact.clone(), key.clone()));
                rule(!built, || format!("{artifact} is built again from the same files"))?;
                rule(!self.barred(commit), || format!("a build of {}, which is barred", commit.short(7)))?;
            }
            Claim::Erase { bytes, .. } => {
                let old = self.state.condemned.get(&bytes.digest);
                let day = std::time::Duration::from_hours(24);
                rule(old.is_some_and(|since| entry.at >= since.plus(day)), || {
                    format!("{} is erased before its day is over", bytes.digest)
                })?;
                let needed = self.standing.values().any(|standing| *standing == Standing::At(bytes.digest.clone()));
                rule(!needed, || format!("{} is erased, and it stands somewhere", bytes.digest))?;
            }
            _ => {}
        }
        let held = Held { claim: claim.clone(), worker: worker.to_owned(), until, waiting: false, late: None };
        self.open.insert(entry.number, held);
        Ok(())
    }

    fn may_deploy(&mut self, entry: &Entry, deploy: &Deploy) -> Check {
        self.allowed(entry, deploy)?;
        let ran = Ran {
            artifacts: deploy.artifacts.clone(),
            checks: deploy.checks.clone(),
            running: false,
            said: BTreeMap::new(),
        };
        self.ran.entry(deploy.environment.clone()).or_default().insert(entry.number, ran);
        self.begun.insert(entry.number, Begun { deploy: deploy.clone(), before: self.standing.clone() });
        Ok(())
    }
}
