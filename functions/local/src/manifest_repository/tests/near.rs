//! Repositories on this machine: read where they lie when that can be done, fetched from when it cannot.

use std::path::Path;

use trunkline_core::deployment::Unit;
use trunkline_ports::targets::{Put, Standing, Targets as _};

use super::{KUSTOMIZATION, Shop, digest, mark, moved_to, packs, said};
use crate::git::fixture::Fixture;

impl Shop {
    /// The usual unit in the repository at `path`.
    fn unit_at(&self, path: &Path, digest: u8) -> Unit {
        moved_to(path.to_str().unwrap(), self.unit(digest))
    }

    /// Puts an image into the repository at `path`; whether anything was fetched for it.
    async fn fetches(&self, path: &Path, number: u8) -> bool {
        let unit = self.unit_at(path, number);
        assert_eq!(self.put(&unit, number.into()).await, Put::Done, "{}", path.display());
        assert_eq!(self.look(&unit).await.pieces["api"], Standing::At(digest(number)));
        let fetched = packs(&self.cached(), "promisor") > 0;
        std::fs::remove_dir_all(self.cached()).unwrap();
        fetched
    }
}

#[tokio::test]
async fn a_repository_on_this_machine_is_not_fetched_from() {
    let shop = Shop::usual();
    assert!(!shop.fetches(&shop.bare.path, 1).await);
    assert!(!shop.fetches(Path::new(&format!("file://{}", shop.bare.path.display())), 2).await);
    shop.bare.git(&["pack-refs", "--all"]);
    shop.bare.git(&["gc", "--quiet"]);
    assert!(!shop.fetches(&shop.bare.path, 3).await);
    shop.clone.git(&["config", "receive.denyCurrentBranch", "updateInstead"]);
    assert!(!shop.fetches(&shop.clone.path, 4).await);
    assert_eq!(shop.count(), 4);
    shop.bare.git(&["fsck", "--strict", "--full"]);
}

#[tokio::test]
async fn a_repository_that_only_git_can_open_is_fetched_from() {
    let shop = Shop::usual();
    shop.by_hand("second", &[("README", "y")]);
    let url = format!("file://{}", shop.bare.path.display());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let clone = |name: &str, how: &[&str]| {
        shop.bare.git(&[&["clone", "--quiet", "--bare"], how, &[&url, at(name).to_str().unwrap()]].concat());
    };
    clone("shallow", &["--depth=1"]);
    clone("borrowing", &["--reference", shop.bare.path.to_str().unwrap()]);
    clone("alias", &[]);
    let alias = at("alias");
    shop.bare.git(&["--git-dir", alias.to_str().unwrap(), "branch", "--quiet", "-m", "main", "trunk"]);
    shop.bare.git(&["--git-dir", alias.to_str().unwrap(), "symbolic-ref", "refs/heads/main", "refs/heads/trunk"]);
    for (name, number) in ["shallow", "borrowing", "alias"].into_iter().zip(1..) {
        assert!(shop.fetches(&at(name), number).await, "{name}");
    }
    assert!(shop.fetches(shop.far.path(), 9).await);
}

#[tokio::test]
async fn a_near_branch_that_moved_was_set_back_or_is_gone_is_not_written() {
    let shop = Shop::usual();
    shop.by_hand("mistake", &[("README", "y")]);
    let unit = shop.unit_at(&shop.bare.path, 1);
    let seen = shop.look(&unit).await.version;
    shop.bare.git(&["update-ref", "refs/heads/main", "main~1"]);
    assert_eq!(shop.targets().put(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    shop.by_hand("elsewhere", &[("README", "z")]);
    assert_eq!(shop.targets().put(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.targets().undo(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.count(), 2);
    shop.bare.git(&["update-ref", "-d", "refs/heads/main"]);
    let failure = shop.targets().put(&unit, &seen, &mark(7)).await.unwrap_err();
    assert!(said(&failure).contains("has no branch `main`"), "{failure}");
    assert_eq!(shop.bare.git(&["for-each-ref"]), "");
}

#[tokio::test]
async fn an_effect_in_a_near_repository_is_found_behind_others_and_undone() {
    for format in ["sha1", "sha256"] {
        let shop = Shop::of(format, &[("apps/stage/kustomization.yaml", KUSTOMIZATION)]);
        let unit = shop.unit_at(&shop.bare.path, 1);
        assert_eq!(shop.put(&unit, 7).await, Put::Done);
        for number in 0..3 {
            shop.by_hand("elsewhere", &[("README", &number.to_string())]);
        }
        assert_eq!(shop.undo(&unit, 7).await.unwrap(), Put::Done);
        assert_eq!(shop.undo(&unit, 7).await.unwrap(), Put::Already);
        assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
        assert_eq!(packs(&shop.cached(), "promisor"), 0);
        shop.bare.git(&["fsck", "--strict", "--full"]);
    }
}

/// Commits that were pushed are in the repository; those that were not are of no use.
#[tokio::test]
async fn a_cache_of_a_near_repository_begins_anew_instead_of_growing() {
    let shop = Shop::usual();
    shop.put(&shop.unit_at(&shop.bare.path, 1), 7).await;
    for number in 0..400 {
        std::fs::write(shop.cached().join(format!("objects/pack/other-{number}")), "").unwrap();
    }
    assert_eq!(shop.put(&shop.unit_at(&shop.bare.path, 2), 8).await, Put::Done);
    assert_eq!(packs(&shop.cached(), "pack"), 1);
}

/// The same address, at first fetched from and then read where it lies, with ids of another kind.
#[tokio::test]
async fn a_repository_that_becomes_another_is_read_as_what_it_is() {
    let shop = Shop::usual();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("manifests");
    shop.bare.git(&[
        "clone",
        "--quiet",
        "--bare",
        "--depth=1",
        &format!("file://{}", shop.bare.path.display()),
        path.to_str().unwrap(),
    ]);
    let unit = shop.unit_at(&path, 1);
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    std::fs::remove_dir_all(&path).unwrap();
    let other = Fixture::init(&["--object-format=sha256"]);
    other.write("apps/stage/kustomization.yaml", KUSTOMIZATION);
    other.commit("first");
    other.git(&["clone", "--quiet", "--bare", other.path.to_str().unwrap(), path.to_str().unwrap()]);
    assert_eq!(shop.put(&unit, 8).await, Put::Done);
    assert_eq!(shop.look(&unit).await.pieces["api"], Standing::At(digest(1)));
}
