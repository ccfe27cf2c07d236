//! The ledger in a folder: nothing torn, nothing lost, nothing skipped, whoever writes and whatever is done to the files.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use trunkline_core::fact::{Entry, FORMAT};
use trunkline_core::ids::Name;
use trunkline_core::refusal::Code;
use trunkline_local::ledger::Folder;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::{Append, Checkpoint, Ledger};
use trunkline_testbench::ledger::{entry, fill, keeps_the_rules};

/// Names the store to a child process, and whose process it is.
const STORE: &str = "TRUNKLINE_TEST_STORE";
const WRITER: &str = "TRUNKLINE_TEST_WRITER";

fn project() -> Name {
    "shop".parse().unwrap()
}

/// A ledger of `count` entries.
async fn ledger(count: u64) -> (TempDir, Folder) {
    let store = tempfile::tempdir().unwrap();
    let ledger = Folder::create(&store.path().join("store"), &project()).await.unwrap();
    fill(&ledger, count).await;
    (store, ledger)
}

fn file(ledger: &Folder, number: u64) -> PathBuf {
    ledger.path().join(format!("{number:020}.json"))
}

/// The code of the refusal, which must name `named` and say what to do.
#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Failure>, named: &str) -> Code {
    let Err(Failure::Refused(refusal)) = result else { panic!("not refused: {result:?}") };
    assert!(refusal.message.contains(named), "`{named}` is not named: {refusal}");
    assert!(refusal.help.is_some(), "no help: {refusal}");
    refusal.code
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_folder_keeps_every_rule_of_a_ledger() {
    let stores = tempfile::tempdir().unwrap();
    let number = Cell::new(0);
    keeps_the_rules(async || {
        number.set(number.get() + 1);
        Folder::create(&stores.path().join(number.get().to_string()), &project()).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn a_ledger_that_was_never_written_is_empty_and_reading_makes_nothing() {
    let store = tempfile::tempdir().unwrap();
    let ledger = Folder::open(store.path(), &project());
    assert_eq!(ledger.read(1).await, Ok(vec![]));
    assert_eq!(ledger.checkpoint(1).await, Ok(None));
    assert!(names(store.path()).is_empty());
    assert_eq!(refused(ledger.append(&entry(1, "a")).await, "shop"), Code::StoreUnusable);
}

#[tokio::test]
async fn a_store_hides_from_git_what_it_made_and_leaves_alone_what_was_there() {
    let (store, _ledger) = ledger(0).await;
    assert_eq!(fs::read_to_string(store.path().join("store/.gitignore")).unwrap(), "*\n");
    let there = tempfile::tempdir().unwrap();
    Folder::create(there.path(), &project()).await.unwrap();
    assert_eq!(names(there.path()), ["ledger"]);
}

#[tokio::test]
async fn a_file_where_the_store_should_be_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(refused(Folder::create(file.path(), &project()).await, "pending"), Code::StoreUnusable);
}

#[tokio::test]
async fn an_entry_cannot_be_written_behind_a_gap() {
    let (_store, ledger) = ledger(1).await;
    assert_eq!(refused(ledger.append(&entry(3, "a")).await, "00000000000000000002.json"), Code::LedgerCorrupt);
    assert_eq!(refused(ledger.append(&entry(0, "a")).await, "0"), Code::LedgerCorrupt);
}

#[tokio::test]
async fn a_torn_entry_is_named_wherever_one_starts_to_read() {
    let (_store, ledger) = ledger(5).await;
    let text = fs::read(file(&ledger, 3)).unwrap();
    for torn in [&text[..text.len() / 2], b"", b"null", b"\xff\xfe"] {
        fs::write(file(&ledger, 3), torn).unwrap();
        assert_eq!(refused(ledger.read(1).await, "00000000000000000003.json"), Code::LedgerCorrupt);
        assert_eq!(refused(ledger.read(3).await, "00000000000000000003.json"), Code::LedgerCorrupt);
        assert_eq!(refused(ledger.append(&entry(3, "a")).await, "00000000000000000003.json"), Code::LedgerCorrupt);
    }
    fs::write(file(&ledger, 3), vec![b' '; (1 << 20) + 1]).unwrap();
    assert_eq!(refused(ledger.read(1).await, "longer"), Code::LedgerCorrupt);
}

#[tokio::test]
async fn a_missing_entry_is_named_wherever_one_starts_to_read() {
    let (_store, ledger) = ledger(9).await;
    fs::remove_file(file(&ledger, 4)).unwrap();
    for from in [1, 4, 5] {
        assert_eq!(refused(ledger.read(from).await, "00000000000000000004.json"), Code::LedgerCorrupt, "from {from}");
    }
    assert_eq!(refused(ledger.read(11).await, "00000000000000000010.json"), Code::LedgerCorrupt);
}

#[tokio::test]
async fn a_gap_is_seen_at_the_tail_of_a_long_ledger_too() {
    let (_store, ledger) = ledger(0).await;
    for number in (1..=2100).chain(2104..=2110) {
        fs::write(file(&ledger, number), serde_json::to_vec(&entry(number, "a")).unwrap()).unwrap();
    }
    assert_eq!(refused(ledger.read(2090).await, "00000000000000002101.json"), Code::LedgerCorrupt);
}

#[tokio::test]
async fn an_entry_under_another_number_is_named() {
    let (_store, ledger) = ledger(2).await;
    fs::copy(file(&ledger, 1), file(&ledger, 3)).unwrap();
    assert_eq!(refused(ledger.read(1).await, "00000000000000000003.json"), Code::LedgerCorrupt);
}

#[tokio::test]
async fn files_that_do_not_belong_there_are_named() {
    for name in ["notes.txt", "1.json", "00000000000000000000.json", "00000000000000000002.json~", ".DS_Store"] {
        let (_store, ledger) = ledger(1).await;
        fs::write(ledger.path().join(name), "x").unwrap();
        assert_eq!(refused(ledger.read(1).await, name), Code::LedgerForeign);
    }
}

#[tokio::test]
async fn an_entry_of_a_newer_form_asks_for_a_newer_version() {
    let (_store, ledger) = ledger(1).await;
    let newer = [r#"{"format": 2, "number": 2, "something": "else"}"#.to_owned(), {
        serde_json::to_string(&Entry { format: FORMAT + 1, ..entry(2, "a") }).unwrap()
    }];
    for text in newer {
        fs::write(file(&ledger, 2), text).unwrap();
        assert_eq!(refused(ledger.read(1).await, "00000000000000000002.json"), Code::TooOld);
    }
}

#[tokio::test]
async fn an_entry_that_is_too_long_is_refused_before_it_is_written() {
    let (_store, ledger) = ledger(0).await;
    let long = Entry { by: "x".repeat(1 << 20), ..entry(1, "a") };
    let Err(Failure::Refused(refusal)) = ledger.append(&long).await else { panic!("written") };
    assert_eq!(refusal.code, Code::InputTooLarge);
    assert_eq!(ledger.read(1).await, Ok(vec![]));
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_ignored_and_swept_up_when_it_is_old() {
    let (store, ledger) = ledger(1).await;
    let pending = ledger.path().join("pending");
    fs::write(pending.join("fresh"), "{\"form").unwrap();
    let stale = fs::File::create(pending.join("stale")).unwrap();
    stale.set_modified(std::time::SystemTime::now() - std::time::Duration::from_hours(2)).unwrap();
    // A crash between link and removal: the same file under both names.
    fs::hard_link(file(&ledger, 1), pending.join("linked")).unwrap();

    assert_eq!(ledger.read(1).await.unwrap().len(), 1);
    assert_eq!(ledger.append(&entry(2, "a")).await, Ok(Append::Written));
    Folder::create(&store.path().join("store"), &project()).await.unwrap();
    assert_eq!(names(&pending), ["fresh", "linked"]);
    assert_eq!(ledger.read(1).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_newest_readable_checkpoint_of_a_version_is_found() {
    let (_store, ledger) = ledger(5).await;
    for number in 1..=5 {
        let state = format!("{{\"folded\":{number}}}");
        ledger.keep(&Checkpoint { number, version: 7, state }).await.unwrap();
    }
    ledger.keep(&Checkpoint { number: 2, version: 17, state: "[]".to_owned() }).await.unwrap();
    let folder = ledger.path().join("checkpoints");
    assert_eq!(names(&folder).len(), 4, "three of version 7, one of 17: {:?}", names(&folder));
    let number = async |version| ledger.checkpoint(version).await.unwrap().map(|checkpoint| checkpoint.number);
    assert_eq!((number(7).await, number(17).await, number(8).await), (Some(5), Some(2), None));

    ledger.keep(&Checkpoint { number: 5, version: 7, state: "{}".to_owned() }).await.unwrap();
    assert_eq!(ledger.checkpoint(7).await.unwrap().unwrap().state, "{\"folded\":5}", "it was there already");

    fs::write(folder.join("00000000000000000005.7.json"), "{\"fol").unwrap();
    assert_eq!(number(7).await, Some(4), "a torn one counts as none");
    assert_eq!(ledger.read(1).await.unwrap().len(), 5);
}

#[test]
#[ignore = "run as a child process by the tests below"]
fn child_appends_one_hundred_entries() {
    let writer = std::env::var(WRITER).unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let ledger = Folder::open(Path::new(&std::env::var(STORE).unwrap()), &project());
        let (mut number, mut won) = (1, 0);
        while won < 100 {
            let entry = Entry { by: writer.clone(), ..entry(number, &format!("{writer}-{won}")) };
            match ledger.append(&entry).await.unwrap() {
                Append::Written => won += 1,
                Append::Taken => number = ledger.read(number).await.unwrap().last().unwrap().number,
            }
            number += 1;
        }
    });
}

#[tokio::test]
async fn of_writers_in_several_processes_exactly_one_wins_each_number() {
    let (store, ledger) = ledger(0).await;
    let child = |writer: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child_appends_one_hundred_entries", "--ignored", "--quiet"]);
        command.env(STORE, store.path().join("store")).env(WRITER, writer).spawn().unwrap()
    };
    let children = ["a", "b", "c"].map(child);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let entries = ledger.read(1).await.unwrap();
    assert_eq!(entries.len(), 300);
    for writer in ["a", "b", "c"] {
        let mine = entries.iter().filter(|entry| entry.by == writer).map(|entry| entry.id.clone());
        assert_eq!(mine.collect::<Vec<_>>(), (0..100).map(|won| format!("{writer}-{won}")).collect::<Vec<_>>());
    }
    assert!(names(&ledger.path().join("pending")).is_empty());
}

#[test]
#[ignore = "run as a child process by the test below"]
fn child_meets_a_full_disk() {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let ledger = Folder::open(Path::new(&std::env::var(STORE).unwrap()), &project());
        let Err(Failure::Fault(fault)) = ledger.append(&entry(2, "a")).await else { panic!("there was room") };
        assert!(!fault.again && fault.message.contains("ulimit"), "{fault}");
        assert_eq!(ledger.read(1).await.unwrap().len(), 1);
    });
}

/// A limit on the size of files stands for the full disk: both cut a write short, and need no rights to set up.
#[tokio::test]
async fn a_disk_that_is_full_tears_no_entry() {
    let (store, ledger) = ledger(1).await;
    let status = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 0; exec \"$0\" --exact child_meets_a_full_disk --ignored --quiet >/dev/null",
        ])
        .arg(std::env::current_exe().unwrap())
        .env(STORE, store.path().join("store"))
        .status()
        .unwrap();
    assert!(status.success());
    assert!(names(&ledger.path().join("pending")).is_empty());
    assert_eq!(ledger.append(&entry(2, "a")).await, Ok(Append::Written));
}
