//! Looking, putting and previewing.

use trunkline_core::deployment::Destination;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Standing, Targets as _};

use super::{KUSTOMIZATION, Shop, digest, gone, mark, piece, said};
use crate::git::fixture::Fixture;

#[tokio::test]
async fn a_deployment_is_one_commit_that_says_what_moved_and_who_shipped_it() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    assert_eq!(shop.look(&unit).await.pieces["api"], Standing::Other("shop/api:old".to_owned()));
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(shop.look(&unit).await.pieces["api"], Standing::At(digest(1)));
    let log = shop.bare.git(&["log", "-1", "--format=%an <%ae>%n%cn%n%B", "main"]);
    insta::assert_snapshot!(log, @r"
    Trunkline <trunkline@localhost>
    Trunkline
    shop: stage to cccccccccccc

    api
      from shop/api:old
        to sha256:0101010101010101010101010101010101010101010101010101010101010101

    Shipped:
    - bbbb Ada: one
    - cccc Bob: Trunkline-Entry: 99 Trunkline-Entry: 98

    Trunkline-Project: shop
    Trunkline-Environment: stage
    Trunkline-Commit: cccccccccccccccccccccccccccccccccccccccc
    Trunkline-Previous: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    Trunkline-Entry: 7
    ");
    assert_eq!(shop.bare.git(&["log", "-1", "--format=%(trailers:key=Trunkline-Entry,valueonly)", "main"]).trim(), "7");
    shop.bare.git(&["fsck", "--strict", "--full"]);
}

#[tokio::test]
async fn every_other_byte_stays() {
    let windows = KUSTOMIZATION.replace('\n', "\r\n");
    let shop = Shop::new(&[("apps/stage/kustomization.yaml", &windows), ("run.sh", "#!/bin/sh\n")]);
    shop.clone.git(&["update-index", "--chmod=+x", "run.sh", "apps/stage/kustomization.yaml"]);
    shop.clone.git(&["commit", "--quiet", "-m", "rights"]);
    shop.clone.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(shop.put(&shop.unit(1), 7).await, Put::Done);
    let changed = shop.bare.git(&["diff", "--raw", "--abbrev=4", "--no-renames", "main~1", "main"]);
    assert!(changed.starts_with(":100755 100755 ") && changed.lines().count() == 1, "{changed}");
    let removed = shop.bare.git(&["diff", "-U0", "main~1", "main"]);
    let removed: Vec<&str> =
        removed.split('\n').filter(|line| line.starts_with('-') && !line.starts_with("---")).collect();
    assert_eq!(removed, ["-    newTag: \"old\"\r"]);
    let line_ends = shop.file("apps/stage/kustomization.yaml");
    assert_eq!(line_ends.matches('\n').count(), line_ends.matches("\r\n").count());
}

