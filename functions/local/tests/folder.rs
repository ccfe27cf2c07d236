//! The folder target: switched in one step, taken back exactly, never over what is not ours, wherever a process dies.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use insta::assert_snapshot;
use tempfile::TempDir;
use trunkline_core::deployment::{Bytes, Destination, Mark, Piece, Unit};
use trunkline_core::ids::{Digest, Name};
use trunkline_core::policy::{Folder, Kind, TargetKind};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_local::folder::Folders;
use trunkline_packages::Folder as Store;
use trunkline_ports::artifacts::{Packages, Progress, Watcher};
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Standing, Targets, Version};

struct Silent;

impl Progress for Silent {
    fn line(&self, _text: &str) {}
    fn amount(&self, _done: u64, _total: u64) {}
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A place to deploy to, and a store of packages.
struct Machine {
    root: TempDir,
    store: Store,
    folders: Folders<Store>,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path().join("store"));
        let folders = Folders::new(root.path().to_owned(), store.clone(), trunkline_packages::unpack);
        Self { root, store, folders }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Packs a site whose page says `text`.
    async fn site(&self, text: &str) -> Digest {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("assets")).unwrap();
        fs::write(folder.path().join("index.html"), text).unwrap();
        fs::write(folder.path().join("assets/style.css"), "p {}").unwrap();
        let watcher: Watcher = Arc::new(Silent);
        self.store.pack(&name("site"), folder.path(), &watcher).await.unwrap().digest
    }

    async fn version(&self, unit: &Unit) -> Version {
        self.folders.look(unit).await.unwrap().version
    }

    /// What stands at the place of the first piece.
    async fn standing(&self, unit: &Unit) -> Standing {
        self.folders.look(unit).await.unwrap().pieces[&unit.pieces[0].artifact].clone()
    }

    /// Deploys on the version that is there now.
    async fn put(&self, unit: &Unit, number: u64) -> Result<Put, Failure> {
        self.folders.put(unit, &self.version(unit).await, &mark(number)).await
    }

    async fn undo(&self, unit: &Unit, number: u64) -> Result<Put, Failure> {
        self.folders.undo(unit, &self.version(unit).await, &mark(number)).await
    }

    fn page(&self) -> Option<String> {
        fs::read_to_string(self.path("web/shop/index.html")).ok()
    }

    fn releases(&self) -> Vec<String> {
        let hidden = self.path("web/.shop.releases");
        let names = fs::read_dir(hidden).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.contains('-') && !name.contains('.')).collect();
        names.sort_by_key(|name| name.split_once('-').unwrap().1.to_owned());
        names
    }
}

fn unit(pieces: &[(&str, &Digest)]) -> Unit {
    let target = TargetKind::Folder(Folder { folder: "web/shop".to_owned() });
    let piece = |(artifact, digest): &(&str, &Digest)| Piece {
        artifact: name(artifact),
        target: target.clone(),
        bytes: Bytes { kind: Kind::Package, digest: (*digest).clone(), repository: None, tag: None },
        previous: None,
    };
    Unit {
        destination: Destination::Folder("web/shop".to_owned()),
        environment: name("stage"),
        commit: "a".repeat(40).parse().unwrap(),
        pieces: pieces.iter().map(piece).collect(),
    }
}

fn mark(number: u64) -> Mark {
    let commit = "a".repeat(40).parse().unwrap();
    Mark { project: name("shop"), number, environment: name("stage"), commit, previous: None, shipped: vec![] }
}

#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, Failure>) -> Refusal {
    match result {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn looking_makes_nothing() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    assert_eq!(machine.standing(&unit(&[("site", &digest)])).await, Standing::Nothing);
    assert!(!machine.path("web").exists());
}

#[tokio::test]
async fn a_deployment_is_switched_to_and_the_one_before_is_kept() {
    let machine = Machine::new();
    for (number, text) in [(1, "one"), (2, "two"), (3, "three")] {
        let digest = machine.site(text).await;
        let unit = unit(&[("site", &digest)]);
        assert_eq!(machine.put(&unit, number).await, Ok(Put::Done));
        assert_eq!((machine.page().as_deref(), machine.standing(&unit).await), (Some(text), Standing::At(digest)));
    }
    let numbers: Vec<String> =
        machine.releases().iter().map(|name| name.split_once('-').unwrap().1.to_owned()).collect();
    assert_eq!(numbers, ["2", "3"]);
    assert!(fs::symlink_metadata(machine.path("web/shop")).unwrap().is_symlink());
    assert!(!fs::read_link(machine.path("web/shop")).unwrap().is_absolute(), "so that the folder above can be moved");
}

