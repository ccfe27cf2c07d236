//! The store of packages: by digest, whole, and checked when opened.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use trunkline_core::ids::Name;
use trunkline_core::refusal::Code;
use trunkline_packages::Folder;
use trunkline_ports::artifacts::{Outcome, Packages, Progress, Watcher};
use trunkline_ports::failure::Failure;

struct Silent;

impl Progress for Silent {
    fn line(&self, _text: &str) {}
    fn amount(&self, _done: u64, _total: u64) {}
}

fn watcher() -> Watcher {
    Arc::new(Silent)
}

fn site() -> Name {
    "site".parse().unwrap()
}

/// A store, and a folder to pack.
fn store() -> (TempDir, Folder, TempDir) {
    let (root, source) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(source.path().join("index.html"), "<p>hello</p>").unwrap();
    let store = Folder::new(root.path().join("packages"));
    (root, store, source)
}

fn files(root: &Path) -> Vec<String> {
    let folder = root.join("packages/site");
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> Code {
    match result {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn the_same_folder_is_one_package() {
    let (root, store, source) = store();
    let package = store.pack(&site(), source.path(), &watcher()).await.unwrap();
    assert_eq!(store.pack(&site(), source.path(), &watcher()).await.unwrap(), package);
    assert_eq!(files(root.path()), [package.digest.hex()]);
    assert_eq!(store.find(&site(), &package.digest).await.unwrap(), Some(package.clone()));
    let path = store.open(&site(), &package.digest).await.unwrap();
    assert_eq!(fs::metadata(path).unwrap().len(), package.size);
}

#[tokio::test]
async fn a_file_is_kept_as_it_is() {
    let (root, store, source) = store();
    let package = store.keep(&site(), &source.path().join("index.html")).await.unwrap();
    let sum = "a5652be1ca864d36d25cfb54a41f384e2de1b3acf7513a925d72ed7258fdc0ae";
    assert_eq!(package.digest.hex(), sum);
    let path = store.open(&site(), &package.digest).await.unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "<p>hello</p>");
    assert_eq!(files(root.path()).len(), 1);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_kept_or_opened() {
    let (_root, store, source) = store();
    assert_eq!(code(store.keep(&site(), &source.path().join("nowhere")).await), Code::InputMissing);
    assert_eq!(code(store.keep(&site(), source.path()).await), Code::InputMissing);
    let digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    assert_eq!(store.find(&site(), &digest).await, Ok(None));
    assert_eq!(code(store.open(&site(), &digest).await), Code::ArtifactMissing);
    assert_eq!(store.erase(&site(), &digest).await, Ok(Outcome::Already));
}

#[tokio::test]
async fn a_package_that_was_changed_is_not_opened_and_is_mended_by_packing_again() {
    let (_root, store, source) = store();
    let package = store.pack(&site(), source.path(), &watcher()).await.unwrap();
    let path = store.open(&site(), &package.digest).await.unwrap();
    fs::write(&path, "something else").unwrap();
    assert_eq!(code(store.open(&site(), &package.digest).await), Code::ArtifactChanged);
    store.pack(&site(), source.path(), &watcher()).await.unwrap();
    assert_eq!(store.open(&site(), &package.digest).await, Ok(path));
}

#[tokio::test]
async fn an_erased_package_is_gone() {
    let (root, store, source) = store();
    let package = store.pack(&site(), source.path(), &watcher()).await.unwrap();
    assert_eq!(store.erase(&site(), &package.digest).await, Ok(Outcome::Changed));
    assert_eq!(store.erase(&site(), &package.digest).await, Ok(Outcome::Already));
    assert!(files(root.path()).is_empty());
}

#[tokio::test]
async fn what_fails_leaves_nothing_behind_and_what_died_is_swept_up() {
    let (root, store, source) = store();
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(code(store.pack(&site(), empty.path(), &watcher()).await), Code::InputMissing);
    assert!(files(root.path()).is_empty());
    let stale = fs::File::create(root.path().join("packages/site/.unfinished-x")).unwrap();
    stale.set_modified(std::time::SystemTime::now() - std::time::Duration::from_hours(48)).unwrap();
    let package = store.pack(&site(), source.path(), &watcher()).await.unwrap();
    assert_eq!(files(root.path()), [package.digest.hex()]);
}
