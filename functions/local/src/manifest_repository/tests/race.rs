//! Several at once, and caches that were left in the middle of something.

use trunkline_core::deployment::{Destination, Unit};
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Standing, Targets as _};

use super::{KUSTOMIZATION, Shop, digest, mark, moved_to, piece};
use crate::manifest_repository::ManifestRepository;

/// Looks and puts until it is done; how often it was told to look again.
async fn insist(targets: ManifestRepository, unit: Unit, number: u64) -> usize {
    for again in 0..200 {
        let seen = targets.look(&unit).await.unwrap().version;
        match targets.put(&unit, &seen, &mark(number)).await {
            Ok(Put::Moved) | Err(Failure::Fault(_)) => {}
            Ok(_) => return again,
            Err(other) => panic!("{other}"),
        }
    }
    panic!("never done")
}

/// Eight workers with caches of their own and two that share one, each with an image of its own in the same file.
#[tokio::test]
async fn whoever_loses_a_race_looks_again_and_nothing_is_lost() {
    race(|_, unit| unit).await;
}

#[tokio::test]
async fn whoever_loses_a_race_for_a_near_repository_looks_again_and_nothing_is_lost() {
    race(|shop, unit| moved_to(shop.bare.path.to_str().unwrap(), unit)).await;
}

async fn race(place: fn(&Shop, Unit) -> Unit) {
    let names: Vec<String> = (0..10).map(|number| format!("app{number}")).collect();
    let image = |name: &String| format!("  - name: shop/{name}\n    newTag: old\n");
    let images = names.iter().map(image).collect::<Vec<_>>().concat();
    let shop = Shop::new(&[("apps/stage/kustomization.yaml", &format!("images:\n{images}"))]);
    let local = tokio::task::LocalSet::new();
    for (number, name) in (0..).zip(&names) {
        let unit = place(&shop, shop.unit_of(vec![piece(name, r#"{"kustomize": "apps/stage"}"#, number)]));
        let mut targets = shop.targets();
        targets.cache = shop.cache.path().join(format!("cache{}", number.min(8)));
        local.spawn_local(insist(targets, unit, u64::from(number)));
    }
    local.await;
    let everything = names.iter().zip(0..).map(|(name, number)| piece(name, r#"{"kustomize": "apps/stage"}"#, number));
    let seen = shop.look(&shop.unit_of(everything.collect())).await;
    for (name, number) in names.iter().zip(0..) {
        assert_eq!(seen.pieces[name.as_str()], Standing::At(digest(number)), "{name}");
    }
    assert_eq!(shop.count(), 11);
    shop.bare.git(&["fsck", "--strict", "--full"]);
}

/// A stalled worker wakes up after another has undone its work.
#[tokio::test]
async fn a_write_on_a_version_from_before_an_undo_does_not_happen() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    let stalled = shop.look(&unit).await.version;
    shop.undo(&unit, 7).await.unwrap();
    assert_eq!(shop.targets().put(&unit, &stalled, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
}

#[tokio::test]
async fn what_a_killed_process_left_in_the_cache_does_no_harm() {
    let shop = Shop::usual();
    shop.put(&shop.unit(1), 7).await;
    let cached = shop.cached();
    for name in ["shallow.lock", "refs/trunkline/heads/main.lock", "refs/trunkline/made.lock"] {
        std::fs::write(cached.join(name), "").unwrap();
    }
    shop.by_hand("elsewhere", &[("README", "y")]);
    assert_eq!(shop.put(&shop.unit(2), 8).await, Put::Done);
    // Killed while it was made.
    std::fs::remove_file(cached.join("HEAD")).unwrap();
    assert_eq!(shop.put(&shop.unit(3), 9).await, Put::Done);
    assert_eq!(shop.look(&shop.unit(3)).await.pieces["api"], Standing::At(digest(3)));
}

/// The server dies after it has taken the push and before it has said so.
#[tokio::test]
async fn a_push_whose_answer_was_lost_is_found_by_looking_again() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    let seen = shop.look(&unit).await.version;
    shop.hook("reference-transaction", "case $1-$(cat) in committed*refs/heads/main*) kill -9 $PPID ;; esac");
    let failure = shop.targets().put(&unit, &seen, &mark(7)).await.unwrap_err();
    assert!(matches!(&failure, Failure::Fault(fault) if fault.again), "{failure:?}");
    assert_eq!(shop.look(&unit).await.pieces["api"], Standing::At(digest(1)));
    assert_eq!(shop.put(&unit, 7).await, Put::Already);
    assert_eq!(shop.count(), 2);
}

/// Nobody listens, and somebody who hangs up at once.
#[tokio::test]
async fn a_repository_that_does_not_answer_may_answer_later() {
    let shop = Shop::usual();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hang_up = std::thread::spawn(move || drop(listener.accept()));
    for url in [format!("git://127.0.0.1:{port}/x"), format!("http://127.0.0.1:{port}/x")] {
        let mut unit = shop.unit(1);
        unit.destination = Destination::Manifests { repository: url, branch: "main".to_owned() };
        let failure = shop.targets().look(&unit).await.unwrap_err();
        assert!(matches!(&failure, Failure::Fault(fault) if fault.again), "{failure:?}");
    }
    hang_up.join().unwrap();
}