#[tokio::test]
async fn the_images_of_a_unit_are_one_commit_even_in_one_file() {
    let shop = Shop::new(&[
        ("apps/stage/kustomization.yml", KUSTOMIZATION),
        ("web.yaml", "image:\n  repository: shop/web\n  tag: old\n  digest: \"\"\n"),
        ("odd $(x) \"q\"\\ é.yaml", "version: none\n"),
    ]);
    let unit = shop.unit_of(vec![
        piece("api", r#"{"kustomize": "apps/stage"}"#, 1),
        piece("other", r#"{"kustomize": "apps/stage"}"#, 2),
        piece("web", r#"{"helm": "web.yaml"}"#, 3),
        piece("note", r#"{"yaml": "odd $(x) \"q\" é.yaml", "path": "version", "value": "{digest}"}"#, 4),
    ]);
    let missing = shop.targets().look(&unit).await.unwrap_err();
    assert!(
        said(&missing).starts_with("manifest-missing: there is no such file at `odd $(x) \"q\" é.yaml`"),
        "{missing}"
    );
    shop.by_hand("name", &[("odd $(x) \"q\" é.yaml", "version: none\n")]);
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(shop.count(), 3);
    let seen = shop.look(&unit).await;
    let digests =
        [("api", 1), ("note", 4), ("other", 2), ("web", 3)].map(|(name, number)| (name, Standing::At(digest(number))));
    assert_eq!(seen.pieces.iter().map(|(name, at)| (name.as_str(), at.clone())).collect::<Vec<_>>(), digests);
    assert_eq!(shop.file("odd $(x) \"q\" é.yaml"), format!("version: {}", digest(4)));
    shop.bare.git(&["fsck", "--strict", "--full"]);
}

#[tokio::test]
async fn what_stands_there_already_makes_no_commit() {
    let shop = Shop::usual();
    assert_eq!(shop.put(&shop.unit(1), 7).await, Put::Done);
    assert_eq!(shop.put(&shop.unit(1), 8).await, Put::Already);
    assert_eq!(shop.count(), 2);
}

#[tokio::test]
async fn nothing_is_written_on_another_version() {
    let shop = Shop::usual();
    let unit = shop.unit(1);
    assert_eq!(shop.targets().put(&unit, &gone(), &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.targets().undo(&unit, &gone(), &mark(7)).await.unwrap(), Put::Moved);
    let seen = shop.look(&unit).await.version;
    let pushed = shop.by_hand("elsewhere", &[("README", "y")]);
    assert_eq!(shop.targets().put(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.bare.id("main"), pushed);
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(shop.file("README"), "y");
}

/// Somebody threw commits away by force: pushing onto the old head would bring them back.
#[tokio::test]
async fn a_branch_that_was_set_back_is_not_brought_forward_again() {
    let shop = Shop::usual();
    // A cache that knows both heads would see nothing wrong in a plain push.
    shop.look(&shop.unit(1)).await;
    shop.by_hand("mistake", &[("README", "y")]);
    let seen = shop.look(&shop.unit(1)).await.version;
    shop.bare.git(&["update-ref", "refs/heads/main", "main~1"]);
    assert_eq!(shop.targets().put(&shop.unit(1), &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.count(), 1);
    assert_eq!(shop.put(&shop.unit(1), 7).await, Put::Done);
    assert_eq!(shop.count(), 2);
}

#[tokio::test]
async fn a_preview_shows_the_lines_and_changes_nothing() {
    let shop = Shop::usual();
    let diff = shop.targets().preview(&shop.unit(1)).await.unwrap();
    insta::assert_snapshot!(diff, @r#"
    --- a/apps/stage/kustomization.yaml
    +++ b/apps/stage/kustomization.yaml
    @@ -3,6 +3,7 @@
       - deployment.yaml
     images:
       - name: shop/api   # ours
    -    newTag: "old"
    +    newTag: "tag1"
    +    digest: "sha256:0101010101010101010101010101010101010101010101010101010101010101"
       - name: shop/other
         newTag: '1'
    "#);
    assert_eq!(shop.count(), 1);
    shop.put(&shop.unit(1), 7).await;
    assert_eq!(shop.targets().preview(&shop.unit(1)).await.unwrap(), "");
}

#[tokio::test]
async fn only_the_files_that_are_edited_are_fetched() {
    let files: Vec<(String, String)> =
        (0..200).map(|number| (format!("f/{number}.yaml"), format!("a: {number}\n"))).collect();
    let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    all.push(("apps/stage/kustomization.yaml", KUSTOMIZATION));
    let shop = Shop::new(&all);
    assert_eq!(shop.put(&shop.unit(1), 7).await, Put::Done);
    let cached = shop.cached();
    let objects = shop.bare.git(&[
        "--git-dir",
        cached.to_str().unwrap(),
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objecttype)",
    ]);
    assert_eq!(objects.lines().filter(|kind| *kind == "blob").count(), 2, "the file before and after");
    assert_eq!(shop.bare.git(&["ls-tree", "-r", "--name-only", "main"]).lines().count(), 201);
}

#[tokio::test]
async fn what_is_missing_is_named_with_its_branch() {
    let shop = Shop::usual();
    let none = shop.unit_of(vec![piece("api", r#"{"kustomize": "apps/prod"}"#, 1)]);
    let failure = shop.targets().look(&none).await.unwrap_err();
    assert!(
        said(&failure).starts_with("manifest-missing: there is no kustomization at `apps/prod` on branch `main` of"),
        "{failure}"
    );
    shop.by_hand("two", &[("apps/stage/Kustomization", KUSTOMIZATION)]);
    assert!(said(&shop.targets().look(&shop.unit(1)).await.unwrap_err()).starts_with("manifest-ambiguous"));

    let mut elsewhere = shop.unit(1);
    let Destination::Manifests { branch, .. } = &mut elsewhere.destination else { panic!() };
    "release".clone_into(branch);
    let failure = shop.targets().look(&elsewhere).await.unwrap_err();
    assert!(said(&failure).contains("has no branch `release`"), "{failure}");
    let Destination::Manifests { repository, .. } = &mut elsewhere.destination else { panic!() };
    "gone".clone_into(repository);
    assert!(said(&shop.targets().look(&elsewhere).await.unwrap_err()).starts_with("repository-unusable"));
}

#[tokio::test]
async fn a_link_in_the_place_of_a_manifest_is_refused() {
    let shop = Shop::usual();
    std::os::unix::fs::symlink("../README", shop.clone.path.join("apps/link.yaml")).unwrap();
    shop.by_hand("link", &[]);
    let unit = shop.unit_of(vec![piece("api", r#"{"manifest": "apps/link.yaml"}"#, 1)]);
    assert!(said(&shop.targets().look(&unit).await.unwrap_err()).starts_with("manifest-unreadable"));
}

#[tokio::test]
async fn a_branch_that_is_checked_out_is_refused_with_what_to_do() {
    let shop = Shop::usual();
    let mut unit = shop.unit(1);
    let path = shop.clone.path.to_str().unwrap().to_owned();
    unit.destination = Destination::Manifests { repository: path, branch: "main".to_owned() };
    let seen = shop.look(&unit).await.version;
    let failure = shop.targets().put(&unit, &seen, &mark(7)).await.unwrap_err();
    let Failure::Refused(refusal) = &failure else { panic!("{failure}") };
    assert_eq!(refusal.code.to_string(), "repository-unusable");
    assert!(refusal.help.as_ref().is_some_and(|help| help.contains("updateInstead")), "{failure}");
    shop.clone.git(&["config", "receive.denyCurrentBranch", "updateInstead"]);
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    let text = std::fs::read_to_string(shop.clone.path.join("apps/stage/kustomization.yaml")).unwrap();
    assert!(text.contains(&digest(1).to_string()));
}

#[tokio::test]
async fn a_hook_that_says_no_is_a_refusal_with_its_words() {
    let shop = Shop::usual();
    shop.hook("pre-receive", "echo 'frozen until monday' >&2; exit 1");
    let seen = shop.look(&shop.unit(1)).await.version;
    let failure = shop.targets().put(&shop.unit(1), &seen, &mark(7)).await.unwrap_err();
    assert!(
        said(&failure).starts_with("repository-unusable") && said(&failure).contains("frozen until monday"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_repository_of_sha256_ids_is_written_too() {
    let shop = Shop::of("sha256", &[("apps/stage/kustomization.yaml", KUSTOMIZATION)]);
    assert_eq!(shop.put(&shop.unit(1), 7).await, Put::Done);
    assert_eq!(shop.undo(&shop.unit(1), 7).await.unwrap(), Put::Done);
    shop.bare.git(&["fsck", "--strict", "--full"]);
}

#[tokio::test]
async fn who_commits_is_who_git_config_says_at_the_root() {
    let shop = Shop::usual();
    let root = Fixture::new();
    root.git(&["config", "user.name", "Release Bot"]);
    root.git(&["config", "user.email", "bot@example.com"]);
    let mut targets = shop.targets();
    targets.root.clone_from(&root.path);
    let unit = shop.unit(1);
    let seen = targets.look(&unit).await.unwrap().version;
    targets.put(&unit, &seen, &mark(7)).await.unwrap();
    assert_eq!(shop.bare.git(&["log", "-1", "--format=%an <%ae>", "main"]), "Release Bot <bot@example.com>");
}
