//! The ledger in a bucket.

use std::sync::atomic::{AtomicU32, Ordering};

use trunkline_aws::ledger::S3Ledger;
use trunkline_core::fact::{Entry, FORMAT};
use trunkline_core::refusal::Code;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::{Append, Checkpoint, Ledger};
use trunkline_testbench::ledger::{entry, fill, keeps_the_rules};
use trunkline_testbench::moto::PAGE;
use trunkline_testbench::proxy::{Proxy, Step};

use crate::stage::{Stage, refused};

async fn ledger(stage: &Stage) -> S3Ledger {
    S3Ledger::open(&stage.place("").await, &"shop".parse().unwrap())
}

fn key(number: u64) -> String {
    format!("ledger/project/shop/{number:020}.json")
}

async fn holds_in(stage: &Stage) {
    let place = AtomicU32::new(0);
    keeps_the_rules(async || {
        let prefix = format!("some/where/{}", place.fetch_add(1, Ordering::Relaxed));
        S3Ledger::open(&stage.place(&prefix).await, &"shop".parse().unwrap())
    })
    .await;
}

#[tokio::test]
async fn a_bucket_with_versions_keeps_every_rule_of_a_ledger() {
    holds_in(&Stage::with_versions().await).await;
}

#[tokio::test]
async fn a_bucket_without_versions_keeps_every_rule_of_a_ledger() {
    holds_in(&Stage::without_versions().await).await;
}

#[tokio::test]
async fn looking_for_something_new_is_one_request_and_appending_is_another() {
    let stage = Stage::with_versions().await;
    fill(&ledger(&stage).await, 15).await;
    let proxy = Proxy::before(&stage.moto.host, |_| Step::Pass).await;
    let ledger = S3Ledger::open(&stage.place_at(&proxy.url(), "").await, &"shop".parse().unwrap());

    assert_eq!(ledger.read(1).await.unwrap().len(), 15);
    assert_eq!(proxy.lines().len(), 16, "a list, and each entry");
    assert_eq!(ledger.read(16).await, Ok(vec![]));
    assert_eq!(proxy.lines(), ["GET /acme-artifacts/"]);
    assert_eq!(ledger.append(&entry(16, "a")).await, Ok(Append::Written));
    assert_eq!(proxy.lines(), [format!("PUT /acme-artifacts/{}", key(16))]);
    assert_eq!(ledger.read(16).await.unwrap(), [entry(16, "a")]);
    assert_eq!(proxy.lines(), ["GET /acme-artifacts/"], "what was written here need not be read");
    let checkpoint = Checkpoint { number: 16, version: 1, state: "{}".to_owned() };
    assert_eq!(ledger.checkpoint(1).await, Ok(None));
    ledger.keep(&checkpoint).await.unwrap();
    assert_eq!(ledger.checkpoint(1).await, Ok(Some(checkpoint)));
    assert_eq!(proxy.lines().len(), 3, "one each");
}