#[tokio::test]
async fn the_same_deployment_again_changes_nothing() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    let unit = unit(&[("site", &digest)]);
    assert_eq!(machine.put(&unit, 1).await, Ok(Put::Done));
    let version = machine.version(&unit).await;
    assert_eq!(machine.put(&unit, 1).await, Ok(Put::Already));
    assert_eq!(machine.version(&unit).await, version);
}

#[tokio::test]
async fn every_deployment_moves_the_version_even_with_equal_bytes() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    let unit = unit(&[("site", &digest)]);
    machine.put(&unit, 1).await.unwrap();
    let version = machine.version(&unit).await;
    assert_eq!(machine.put(&unit, 2).await, Ok(Put::Done));
    assert_ne!(machine.version(&unit).await, version);
    assert_eq!(machine.folders.put(&unit, &version, &mark(3)).await, Ok(Put::Moved));
}

#[tokio::test]
async fn a_worker_that_stalled_cannot_move_it_back() {
    let machine = Machine::new();
    let (one, two) = (machine.site("one").await, machine.site("two").await);
    let stalled = machine.version(&unit(&[("site", &one)])).await;
    machine.put(&unit(&[("site", &two)]), 2).await.unwrap();
    assert_eq!(machine.folders.put(&unit(&[("site", &one)]), &stalled, &mark(1)).await, Ok(Put::Moved));
    assert_eq!(machine.folders.undo(&unit(&[("site", &one)]), &stalled, &mark(1)).await, Ok(Put::Moved));
    assert_eq!(machine.page().as_deref(), Some("two"));
}

#[tokio::test]
async fn undoing_puts_back_what_stood_before() {
    let machine = Machine::new();
    let (one, two) = (machine.site("one").await, machine.site("two").await);
    machine.put(&unit(&[("site", &one)]), 1).await.unwrap();
    machine.put(&unit(&[("site", &two)]), 2).await.unwrap();
    let unit = unit(&[("site", &two)]);
    for _ in 0..2 {
        let version = machine.version(&unit).await;
        assert_eq!(
            machine.undo(&unit, 2).await,
            Ok(Put::Done),
            "the second time as well, for a worker that takes over"
        );
        assert_ne!(machine.version(&unit).await, version);
        assert_eq!(
            (machine.page().as_deref(), machine.standing(&unit).await),
            (Some("one"), Standing::At(one.clone()))
        );
    }
    assert_eq!(machine.put(&unit, 2).await, Ok(Put::Done), "what was undone is not there already");
    assert_eq!(machine.page().as_deref(), Some("two"));
    assert_eq!(machine.undo(&unit, 2).await, Ok(Put::Done));
    assert_eq!(machine.page().as_deref(), Some("one"));
}

#[tokio::test]
async fn undoing_the_first_deployment_leaves_nothing() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    let unit = unit(&[("site", &digest)]);
    machine.put(&unit, 1).await.unwrap();
    assert_eq!(machine.undo(&unit, 1).await, Ok(Put::Done));
    assert!(fs::symlink_metadata(machine.path("web/shop")).is_err());
    assert_eq!(machine.standing(&unit).await, Standing::Nothing);
}

#[tokio::test]
async fn undoing_what_never_happened_keeps_what_stands_and_shuts_out_who_stalled() {
    let machine = Machine::new();
    let (one, two) = (machine.site("one").await, machine.site("two").await);
    for before in [None, Some(&one)] {
        if let Some(one) = before {
            machine.put(&unit(&[("site", one)]), 1).await.unwrap();
        }
        let (unit, page) = (unit(&[("site", &two)]), machine.page());
        let stalled = machine.version(&unit).await;
        assert_eq!(machine.undo(&unit, 7).await, Ok(Put::Done));
        assert_eq!(machine.folders.put(&unit, &stalled, &mark(7)).await, Ok(Put::Moved));
        assert_eq!(machine.page(), page);
    }
}

