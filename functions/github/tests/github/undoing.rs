//! Undoing what was written.

use trunkline_contract::deployment::{digest, mark};
use trunkline_core::deployment::Unit;
use trunkline_github_stand_in::{Kind, Trouble};
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Standing, Targets as _};

use crate::manifests::{KUSTOMIZATION, Shop, api};
use crate::support::said;

/// Looks, then undoes on what it saw.
async fn undo(shop: &Shop, unit: &Unit, number: u64) -> Result<Put, Failure> {
    let seen = shop.targets.look(unit).await.unwrap();
    shop.targets.undo(unit, &seen.version, &mark(number)).await
}

#[tokio::test]
async fn what_stood_there_before_comes_back_byte_for_byte() {
    let shop = Shop::usual();
    let unit = api(1);
    shop.put(&unit, 7).await;
    assert_eq!(undo(&shop, &unit, 7).await.unwrap(), Put::Done);
    assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
    let trailers = shop.fixture.git(&["log", "-1", "--format=%s %(trailers:key=Trunkline-Undo,valueonly)", "main"]);
    assert_eq!(trailers.trim(), "shop: stage back from cccccccccccc 7");
    assert_eq!(undo(&shop, &unit, 7).await.unwrap(), Put::Already);
    assert_eq!(shop.count(), 3);
}

#[tokio::test]
async fn undoing_what_never_happened_moves_the_version_and_nothing_else() {
    let shop = Shop::usual();
    let unit = api(1);
    let stalled = shop.targets.look(&unit).await.unwrap().version;
    assert_eq!(undo(&shop, &unit, 7).await.unwrap(), Put::Done);
    assert_eq!(shop.fixture.git(&["rev-parse", "main^{tree}"]), shop.fixture.git(&["rev-parse", "main~1^{tree}"]));
    assert_eq!(
        shop.targets.put(&unit, &stalled, &mark(7)).await.unwrap(),
        Put::Moved,
        "a stalled worker writes nothing"
    );
}

#[tokio::test]
async fn what_others_changed_since_stays() {
    let shop = Shop::usual();
    shop.put(&api(1), 7).await;
    shop.put(&api(2), 8).await;
    let touched = shop.file("apps/stage/kustomization.yaml").replace("newTag: '1'", "newTag: '2'") + "\n";
    shop.by_hand("elsewhere", &[("README", "y"), ("apps/stage/kustomization.yaml", &touched)]);
    assert_eq!(undo(&shop, &api(2), 8).await.unwrap(), Put::Done);
    assert_eq!(shop.targets.look(&api(2)).await.unwrap().pieces["api"], Standing::At(digest(1)));
    let text = shop.file("apps/stage/kustomization.yaml");
    assert!(text.contains("newTag: '2'") && text.contains("newTag: \"tag1\""), "{text}");
    assert_eq!(shop.file("README"), "y");
}

#[tokio::test]
async fn an_effect_is_found_behind_many_others_and_another_projects_is_left_alone() {
    let shop = Shop::usual();
    shop.put(&api(1), 7).await;
    let message = shop.fixture.git(&["log", "-1", "--format=%B", "main"]).replace("Project: shop", "Project: other");
    shop.by_hand(&message, &[("README", "y")]);
    shop.fixture.git(&["checkout", "--quiet", "--detach", "main"]);
    for _ in 0..120 {
        shop.fixture.git(&["commit", "--quiet", "--allow-empty", "-m", "more"]);
    }
    shop.fixture.git(&["update-ref", "refs/heads/main", "HEAD"]);
    assert_eq!(undo(&shop, &api(1), 7).await.unwrap(), Put::Done);
    assert_eq!(shop.file("README"), "y");
    assert_eq!(shop.file("apps/stage/kustomization.yaml"), KUSTOMIZATION.trim_end());
}

#[tokio::test]
async fn a_tag_without_a_digest_is_not_guessed_back_into_a_changed_file() {
    let shop = Shop::usual();
    shop.put(&api(1), 7).await;
    let touched = shop.file("apps/stage/kustomization.yaml") + "\n# touched\n";
    shop.by_hand("touched", &[("apps/stage/kustomization.yaml", &touched)]);
    let failure = undo(&shop, &api(1), 7).await.unwrap_err();
    assert!(said(&failure).starts_with("manifest-unmatched: `apps/stage/kustomization.yaml` held"), "{failure}");
}

#[tokio::test]
async fn an_undoing_whose_answer_was_lost_is_known_by_its_trailer() {
    let shop = Shop::usual();
    let unit = api(1);
    shop.put(&unit, 7).await;
    let seen = shop.targets.look(&unit).await.unwrap().version;
    // Finding the effect and reading the files come first.
    shop.stand.stand_in.trouble(Trouble::new("POST", "/graphql", Kind::Slow(std::time::Duration::ZERO)).times(2));
    shop.stand.stand_in.trouble(Trouble::new("POST", "/graphql", Kind::CutAfter));
    assert_eq!(shop.targets.undo(&unit, &seen, &mark(7)).await.unwrap(), Put::Done);
    assert_eq!(shop.count(), 3);
}
