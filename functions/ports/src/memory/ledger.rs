//! The ledger in memory: a list that only grows.

use std::cell::RefCell;
use std::collections::BTreeMap;

use trunkline_core::fact::Entry;

use crate::failure::{Failure, Fault};
use crate::ledger::{Append, Checkpoint};

/// A ledger in memory.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: RefCell<Vec<Entry>>,
    checkpoints: RefCell<BTreeMap<(u32, u64), Checkpoint>>,
}

impl Ledger {
    /// The number of the last entry; 0 when there is none.
    pub fn last(&self) -> u64 {
        self.entries.borrow().len() as u64
    }

    /// The entries from number `from` on.
    pub fn entries(&self, from: u64) -> Vec<Entry> {
        let skipped = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        self.entries.borrow().iter().skip(skipped).cloned().collect()
    }
}

impl crate::ledger::Ledger for Ledger {
    async fn read(&self, from: u64) -> Result<Vec<Entry>, Failure> {
        Ok(self.entries(from))
    }

    async fn append(&self, entry: &Entry) -> Result<Append, Failure> {
        let mut entries = self.entries.borrow_mut();
        let next = entries.len() as u64 + 1;
        if entry.number == next {
            entries.push(entry.clone());
            return Ok(Append::Written);
        }
        let there = entry.number.checked_sub(1).and_then(|before| usize::try_from(before).ok());
        match there.and_then(|index| entries.get(index)) {
            Some(there) if there.id == entry.id => Ok(Append::Written),
            Some(_) => Ok(Append::Taken),
            None => Err(Fault::lasting(format!("entry {} would leave a gap after {}", entry.number, next - 1)).into()),
        }
    }

    async fn checkpoint(&self, version: u32) -> Result<Option<Checkpoint>, Failure> {
        let checkpoints = self.checkpoints.borrow();
        Ok(checkpoints.range((version, 0)..=(version, u64::MAX)).next_back().map(|(_, checkpoint)| checkpoint.clone()))
    }

    async fn keep(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let key = (checkpoint.version, checkpoint.number);
        self.checkpoints.borrow_mut().entry(key).or_insert_with(|| checkpoint.clone());
        Ok(())
    }
}
