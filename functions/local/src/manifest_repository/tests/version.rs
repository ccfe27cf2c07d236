//! Versions: what a look saw is what a write is made on, however long ago, and nothing else.

use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Standing, Targets as _, Version};

use super::{KUSTOMIZATION, Shop, digest, mark, packs, piece};

#[tokio::test]
async fn a_version_that_moved_is_found_out_by_the_push_alone() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    let seen = shop.look(&unit).await.version;
    let before = packs(&shop.cached(), "promisor");
    let pushed = shop.by_hand("elsewhere", &[("README", "y")]);
    assert_eq!(shop.targets().put(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.bare.id("main"), pushed);
    assert_eq!(packs(&shop.cached(), "promisor"), before, "nothing was fetched");
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(packs(&shop.cached(), "promisor"), before + 1, "the look fetched");
}

#[tokio::test]
async fn a_version_that_another_cache_saw_is_fetched() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    let seen = shop.look(&unit).await.version;
    std::fs::remove_dir_all(shop.cached()).unwrap();
    assert_eq!(shop.targets().put(&unit, &seen, &mark(7)).await.unwrap(), Put::Done);
    assert_eq!(shop.look(&unit).await.pieces["api"], Standing::At(digest(1)));
    std::fs::remove_dir_all(shop.cached()).unwrap();
    assert_eq!(shop.targets().put(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.count(), 2);
}

#[tokio::test]
async fn what_is_no_version_was_moved_from() {
    let shop = Shop::usual();
    let none = Version("none".to_owned());
    assert_eq!(shop.targets().put(&shop.unit(1), &none, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.targets().undo(&shop.unit(1), &none, &mark(7)).await.unwrap(), Put::Moved);
}

/// It stood there when it was looked at, and somebody has put another image there since.
#[tokio::test]
async fn what_stood_there_on_another_version_is_not_there_already() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    shop.put(&unit, 7).await;
    let seen = shop.look(&unit).await.version;
    shop.by_hand("back", &[("apps/stage/kustomization.yaml", KUSTOMIZATION)]);
    assert_eq!(shop.targets().put(&unit, &seen, &mark(8)).await.unwrap(), Put::Moved);
}

#[tokio::test]
async fn what_was_wrong_on_another_version_is_looked_at_again() {
    let shop = Shop::usual();
    let seen = shop.look(&shop.unit(1)).await.version;
    let web = shop.unit_of(vec![piece("web", r#"{"kustomize": "apps/web"}"#, 1)]);
    let failure = shop.targets().put(&web, &seen, &mark(7)).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)), "{failure}");
    shop.by_hand("web", &[("apps/web/kustomization.yaml", "images:\n  - name: shop/web\n    newTag: old\n")]);
    assert_eq!(shop.targets().put(&web, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.put(&web, 7).await, Put::Done);
}

#[tokio::test]
async fn a_branch_that_is_gone_is_not_made_again() {
    let shop = Shop::usual();
    let seen = shop.look(&shop.unit(1)).await.version;
    shop.bare.git(&["update-ref", "-d", "refs/heads/main"]);
    assert_eq!(shop.targets().put(&shop.unit(1), &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.bare.git(&["for-each-ref"]), "");
}

/// A short file that changed comes with the commit that changed it, a long one when it is read.
#[tokio::test]
async fn a_file_that_changed_since_the_last_look_takes_no_connection_of_its_own() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    shop.look(&unit).await;
    let first = packs(&shop.cached(), "promisor");
    shop.by_hand("short", &[("apps/stage/kustomization.yaml", &format!("# a\n{KUSTOMIZATION}"))]);
    shop.look(&unit).await;
    assert_eq!(packs(&shop.cached(), "promisor"), first + 1);
    let long = "# filler\n".repeat(8192);
    shop.by_hand("long", &[("apps/stage/kustomization.yaml", &format!("{long}{KUSTOMIZATION}"))]);
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(packs(&shop.cached(), "promisor"), first + 3);
}

#[tokio::test]
async fn a_cache_in_which_many_packs_gathered_begins_anew() {
    for format in ["sha1", "sha256"] {
        let shop = Shop::of(format, &[("apps/stage/kustomization.yaml", KUSTOMIZATION)]);
        shop.put(&shop.unit(1), 7).await;
        let seen = shop.look(&shop.unit(2)).await.version;
        for number in 0..400 {
            std::fs::write(shop.cached().join(format!("objects/pack/other-{number}")), "").unwrap();
        }
        assert_eq!(shop.targets().put(&shop.unit(2), &seen, &mark(8)).await.unwrap(), Put::Done);
        assert_eq!(packs(&shop.cached(), "pack"), 3, "trees, a file, and what was made");
        assert_eq!(shop.undo(&shop.unit(2), 8).await.unwrap(), Put::Done);
        assert_eq!(shop.look(&shop.unit(1)).await.pieces["api"], Standing::At(digest(1)));
    }
}
