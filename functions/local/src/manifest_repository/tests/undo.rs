//! Undoing.

use trunkline_ports::targets::{Put, Standing};

use super::{KUSTOMIZATION, Shop, digest, said};

#[tokio::test]
async fn what_stood_there_before_comes_back_byte_for_byte() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    shop.put(&unit, 7).await;
    assert_eq!(shop.undo(&unit, 7).await.unwrap(), Put::Done);
    assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
    let trailers = shop.bare.git(&["log", "-1", "--format=%s %(trailers:key=Trunkline-Undo,valueonly)", "main"]);
    assert_eq!(trailers.trim(), "shop: stage back from cccccccccccc 7");
    shop.bare.git(&["fsck", "--strict", "--full"]);
}

#[tokio::test]
async fn undoing_again_changes_nothing() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    shop.put(&unit, 7).await;
    shop.undo(&unit, 7).await.unwrap();
    assert_eq!(shop.undo(&unit, 7).await.unwrap(), Put::Already);
    assert_eq!(shop.count(), 3);
}

#[tokio::test]
async fn undoing_what_never_happened_moves_the_version_and_nothing_else() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    let seen = shop.look(&unit).await;
    assert_eq!(shop.undo(&unit, 7).await.unwrap(), Put::Done);
    let after = shop.look(&unit).await;
    assert_ne!(seen.version, after.version);
    assert_eq!(shop.bare.git(&["rev-parse", "main^{tree}"]), shop.bare.git(&["rev-parse", "main~1^{tree}"]));
    assert_eq!(shop.bare.git(&["rev-list", "--count", "main"]), "2");
}

#[tokio::test]
async fn what_others_changed_since_stays() {
    let shop = Shop::usual();
    shop.put(&shop.unit(1), 7).await;
    shop.put(&shop.unit(2), 8).await;
    let touched = shop.file("apps/stage/kustomization.yaml").replace("newTag: '1'", "newTag: '2'") + "\n";
    shop.by_hand("elsewhere", &[("README", "y"), ("apps/stage/kustomization.yaml", &touched)]);
    assert_eq!(shop.undo(&shop.unit(2), 8).await.unwrap(), Put::Done);
    assert_eq!(shop.look(&shop.unit(2)).await.pieces["api"], Standing::At(digest(1)));
    let text = shop.file("apps/stage/kustomization.yaml");
    assert!(text.contains("newTag: '2'") && text.contains("newTag: \"tag1\""), "{text}");
    assert_eq!(shop.file("README"), "y");
}

#[tokio::test]
async fn a_tag_without_a_digest_is_not_guessed_back_into_a_changed_file() {
    let shop = Shop::usual();
    shop.put(&shop.unit(1), 7).await;
    let touched = shop.file("apps/stage/kustomization.yaml") + "\n# touched\n";
    shop.by_hand("touched", &[("apps/stage/kustomization.yaml", &touched)]);
    let failure = shop.undo(&shop.unit(1), 7).await.unwrap_err();
    assert!(said(&failure).starts_with("manifest-unmatched: `apps/stage/kustomization.yaml` held"), "{failure}");
}

#[tokio::test]
async fn an_effect_of_another_project_with_the_same_number_is_left_alone() {
    let shop = Shop::usual();
    shop.put(&shop.unit(1), 7).await;
    let message = shop.bare.git(&["log", "-1", "--format=%B", "main"]).replace("Project: shop", "Project: other");
    shop.by_hand(&message, &[("README", "y")]);
    assert_eq!(shop.undo(&shop.unit(1), 7).await.unwrap(), Put::Done);
    assert_eq!(shop.file("README"), "y");
    assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
}

/// A cache that holds only the newest commit learns as much as it needs.
#[tokio::test]
async fn an_effect_is_found_behind_others_with_an_empty_cache() {
    let shop = Shop::usual();
    shop.put(&shop.unit(1), 7).await;
    for number in 0..120 {
        shop.clone.git(&["fetch", "--quiet", "origin"]);
        if number == 0 {
            shop.clone.git(&["reset", "--quiet", "--hard", "origin/main"]);
        }
        shop.clone.git(&["commit", "--quiet", "--allow-empty", "-m", "more"]);
    }
    shop.clone.git(&["push", "--quiet", "origin", "main"]);
    std::fs::remove_dir_all(shop.cached()).unwrap();
    assert_eq!(shop.undo(&shop.unit(1), 7).await.unwrap(), Put::Done);
    assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
}

#[tokio::test]
async fn what_was_deployed_again_after_an_undo_can_be_undone_again() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    shop.put(&unit, 7).await;
    shop.undo(&unit, 7).await.unwrap();
    shop.put(&unit, 7).await;
    assert_eq!(shop.undo(&unit, 7).await.unwrap(), Put::Done);
    assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
}
