//! The judge: what must be true after every step, told from the ledger's entries and the destinations' real content.
//!
//! Where it can, it does not ask the code under test: it keeps its own books of claims, builds, yanks and verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use trunkline_core::deployment::Destination;
use trunkline_core::fact::{Cause, Entry, Fact};
use trunkline_core::ids::{Commit, Digest, Key, Name};
use trunkline_core::policy::Policy;
use trunkline_core::state::State;
use trunkline_ports::targets::Standing;

use super::claims::Held;
use super::effects::{Begun, Commands};
use super::history;
use super::ran::Ran;
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
    /// What commands were told, by claim and artifact.
    pub(super) commands: BTreeMap<(u64, Name), Commands>,
    /// The claims of deployments that could go neither forward nor back.
    pub(super) torn: BTreeSet<u64>,
    pub(super) builds: BTreeMap<(Name, Key), Digest>,
    pub(super) recorded: BTreeMap<(Commit, Name), Digest>,
    /// What a person asked for of an environment, until it is begun.
    pub(super) asked: BTreeMap<Name, (Commit, Cause)>,
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
            commands: BTreeMap::new(),
            torn: BTreeSet::new(),
            builds: BTreeMap::new(),
            recorded: BTreeMap::new(),
            asked: BTreeMap::new(),
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
            Fact::Waiting { claim, until, .. } => self.waits(entry, *claim, *until)?,
            Fact::Built { artifact, key, bytes, .. } => {
                let known = self.builds.insert((artifact.clone(), key.clone()), bytes.digest.clone());
                rule(known.is_none(), || format!("{artifact} was built twice from the same files"))?;
            }
            Fact::Recorded { commit, artifact, bytes, .. } => {
                let known = self.built(commit, artifact).cloned();
                rule(known.is_none(), || format!("{artifact} of {} is recorded, and is {known:?}", commit.short(7)))?;
                self.recorded.insert((commit.clone(), artifact.clone()), bytes.digest.clone());
            }
            Fact::Written { claim, environment } => self.written(entry, *claim, environment)?,
            Fact::DeployFailed { claim, torn: true, .. } => drop(self.torn.insert(*claim)),
            Fact::Running { environment, deployment } => self.runs(entry, environment, *deployment)?,
            Fact::Judged { claim, environment, deployment, check, passed, .. } => {
                self.says(*claim, environment, *deployment, (check, *passed))?;
            }
            Fact::DeployOrdered { environment, commit, .. } => {
                self.asked.insert(environment.clone(), (commit.clone(), Cause::Order));
            }
            Fact::RollbackOrdered { environment, commit, .. } => {
                self.asked.insert(environment.clone(), (commit.clone(), Cause::Rollback));
            }
            Fact::Yanked { commit, keys, digests, .. } => {
                self.yanks.entry(commit.clone()).or_insert((keys.clone(), digests.clone()));
            }
            Fact::Unyanked { commit, .. } => drop(self.yanks.remove(commit)),
            _ => {}
        }
        Ok(())
    }
}
