//! Packages in a bucket.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use trunkline_aws::packages::S3Packages;
use trunkline_core::ids::{Digest, Name};
use trunkline_core::refusal::Code;
use trunkline_packages::Folder;
use trunkline_ports::artifacts::{Outcome, Packages, Progress, Watcher};
use trunkline_ports::failure::Failure;
use trunkline_testbench::proxy::{Proxy, Step};

use crate::stage::{BUCKET, Stage, refused};

struct Silent;

impl Progress for Silent {
    fn line(&self, _text: &str) {}
    fn amount(&self, _done: u64, _total: u64) {}
}

fn site() -> Name {
    "site".parse().unwrap()
}

/// A machine with a cache of its own, which reaches the bucket at `url`.
async fn machine(stage: &Stage, url: &str) -> (TempDir, S3Packages<Folder>) {
    let cache = tempfile::tempdir().unwrap();
    let local = Folder::new(cache.path().join("packages"));
    let packages = S3Packages::new(&stage.place_at(url, "store").await, &"shop".parse().unwrap(), local);
    (cache, packages)
}

/// A file, and its digest.
fn file(folder: &Path, text: &[u8]) -> (std::path::PathBuf, Digest) {
    let path = folder.join("file");
    fs::write(&path, text).unwrap();
    (path, Digest::from_sum(Sha256::digest(text).into()))
}

fn key(digest: &Digest, name: &str) -> String {
    format!("store/packages/shop/site/{}/{name}", digest.hex())
}

#[tokio::test]
async fn what_one_machine_packs_another_opens() {
    let stage = Stage::with_versions().await;
    let url = stage.moto.url();
    let ((_a, one), (_b, other)) = (machine(&stage, &url).await, machine(&stage, &url).await);
    let source = tempfile::tempdir().unwrap();
    fs::write(source.path().join("index.html"), "<p>hello</p>").unwrap();
    let watcher: Watcher = Arc::new(Silent);
    let package = one.pack(&site(), source.path(), &watcher).await.unwrap();
    assert_eq!(other.find(&site(), &package.digest).await, Ok(Some(package.clone())));
    let path = other.open(&site(), &package.digest).await.unwrap();
    assert_eq!(Digest::from_sum(Sha256::digest(fs::read(path).unwrap()).into()), package.digest);
    assert_eq!(stage.versions().await, [key(&package.digest, "manifest.json"), key(&package.digest, "package.zip")]);
}

#[tokio::test]
async fn what_is_there_costs_one_request_to_keep_or_to_find_and_none_to_open_again() {
    let stage = Stage::with_versions().await;
    let proxy = Proxy::before(&stage.moto.host, |_| Step::Pass).await;
    let (cache, packages) = machine(&stage, &proxy.url()).await;
    let (path, digest) = file(cache.path(), b"hello");
    packages.keep(&site(), &path).await.unwrap();
    assert_eq!(proxy.lines().len(), 3, "is it there, the bytes, the manifest");
    packages.keep(&site(), &path).await.unwrap();
    assert_eq!(proxy.lines(), [format!("GET /{BUCKET}/{}", key(&digest, "manifest.json"))]);
    packages.find(&site(), &digest).await.unwrap();
    assert_eq!(proxy.lines().len(), 1);
    packages.open(&site(), &digest).await.unwrap();
    assert!(proxy.lines().is_empty());
}

#[tokio::test]
async fn an_upload_that_broke_off_is_nothing_and_can_be_done_again() {
    let stage = Stage::with_versions().await;
    let mut broken = false;
    let proxy = Proxy::before(&stage.moto.host, move |request| {
        // From the manifest on, the machine is gone.
        broken |= request.line.starts_with("PUT ") && request.line.contains("manifest.json");
        if broken { Step::Cut } else { Step::Pass }
    })
    .await;
    let (cache, dying) = machine(&stage, &proxy.url()).await;
    let (path, digest) = file(cache.path(), b"hello");
    let Err(Failure::Fault(fault)) = dying.keep(&site(), &path).await else { panic!("kept") };
    assert!(fault.again, "{fault}");
    assert_eq!(stage.versions().await, [key(&digest, "package.zip")]);

    let (_cache, packages) = machine(&stage, &stage.moto.url()).await;
    assert_eq!(packages.find(&site(), &digest).await, Ok(None));
    assert_eq!(refused(packages.open(&site(), &digest).await, "site").code, Code::ArtifactMissing);
    packages.keep(&site(), &path).await.unwrap();
    assert!(packages.find(&site(), &digest).await.unwrap().is_some());
}

#[tokio::test]
async fn bytes_that_are_put_over_a_package_are_not_read() {
    let stage = Stage::with_versions().await;
    let (cache, packages) = machine(&stage, &stage.moto.url()).await;
    let (path, digest) = file(cache.path(), b"hello");
    packages.keep(&site(), &path).await.unwrap();
    stage.write(&key(&digest, "package.zip"), "forged").await;
    let (_cache, other) = machine(&stage, &stage.moto.url()).await;
    let opened = other.open(&site(), &digest).await.unwrap();
    assert_eq!(fs::read(opened).unwrap(), b"hello", "the manifest names the version");
}