#[tokio::test]
async fn a_ledger_of_more_than_one_page_is_read_whole() {
    let stage = Stage::with_versions().await;
    let last = 2 * PAGE + 3;
    fill(&ledger(&stage).await, last).await;
    let numbers: Vec<u64> = ledger(&stage).await.read(2).await.unwrap().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (2..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_entry_that_was_deleted_is_refused_and_not_written_again_unseen() {
    let stage = Stage::with_versions().await;
    let ledger = ledger(&stage).await;
    fill(&ledger, 3).await;
    stage.delete(&key(3)).await;
    // S3 takes it for absent. The read that follows every append tells.
    assert_eq!(ledger.append(&entry(3, "other")).await, Ok(Append::Written));
    for from in [1, 3, 4] {
        let refusal = refused(ledger.read(from).await, &key(3));
        assert_eq!(refusal.code, Code::LedgerCorrupt, "from {from}");
        assert!(refusal.help.unwrap().contains("list-object-versions"));
    }
}

#[tokio::test]
async fn an_entry_that_was_deleted_and_restored_is_what_it_was() {
    let stage = Stage::with_versions().await;
    let ledger = ledger(&stage).await;
    fill(&ledger, 3).await;
    let mark = stage.client.delete_object().bucket(crate::stage::BUCKET).key(key(2)).send().await.unwrap();
    refused(ledger.read(1).await, &key(2));
    let delete = stage.client.delete_object().bucket(crate::stage::BUCKET).key(key(2));
    delete.set_version_id(mark.version_id).send().await.unwrap();
    assert_eq!(ledger.read(1).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_entry_that_was_written_over_is_refused() {
    let stage = Stage::with_versions().await;
    let ledger = ledger(&stage).await;
    fill(&ledger, 3).await;
    stage.write(&key(2), serde_json::to_vec(&entry(2, "forged")).unwrap()).await;
    assert_eq!(refused(ledger.read(2).await, &key(2)).code, Code::LedgerCorrupt);
}

#[tokio::test]
async fn a_missing_entry_is_named_wherever_one_starts_to_read() {
    let stage = Stage::without_versions().await;
    let ledger = ledger(&stage).await;
    fill(&ledger, 9).await;
    stage.delete(&key(4)).await;
    for from in [1, 4, 5] {
        assert_eq!(refused(ledger.read(from).await, &key(4)).code, Code::LedgerCorrupt, "from {from}");
    }
    assert_eq!(refused(ledger.read(11).await, &key(10)).code, Code::LedgerCorrupt);
}

#[tokio::test]
async fn what_is_torn_foreign_or_newer_is_named() {
    let stage = Stage::without_versions().await;
    let ledger = ledger(&stage).await;
    fill(&ledger, 2).await;
    let long = vec![b' '; (1 << 20) + 1];
    for torn in [b"{\"form".to_vec(), vec![], b"null".to_vec(), b"\xff\xfe".to_vec(), long] {
        stage.write(&key(3), torn).await;
        assert_eq!(refused(ledger.read(1).await, &key(3)).code, Code::LedgerCorrupt);
        assert_eq!(refused(ledger.append(&entry(3, "a")).await, &key(3)).code, Code::LedgerCorrupt);
    }
    stage.write(&key(3), serde_json::to_vec(&entry(2, "a")).unwrap()).await;
    assert_eq!(refused(ledger.read(3).await, &key(3)).code, Code::LedgerCorrupt);
    stage.write(&key(3), serde_json::to_vec(&Entry { format: FORMAT + 1, ..entry(3, "a") }).unwrap()).await;
    assert_eq!(refused(ledger.read(3).await, &key(3)).code, Code::TooOld);
    stage.delete(&key(3)).await;
    for foreign in ["notes.txt", "00000000000000000002.json~", "backup/1"] {
        stage.write(&format!("ledger/project/shop/{foreign}"), "x").await;
        let named = foreign.split_inclusive('/').next().unwrap();
        assert_eq!(refused(ledger.read(1).await, named).code, Code::LedgerForeign);
        stage.delete(&format!("ledger/project/shop/{foreign}")).await;
    }
    // Consoles make an object for a folder.
    stage.write("ledger/project/shop/", "").await;
    assert_eq!(ledger.read(1).await.unwrap().len(), 2);
    let long = Entry { by: "x".repeat(1 << 20), ..entry(3, "a") };
    let Err(Failure::Refused(refusal)) = ledger.append(&long).await else { panic!("written") };
    assert_eq!(refusal.code, Code::InputTooLarge);
}

#[tokio::test]
async fn a_checkpoint_that_cannot_be_read_counts_as_none_and_is_written_over() {
    let stage = Stage::with_versions().await;
    let ledger = ledger(&stage).await;
    stage.write("ledger/project/shop/checkpoints/newest.7.jsonl", "{\"number\":5}\n{\"fol").await;
    assert_eq!(ledger.checkpoint(7).await, Ok(None));
    let checkpoint = Checkpoint { number: 3, version: 7, state: "{}".to_owned() };
    ledger.keep(&checkpoint).await.unwrap();
    assert_eq!(ledger.checkpoint(7).await, Ok(Some(checkpoint)));
}

#[tokio::test]
async fn a_checkpoint_that_another_worker_kept_meanwhile_stays() {
    let stage = Stage::with_versions().await;
    let (one, other) = (ledger(&stage).await, ledger(&stage).await);
    let checkpoint = |number| Checkpoint { number, version: 7, state: "{}".to_owned() };
    assert_eq!((one.checkpoint(7).await, other.checkpoint(7).await), (Ok(None), Ok(None)));
    other.keep(&checkpoint(9)).await.unwrap();
    one.keep(&checkpoint(5)).await.unwrap();
    assert_eq!(one.checkpoint(7).await, Ok(Some(checkpoint(9))));
    one.keep(&checkpoint(12)).await.unwrap();
    other.keep(&checkpoint(11)).await.unwrap();
    assert_eq!(other.checkpoint(7).await, Ok(Some(checkpoint(12))));
}

#[tokio::test]
async fn a_lost_answer_loses_no_entry_and_doubles_none() {
    let stage = Stage::with_versions().await;
    let mut puts = 0;
    // The first answer to every write is lost; the SDK sends it again, and is told that it is there.
    let proxy = Proxy::before(&stage.moto.host, move |request| {
        puts += u32::from(request.line.starts_with("PUT "));
        if request.line.starts_with("PUT ") && puts % 2 == 1 { Step::LoseAnswer } else { Step::Pass }
    })
    .await;
    let ledger = S3Ledger::open(&stage.place_at(&proxy.url(), "").await, &"shop".parse().unwrap());
    fill(&ledger, 3).await;
    assert_eq!(ledger.read(1).await.unwrap(), [entry(1, "a"), entry(2, "a"), entry(3, "a")]);
}

#[tokio::test]
async fn conflicts_and_throttles_pass_and_are_told_when_they_do_not() {
    let stage = Stage::with_versions().await;
    let mut times = 0;
    let spoilt = Proxy::before(&stage.moto.host, move |_| {
        times += 1;
        match times {
            1 | 2 => Step::Answer(409, "ConditionalRequestConflict"),
            3 => Step::Answer(503, "SlowDown"),
            4 => Step::Cut,
            _ => Step::Pass,
        }
    })
    .await;
    let ledger = S3Ledger::open(&stage.place_at(&spoilt.url(), "").await, &"shop".parse().unwrap());
    assert_eq!(ledger.append(&entry(1, "a")).await, Ok(Append::Written));

    for (status, code) in [(503, "SlowDown"), (500, "InternalError"), (409, "ConditionalRequestConflict")] {
        let always = Proxy::before(&stage.moto.host, move |_| Step::Answer(status, code)).await;
        let ledger = S3Ledger::open(&stage.place_at(&always.url(), "").await, &"shop".parse().unwrap());
        let Err(Failure::Fault(fault)) = ledger.append(&entry(1, "b")).await else { panic!("{code} is no fault") };
        assert!(fault.again && fault.message.contains("s3:PutObject") && fault.message.contains(code), "{fault}");
    }
}
