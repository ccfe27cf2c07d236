//! The command target: a command is told all there is to know, by its environment only.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use trunkline_core::deployment::{Bytes, Destination, Mark, Piece, Unit};
use trunkline_core::ids::Name;
use trunkline_core::policy::{Kind, Run, TargetKind};
use trunkline_core::refusal::Code;
use trunkline_local::commands::Shell;
use trunkline_local::run::Runs;
use trunkline_packages::Folder;
use trunkline_ports::artifacts::{Packages, Progress, Watcher};
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Standing, Targets, Version};

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Progress for Seen {
    fn line(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
    fn amount(&self, _done: u64, _total: u64) {}
}

const LINE: &str = "env | sed -n 's/^TRUNKLINE_//p' | sort";

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn bytes(digit: &str) -> Bytes {
    let repository = Some("shop/api".to_owned());
    let digest = format!("sha256:{}", digit.repeat(64)).parse().unwrap();
    Bytes { kind: Kind::Image, digest, repository, tag: Some("v1".parse().unwrap()) }
}

fn unit(line: &str, bytes: Bytes, previous: Option<Bytes>) -> Unit {
    let target = TargetKind::Run(Run { run: line.to_owned() });
    Unit {
        destination: Destination::Run(line.to_owned()),
        environment: name("prod"),
        commit: "a".repeat(40).parse().unwrap(),
        pieces: vec![Piece { artifact: name("api"), target, bytes, previous }],
    }
}

fn mark() -> Mark {
    let (commit, previous) = ("a".repeat(40).parse().unwrap(), Some("b".repeat(40).parse().unwrap()));
    Mark { project: name("shop"), number: 42, environment: name("prod"), commit, previous, shipped: vec![] }
}

/// What a target in a fresh folder does, and the lines that its command wrote.
async fn put(unit: &Unit, undo: bool) -> (Result<Put, Failure>, String) {
    let root = tempfile::tempdir().unwrap();
    let seen = Arc::new(Seen::default());
    let watcher: Watcher = seen.clone();
    let runs = Runs::new(Folder::new(root.path().join("store")), Shell::new(root.path().to_owned()), watcher);
    let sight = runs.look(unit).await.unwrap();
    assert_eq!(sight.pieces[&name("api")], Standing::Unknown);
    let put = if undo {
        runs.undo(unit, &sight.version, &mark()).await
    } else {
        runs.put(unit, &sight.version, &mark()).await
    };
    let lines = seen.0.lock().unwrap().join("\n");
    (put, lines)
}

#[tokio::test]
async fn a_command_is_told_what_to_deploy() {
    let (put, lines) = put(&unit(LINE, bytes("1"), None), false).await;
    assert_eq!(put, Ok(Put::Done));
    assert_snapshot!(lines, @r"
    ARTIFACT=api
    COMMIT=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    DIGEST=sha256:1111111111111111111111111111111111111111111111111111111111111111
    ENVIRONMENT=prod
    LEDGER=project/shop
    NUMBER=42
    PROJECT=shop
    REPOSITORY=shop/api
    TAG=v1
    ");
}

#[tokio::test]
async fn undoing_runs_it_with_what_was_there_before() {
    let (put, lines) = put(&unit(LINE, bytes("1"), Some(bytes("2"))), true).await;
    assert_eq!(put, Ok(Put::Done));
    assert!(lines.contains(&"2".repeat(64)) && lines.contains(&"b".repeat(40)), "{lines}");
}

#[tokio::test]
async fn what_had_nothing_before_cannot_be_taken_back() {
    let (put, lines) = put(&unit(LINE, bytes("1"), None), true).await;
    let Err(Failure::Refused(refusal)) = put else { panic!("{put:?}") };
    assert_eq!((refusal.code, lines.as_str()), (Code::NothingToReturnTo, ""));
}

#[tokio::test]
async fn a_command_that_fails_is_a_refusal_with_its_output() {
    let (put, _) = put(&unit("echo no such cluster; exit 1", bytes("1"), None), false).await;
    let Err(Failure::Refused(refusal)) = put else { panic!("{put:?}") };
    assert_eq!(refusal.code, Code::CommandFailed);
    assert!(refusal.message.contains("no such cluster"));
}

#[tokio::test]
async fn a_package_is_there_as_a_file() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("jar"), "content").unwrap();
    let store = Folder::new(root.path().join("store"));
    let package = store.keep(&name("api"), &root.path().join("jar")).await.unwrap();
    let seen = Arc::new(Seen::default());
    let watcher: Watcher = seen.clone();
    let runs = Runs::new(store, Shell::new(root.path().to_owned()), watcher);
    let bytes = Bytes { kind: Kind::Package, digest: package.digest, repository: None, tag: None };
    let unit = unit("cat \"$TRUNKLINE_PATH\"", bytes, None);
    let version = runs.look(&unit).await.unwrap().version;
    assert_eq!(runs.put(&unit, &version, &mark()).await, Ok(Put::Done));
    assert_eq!(*seen.0.lock().unwrap(), ["content"]);
    assert_eq!(runs.put(&unit, &Version("other".to_owned()), &mark()).await, Ok(Put::Moved));
    assert!(runs.preview(&unit).await.unwrap().starts_with("run `cat"));
}