#[tokio::test]
async fn a_package_that_was_changed_is_refused() {
    let stage = Stage::without_versions().await;
    let (cache, packages) = machine(&stage, &stage.moto.url()).await;
    let (path, digest) = file(cache.path(), b"hello");
    packages.keep(&site(), &path).await.unwrap();
    for forged in ["HELLO", "hello, and more"] {
        stage.write(&key(&digest, "package.zip"), forged).await;
        let (_cache, other) = machine(&stage, &stage.moto.url()).await;
        assert_eq!(refused(other.open(&site(), &digest).await, "package.zip").code, Code::ArtifactChanged);
    }
    stage.write(&key(&digest, "manifest.json"), "{").await;
    assert_eq!(refused(packages.find(&site(), &digest).await, "manifest.json").code, Code::ArtifactChanged);
}

#[tokio::test]
async fn what_is_damaged_on_this_machine_is_fetched_again() {
    let stage = Stage::with_versions().await;
    let (cache, packages) = machine(&stage, &stage.moto.url()).await;
    let (path, digest) = file(cache.path(), b"hello");
    packages.keep(&site(), &path).await.unwrap();
    let local = packages.open(&site(), &digest).await.unwrap();
    fs::write(&local, "rotten").unwrap();
    let opened = packages.open(&site(), &digest).await.unwrap();
    assert_eq!(fs::read(opened).unwrap(), b"hello");
}

#[tokio::test]
async fn erasing_leaves_no_version_but_the_tombstone_and_nothing_takes_its_place() {
    for stage in [Stage::with_versions().await, Stage::without_versions().await] {
        let (cache, packages) = machine(&stage, &stage.moto.url()).await;
        let (path, digest) = file(cache.path(), b"hello");
        assert_eq!(packages.find(&site(), &digest).await, Ok(None));
        packages.keep(&site(), &path).await.unwrap();
        stage.write(&key(&digest, "package.zip"), "another version").await;
        stage.delete(&key(&digest, "package.zip")).await;

        assert_eq!(packages.erase(&site(), &digest).await, Ok(Outcome::Changed));
        assert_eq!(packages.erase(&site(), &digest).await, Ok(Outcome::Already));
        assert_eq!(stage.versions().await, [key(&digest, "manifest.json")]);
        assert_eq!(stage.text(&key(&digest, "manifest.json")).await, "{\n  \"state\": \"erased\"\n}");

        assert_eq!(packages.find(&site(), &digest).await, Ok(None));
        assert_eq!(refused(packages.open(&site(), &digest).await, "erased").code, Code::ArtifactMissing);
        assert_eq!(refused(packages.keep(&site(), &path).await, "erased").code, Code::ArtifactMissing);
        assert_eq!(stage.versions().await.len(), 1);
    }
}

#[tokio::test]
async fn an_upload_that_was_under_way_when_the_package_was_erased_leaves_nothing() {
    let stage = Stage::with_versions().await;
    let (cache, packages) = machine(&stage, &stage.moto.url()).await;
    let (path, digest) = file(cache.path(), b"hello");
    let host = stage.moto.host.clone();
    let tombstone = key(&digest, "manifest.json");
    // Just before the manifest is written, somebody else erases.
    let proxy = Proxy::before(&host.clone(), move |request| {
        if request.line.starts_with("PUT ") && request.line.contains("manifest.json") {
            let body = "{\"state\":\"erased\"}";
            let mut stream = std::net::TcpStream::connect(&host).unwrap();
            let length = body.len();
            let head = format!("PUT /{BUCKET}/{tombstone} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
            write!(stream, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
            std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
        }
        Step::Pass
    })
    .await;
    let (_other, late) = machine(&stage, &proxy.url()).await;
    assert_eq!(refused(late.keep(&site(), &path).await, "erased").code, Code::ArtifactMissing);
    assert_eq!(stage.versions().await, [key(&digest, "manifest.json")]);
    assert_eq!(packages.find(&site(), &digest).await, Ok(None));
}

#[tokio::test]
async fn an_eraser_that_died_is_finished_by_the_next() {
    let stage = Stage::with_versions().await;
    let (cache, packages) = machine(&stage, &stage.moto.url()).await;
    let (path, digest) = file(cache.path(), b"hello");
    packages.keep(&site(), &path).await.unwrap();
    let proxy = Proxy::before(
        &stage.moto.host,
        |request| {
            if request.line.starts_with("POST ") { Step::Cut } else { Step::Pass }
        },
    )
    .await;
    let (_other, dying) = machine(&stage, &proxy.url()).await;
    assert!(matches!(dying.erase(&site(), &digest).await, Err(Failure::Fault(fault)) if fault.again));
    assert_eq!(packages.find(&site(), &digest).await, Ok(None), "it is hidden at once");
    assert_eq!(packages.erase(&site(), &digest).await, Ok(Outcome::Changed));
    assert_eq!(stage.versions().await, [key(&digest, "manifest.json")]);
}

#[tokio::test]
async fn a_download_that_broke_off_leaves_nothing_and_may_be_tried_again() {
    let stage = Stage::with_versions().await;
    let (cache, packages) = machine(&stage, &stage.moto.url()).await;
    let (path, digest) = file(cache.path(), &vec![7; 100_000]);
    packages.keep(&site(), &path).await.unwrap();
    let mut times = 0;
    let proxy = Proxy::before(&stage.moto.host, move |request| {
        times += u32::from(request.line.contains("package.zip"));
        if times == 1 { Step::CutAnswer(50_000) } else { Step::Pass }
    })
    .await;
    let (_other, other) = machine(&stage, &proxy.url()).await;
    let Err(Failure::Fault(fault)) = other.open(&site(), &digest).await else { panic!("opened") };
    assert!(fault.again && fault.message.contains("package.zip"), "{fault}");
    assert_eq!(fs::metadata(other.open(&site(), &digest).await.unwrap()).unwrap().len(), 100_000);
}
