//! What every ledger keeps to, wherever it is: in memory, in a folder, in a bucket.

use futures_util::future::join_all;
use trunkline_core::fact::{Entry, FORMAT};
use trunkline_core::ids::Time;
use trunkline_ports::ledger::{Append, Checkpoint, Ledger};

/// An entry without facts.
pub fn entry(number: u64, id: &str) -> Entry {
    Entry {
        format: FORMAT,
        number,
        id: id.to_owned(),
        at: Time(number.cast_signed()),
        by: "test".to_owned(),
        facts: vec![],
    }
}

/// Appends the entries up to `count`.
pub async fn fill(ledger: &impl Ledger, count: u64) {
    for number in 1..=count {
        assert_eq!(ledger.append(&entry(number, "a")).await, Ok(Append::Written));
    }
}

/// Holds a ledger to all rules; `make` gives an empty one each time.
pub async fn keeps_the_rules<L: Ledger>(make: impl AsyncFn() -> L) {
    one_that_was_never_written_is_empty(&make().await).await;
    entries_come_back_in_order_from_any_number_on(&make().await).await;
    a_writer_whose_answer_was_lost_finds_out_whether_it_won(&make().await).await;
    an_entry_cannot_be_written_behind_a_gap(&make().await).await;
    of_many_writers_exactly_one_wins_each_number(&make().await).await;
    the_newest_checkpoint_of_a_version_is_found(&make().await).await;
}

async fn one_that_was_never_written_is_empty(ledger: &impl Ledger) {
    assert_eq!(ledger.read(1).await, Ok(vec![]));
    assert_eq!(ledger.checkpoint(1).await, Ok(None));
}

async fn entries_come_back_in_order_from_any_number_on(ledger: &impl Ledger) {
    fill(ledger, 12).await;
    for from in [0, 1, 2, 3, 11, 12, 13] {
        let numbers: Vec<u64> = ledger.read(from).await.unwrap().iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (from.max(1)..=12).collect::<Vec<_>>(), "from {from}");
    }
}

async fn a_writer_whose_answer_was_lost_finds_out_whether_it_won(ledger: &impl Ledger) {
    fill(ledger, 1).await;
    assert_eq!(ledger.append(&entry(2, "mine")).await, Ok(Append::Written));
    assert_eq!(ledger.append(&entry(2, "mine")).await, Ok(Append::Written));
    assert_eq!(ledger.append(&entry(2, "other")).await, Ok(Append::Taken));
    assert_eq!(ledger.read(2).await.unwrap(), [entry(2, "mine")]);
}

async fn an_entry_cannot_be_written_behind_a_gap(ledger: &impl Ledger) {
    fill(ledger, 1).await;
    assert!(ledger.append(&entry(3, "a")).await.is_err());
    assert!(ledger.append(&entry(0, "a")).await.is_err());
    assert_eq!(ledger.read(1).await.unwrap(), [entry(1, "a")]);
}

async fn of_many_writers_exactly_one_wins_each_number(ledger: &impl Ledger) {
    for number in 1..=3 {
        let entries: Vec<Entry> = (0..32).map(|writer| entry(number, &format!("writer {writer}"))).collect();
        let answers = join_all(entries.iter().map(|entry| ledger.append(entry))).await;
        let won: Vec<&Entry> = entries
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| **answer == Ok(Append::Written))
            .map(|(entry, _)| entry)
            .collect();
        assert_eq!(won.len(), 1, "number {number}: {answers:?}");
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(ledger.read(number).await.unwrap(), [won[0].clone()]);
    }
}

async fn the_newest_checkpoint_of_a_version_is_found(ledger: &impl Ledger) {
    fill(ledger, 5).await;
    let checkpoint = |number: u64, version, state: &str| Checkpoint { number, version, state: state.to_owned() };
    for number in [1, 2, 4, 5] {
        ledger.keep(&checkpoint(number, 7, &format!("{{\"folded\":{number}}}"))).await.unwrap();
    }
    ledger.keep(&checkpoint(2, 17, "[]")).await.unwrap();
    ledger.keep(&checkpoint(5, 7, "{}")).await.unwrap();
    ledger.keep(&checkpoint(3, 7, "{}")).await.unwrap();
    let newest = checkpoint(5, 7, "{\"folded\":5}");
    assert_eq!(ledger.checkpoint(7).await, Ok(Some(newest)), "it was there already, and is newer than what came last");
    assert_eq!(ledger.checkpoint(17).await.unwrap().map(|checkpoint| checkpoint.number), Some(2));
    assert_eq!(ledger.checkpoint(8).await, Ok(None));
    assert_eq!(ledger.read(6).await, Ok(vec![]));
}

#[cfg(test)]
mod tests {
    use trunkline_ports::memory::Ledger;

    use super::*;

    #[tokio::test]
    async fn the_ledger_in_memory_keeps_every_rule() {
        keeps_the_rules(async || Ledger::default()).await;
    }
}