/// The order is: release, record, link. Each state in between is made by hand.
#[tokio::test]
async fn a_process_that_dies_between_record_and_link_is_taken_over() {
    let machine = Machine::new();
    let (one, two) = (machine.site("one").await, machine.site("two").await);
    machine.put(&unit(&[("site", &one)]), 1).await.unwrap();
    let link = fs::read_link(machine.path("web/shop")).unwrap();
    let unit = unit(&[("site", &two)]);
    machine.put(&unit, 2).await.unwrap();
    let dies_before_the_link_moves = || {
        fs::remove_file(machine.path("web/shop")).unwrap();
        symlink(&link, machine.path("web/shop")).unwrap();
    };

    dies_before_the_link_moves();
    assert_eq!(machine.standing(&unit).await, Standing::At(one.clone()));
    assert_eq!(machine.put(&unit, 2).await, Ok(Put::Done));
    assert_eq!(machine.page().as_deref(), Some("two"));

    dies_before_the_link_moves();
    assert_eq!(machine.undo(&unit, 2).await, Ok(Put::Done));
    assert_eq!((machine.page().as_deref(), machine.standing(&unit).await), (Some("one"), Standing::At(one)));
}

#[tokio::test]
async fn what_dead_processes_left_is_swept_up_and_what_living_ones_make_is_not() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    machine.put(&unit(&[("site", &digest)]), 1).await.unwrap();
    let hidden = machine.path("web/.shop.releases");
    for dead in ["unpacking-1", "unpacking-2", "unpacking-3"] {
        fs::create_dir_all(hidden.join(dead).join("half")).unwrap();
    }
    fs::write(hidden.join("unpacking-2.alive"), "").unwrap();
    let alive = fs::File::create(hidden.join("unpacking-3.alive")).unwrap();
    alive.lock().unwrap();
    fs::write(hidden.join("writing-1"), "{").unwrap();
    symlink("x", hidden.join("link-1")).unwrap();

    machine.put(&unit(&[("site", &digest)]), 2).await.unwrap();
    let left = fs::read_dir(&hidden).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut left: Vec<String> = left.filter(|name| !name.starts_with(&digest.hex()[..12])).collect();
    left.sort();
    assert_eq!(left, ["current.json", "lock", "unpacking-3", "unpacking-3.alive"]);
}

#[tokio::test]
async fn what_is_not_ours_is_seen_and_never_touched() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    let unit = unit(&[("site", &digest)]);
    fs::create_dir_all(machine.path("web/shop")).unwrap();
    fs::write(machine.path("web/shop/precious"), "mine").unwrap();
    assert_eq!(machine.standing(&unit).await, Standing::Other("a folder".to_owned()));
    for refused in [refusal(machine.put(&unit, 1).await), refusal(machine.undo(&unit, 1).await)] {
        assert_eq!(refused.code, Code::Drifted);
        assert!(refused.to_string().contains("move it away"), "{refused}");
    }
    assert_eq!(fs::read_to_string(machine.path("web/shop/precious")).unwrap(), "mine");

    fs::remove_dir_all(machine.path("web/shop")).unwrap();
    symlink("/srv/elsewhere", machine.path("web/shop")).unwrap();
    assert_eq!(machine.standing(&unit).await, Standing::Other("a link to `/srv/elsewhere`".to_owned()));
    assert_eq!(refusal(machine.put(&unit, 1).await).code, Code::Drifted);
    assert_eq!(fs::read_link(machine.path("web/shop")).unwrap(), Path::new("/srv/elsewhere"));
}

#[tokio::test]
async fn a_link_that_a_person_removed_is_drift_and_is_deployed_again() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    let unit = unit(&[("site", &digest)]);
    machine.put(&unit, 1).await.unwrap();
    let version = machine.version(&unit).await;
    fs::remove_file(machine.path("web/shop")).unwrap();
    assert_eq!(machine.standing(&unit).await, Standing::Nothing);
    assert_ne!(machine.version(&unit).await, version);
    assert_eq!(machine.put(&unit, 1).await, Ok(Put::Done));
    assert_eq!(machine.page().as_deref(), Some("one"));
}

