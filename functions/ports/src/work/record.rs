//! Writing to the ledger: what was observed, what a person asks for, and checkpoints, each on what was read.

use trunkline_core::decide::without_policy;
use trunkline_core::fact::{Entry, FORMAT, Fact};
use trunkline_core::policy::Policy;
use trunkline_core::refusal::Refusal;
use trunkline_core::state::{State, VERSION};

use super::{POLL, TRIES, Worker};
use crate::clock::Clock;
use crate::failure::{Failure, Fault};
use crate::ledger::{Append, Checkpoint, Ledger};
use crate::observe;
use crate::world::World;

/// How many entries lie between checkpoints.
const CHECKPOINT: u64 = 128;

impl<W: World> Worker<'_, W> {
    /// Looks at the repository and the targets, and appends what the ledger lacks.
    ///
    /// # Errors
    /// As the adapters answer.
    pub async fn observe(&self) -> Result<(), Failure> {
        // A new policy may name more lines; what another worker wrote meanwhile may say the same.
        for _ in 0..16 {
            let state = self.state();
            let facts = observe::repository(&state, self.world.repository(), &self.trunk).await?;
            let policy_changed = facts.iter().any(|fact| matches!(fact, Fact::PolicySeen { .. }));
            if facts.is_empty() || self.append_chunks(state.number, facts).await? && !policy_changed {
                break;
            }
        }
        for _ in 0..16 {
            let state = self.state();
            let Some(policy) = state.policy() else { break };
            let facts = observe::targets(&state, &policy, self.world.targets()).await?;
            if facts.is_empty() || self.append_on(state.number, facts).await?.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Appends observed facts in entries of bounded size, each on the one before. Says whether all were.
    async fn append_chunks(&self, mut number: u64, facts: Vec<Fact>) -> Result<bool, Failure> {
        for chunk in chunks(facts) {
            match self.append_on(number, chunk).await? {
                Some(written) => number = written,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Keeps the folded state when enough was written since the last time.
    pub(super) async fn checkpoint(&self) -> Result<(), Failure> {
        let checkpoint = {
            let state = self.state.borrow();
            if state.number < self.kept.get() + CHECKPOINT {
                return Ok(());
            }
            let text = state
                .to_checkpoint()
                .map_err(|error| Fault::lasting(format!("the state cannot be written: {error}")))?;
            Checkpoint { number: state.number, version: VERSION, state: text }
        };
        self.kept.set(checkpoint.number);
        self.world.ledger().keep(&checkpoint).await
    }

    /// Appends facts if nothing was written since `number`. Gives the entry's number, or nothing when something was.
    ///
    /// # Errors
    /// As the ledger answers, after a few tries.
    pub async fn append_on(&self, number: u64, facts: Vec<Fact>) -> Result<Option<u64>, Failure> {
        if facts.is_empty() {
            return Ok(Some(number));
        }
        let clock = self.world.clock();
        let id = clock.unique();
        let entry = Entry { format: FORMAT, number: number + 1, id, at: clock.now(), by: self.by.clone(), facts };
        let mut tries = 0;
        let appended = loop {
            match self.world.ledger().append(&entry).await {
                // Its answer may have been lost: the same entry again finds out.
                Err(Failure::Fault(fault)) if fault.again && tries < TRIES => tries += 1,
                other => break other?,
            }
            clock.sleep(POLL * u32::try_from(tries).unwrap_or(1)).await;
        };
        self.refresh().await?;
        if appended == Append::Taken {
            return Ok(None);
        }
        self.report.recorded(entry.number, &entry.facts);
        Ok(Some(entry.number))
    }

    /// Appends what a person asks for: `ask` is tried on what is known until nothing comes in between.
    ///
    /// # Errors
    /// What `ask` refuses, and as the ledger answers.
    pub async fn order(
        &self,
        ask: impl Fn(&State, &Policy) -> Result<Vec<Fact>, Refusal>,
    ) -> Result<Vec<Fact>, Failure> {
        loop {
            let state = self.state();
            let Some(policy) = state.policy() else {
                let refusal = without_policy(&state).refusals.into_iter().next().map(|refused| refused.refusal);
                return Err(refusal.map_or_else(|| Fault::lasting("there is no policy").into(), Failure::Refused));
            };
            let facts = ask(&state, &policy)?;
            if self.append_on(state.number, facts.clone()).await?.is_some() {
                return Ok(facts);
            }
        }
    }
}

/// The most bytes of facts in one observed entry (256 KiB), so that entries stay quick to read.
const ENTRY_BYTES: usize = 256 * 1024;

/// Facts in groups of bounded size, in order.
fn chunks(facts: Vec<Fact>) -> Vec<Vec<Fact>> {
    let mut chunks: Vec<Vec<Fact>> = Vec::new();
    let mut room = 0;
    for fact in facts {
        let size = serde_json::to_string(&fact).map_or(0, |text| text.len());
        if size > room || chunks.is_empty() {
            chunks.push(Vec::new());
            room = ENTRY_BYTES;
        }
        room = room.saturating_sub(size);
        chunks.last_mut().expect("one was pushed").push(fact);
    }
    chunks
}