#[tokio::test]
async fn a_release_that_is_gone_is_no_place_to_return_to() {
    let machine = Machine::new();
    let (one, two) = (machine.site("one").await, machine.site("two").await);
    machine.put(&unit(&[("site", &one)]), 1).await.unwrap();
    machine.put(&unit(&[("site", &two)]), 2).await.unwrap();
    fs::remove_dir_all(machine.path("web/.shop.releases").join(&machine.releases()[0])).unwrap();
    assert_eq!(refusal(machine.undo(&unit(&[("site", &two)]), 2).await).code, Code::NothingToReturnTo);
    assert_eq!(machine.page().as_deref(), Some("two"));
}

#[tokio::test]
async fn another_environment_is_not_overwritten() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    let stage = unit(&[("site", &digest)]);
    machine.put(&stage, 1).await.unwrap();
    let prod = Unit { environment: name("prod"), ..stage.clone() };
    let version = machine.version(&prod).await;
    let mark = Mark { environment: name("prod"), ..mark(2) };
    assert_eq!(refusal(machine.folders.put(&prod, &version, &mark).await).code, Code::Drifted);
    assert!(matches!(machine.standing(&prod).await, Standing::Other(_)));
}

#[tokio::test]
async fn several_artifacts_share_a_folder_unless_they_collide() {
    let machine = Machine::new();
    let site = machine.site("one").await;
    fs::write(machine.path("tool"), "#!/bin/sh\n").unwrap();
    let tool = machine.store.keep(&name("tool"), &machine.path("tool")).await.unwrap().digest;
    let both = unit(&[("site", &site), ("tool", &tool)]);
    assert_eq!(machine.put(&both, 1).await, Ok(Put::Done));
    let sight = machine.folders.look(&both).await.unwrap();
    assert_eq!(sight.pieces, BTreeMap::from([(name("site"), Standing::At(site)), (name("tool"), Standing::At(tool))]));
    assert_eq!(fs::read_to_string(machine.path("web/shop/tool")).unwrap(), "#!/bin/sh\n", "a file is placed as it is");

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "other").unwrap();
    let watcher: Watcher = Arc::new(Silent);
    let other = machine.store.pack(&name("blog"), folder.path(), &watcher).await.unwrap().digest;
    let again = machine.site("two").await;
    assert_eq!(refusal(machine.put(&unit(&[("blog", &other), ("site", &again)]), 2).await).code, Code::PathEscapes);
    assert_eq!(machine.page().as_deref(), Some("one"));
    assert_eq!(machine.releases().len(), 1, "nothing half unpacked stays");
}

#[tokio::test]
async fn a_package_that_is_gone_is_refused_before_anything_moves() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    machine.store.erase(&name("site"), &digest).await.unwrap();
    assert_eq!(refusal(machine.put(&unit(&[("site", &digest)]), 1).await).code, Code::ArtifactMissing);
    assert!(!machine.path("web").exists());
}

#[tokio::test]
async fn of_many_that_deploy_at_once_on_one_version_one_does() {
    let machine = Machine::new();
    let mut units = Vec::new();
    for number in 1..=8 {
        units.push((number, unit(&[("site", &machine.site(&format!("page {number}")).await)])));
    }
    let version = machine.version(&units[0].1).await;
    let mut tasks = tokio::task::JoinSet::new();
    for (number, unit) in units {
        let (folders, version) = (machine.folders.clone(), version.clone());
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        tasks.spawn_blocking(move || runtime().block_on(folders.put(&unit, &version, &mark(number))).unwrap());
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Put::Done).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Put::Moved).count(), 7, "{outcomes:?}");
    assert!(machine.page().unwrap().starts_with("page "));
}

#[tokio::test]
async fn a_preview_says_from_what_to_what_and_nothing_when_nothing_changes() {
    let machine = Machine::new();
    let digest = machine.site("one").await;
    let unit = unit(&[("site", &digest)]);
    let root = machine.root.path().display().to_string();
    let preview =
        machine.folders.preview(&unit).await.unwrap().replace(&root, "ROOT").replace(digest.as_str(), "DIGEST");
    assert_snapshot!(preview, @"ROOT/web/shop: site nothing → DIGEST");
    machine.put(&unit, 1).await.unwrap();
    assert_eq!(machine.folders.preview(&unit).await.unwrap(), "");
}
