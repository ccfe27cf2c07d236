//! Looking at, writing and previewing manifests.

use std::sync::Arc;

use serde_json::json;
use trunkline_contract::deployment::{commit, digest, mark, piece};
use trunkline_contract::fixture::Fixture;
use trunkline_core::deployment::{Destination, Piece, Unit};
use trunkline_core::ids::Commit;
use trunkline_github::manifests::GitHubManifests;
use trunkline_github_stand_in::{Kind, Trouble};
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Standing, Targets as _, Version};

use crate::support::{Stand, said};

/// A kustomization with comments, odd blanks and another image.
pub(crate) const KUSTOMIZATION: &str = "# who owns this: the shop team\nresources:\n  - deployment.yaml\nimages:\n  - name: shop/api   # ours\n    newTag: \"old\"\n  - name: shop/other\n    newTag: '1'\n";

/// A manifest repository on GitHub.
pub(crate) struct Shop {
    pub(crate) stand: Stand,
    pub(crate) fixture: Fixture,
    pub(crate) targets: GitHubManifests,
}

impl Shop {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let stand = Stand::new();
        let fixture = Fixture::new();
        for (path, text) in files {
            fixture.write(path, text);
        }
        fixture.commit("first");
        // GitHub's branch moves without this folder.
        fixture.git(&["checkout", "--quiet", "--detach"]);
        stand.stand_in.add("acme/manifests", &fixture.path);
        let targets = GitHubManifests::new(Arc::clone(&stand.client));
        Self { stand, fixture, targets }
    }

    pub(crate) fn usual() -> Self {
        Self::new(&[("apps/stage/kustomization.yaml", KUSTOMIZATION), ("README", "x")])
    }

    /// What somebody else pushes.
    pub(crate) fn by_hand(&self, subject: &str, files: &[(&str, &str)]) -> Commit {
        self.fixture.git(&["checkout", "--quiet", "--detach", "main"]);
        for (path, text) in files {
            self.fixture.write(path, text);
        }
        let commit = self.fixture.commit(subject);
        self.fixture.git(&["update-ref", "refs/heads/main", commit.as_str()]);
        commit
    }

    /// Looks, then puts on what it saw.
    pub(crate) async fn put(&self, unit: &Unit, number: u64) -> Put {
        let seen = self.targets.look(unit).await.unwrap();
        self.targets.put(unit, &seen.version, &mark(number)).await.unwrap()
    }

    pub(crate) fn file(&self, path: &str) -> String {
        self.fixture.git(&["show", &format!("main:{path}")])
    }

    pub(crate) fn count(&self) -> usize {
        self.fixture.git(&["rev-list", "--count", "main"]).parse().unwrap()
    }
}

/// The api's image in its kustomization.
pub(crate) fn api(number: u8) -> Unit {
    unit_of(vec![piece("api", r#"{"kustomize": "apps/stage"}"#, number)])
}

fn unit_of(pieces: Vec<Piece>) -> Unit {
    let destination = Destination::Manifests { repository: "acme/manifests".to_owned(), branch: "main".to_owned() };
    Unit { destination, environment: "stage".parse().unwrap(), commit: commit(), pieces }
}

#[tokio::test]
async fn an_image_is_written_in_one_commit_that_says_what_it_brings() {
    let shop = Shop::usual();
    let unit = api(1);
    let before = shop.targets.look(&unit).await.unwrap();
    assert_eq!(before.pieces["api"], Standing::Other("shop/api:old".to_owned()));
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(shop.targets.look(&unit).await.unwrap().pieces["api"], Standing::At(digest(1)));
    assert_eq!(shop.count(), 2);
    let written = shop.file("apps/stage/kustomization.yaml");
    assert!(written.starts_with("# who owns this: the shop team\n") && written.contains("newTag: \"tag1\""));
    insta::assert_snapshot!(shop.fixture.git(&["log", "-1", "--format=%B", "main"]), @r"
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
}

#[tokio::test]
async fn looking_and_writing_are_two_requests_for_any_number_of_files() {
    let names: Vec<String> = (0..30).map(|number| format!("app{number}")).collect();
    let texts: Vec<(String, String)> = names
        .iter()
        .map(|name| (format!("apps/{name}/values.yaml"), format!("image:\n  repository: shop/{name}\n  tag: old\n")))
        .collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let shop = Shop::new(&files);
    let target = |name: &String| format!(r#"{{"helm": "apps/{name}/values.yaml", "key": "image"}}"#);
    let unit = unit_of(names.iter().map(|name| piece(name, &target(name), 1)).collect());
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(shop.stand.taken(), ["POST /graphql", "POST /graphql"]);
    assert_eq!(shop.count(), 2);
    assert!(shop.targets.look(&unit).await.unwrap().pieces.values().all(|at| *at == Standing::At(digest(1))));
}

#[tokio::test]
async fn what_stands_there_already_makes_no_commit() {
    let shop = Shop::usual();
    assert_eq!(shop.put(&api(1), 7).await, Put::Done);
    assert_eq!(shop.put(&api(1), 8).await, Put::Already);
    assert_eq!(shop.count(), 2);
    // It stood there when it was looked at, and somebody was quicker since.
    let seen = shop.targets.look(&api(1)).await.unwrap().version;
    shop.by_hand("elsewhere", &[("README", "y")]);
    assert_eq!(shop.targets.put(&api(1), &seen, &mark(8)).await.unwrap(), Put::Moved);
}

#[tokio::test]
async fn nothing_is_written_on_another_version() {
    let shop = Shop::usual();
    let unit = api(1);
    let gone = Version("1".repeat(40));
    assert_eq!(shop.targets.put(&unit, &gone, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.targets.undo(&unit, &gone, &mark(7)).await.unwrap(), Put::Moved);
    // `STALE_DATA`, which comes inside a success.
    let seen = shop.targets.look(&unit).await.unwrap().version;
    let pushed = shop.by_hand("elsewhere", &[("README", "y")]);
    assert_eq!(shop.targets.put(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.fixture.id("main"), pushed);
    assert_eq!(shop.put(&unit, 7).await, Put::Done);
    assert_eq!(shop.file("README"), "y");
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_by_its_trailer() {
    let shop = Shop::usual();
    for (number, kind) in [(1, Kind::CutAfter), (2, Kind::FailAfter)] {
        let unit = api(number);
        let seen = shop.targets.look(&unit).await.unwrap().version;
        shop.stand.stand_in.trouble(Trouble::new("POST", "/graphql", kind));
        assert_eq!(shop.targets.put(&unit, &seen, &mark(number.into())).await.unwrap(), Put::Done);
        assert_eq!(shop.targets.look(&unit).await.unwrap().pieces["api"], Standing::At(digest(number)));
    }
    assert_eq!(shop.count(), 3);
}

#[tokio::test]
async fn a_write_that_did_not_happen_is_a_fault_and_one_that_was_beaten_has_moved() {
    let shop = Shop::usual();
    let unit = api(1);
    for kind in [Kind::Cut, Kind::Status(502), Kind::Errors(json!([{ "message": "Something went wrong" }]))] {
        let seen = shop.targets.look(&unit).await.unwrap().version;
        shop.stand.stand_in.trouble(Trouble::new("POST", "/graphql", kind));
        let failure = shop.targets.put(&unit, &seen, &mark(7)).await.unwrap_err();
        assert!(said(&failure).starts_with("again: GitHub"), "{failure}");
    }
    let seen = shop.targets.look(&unit).await.unwrap().version;
    shop.by_hand("elsewhere", &[("README", "y")]);
    shop.stand.stand_in.trouble(Trouble::new("POST", "/graphql", Kind::Cut));
    assert_eq!(shop.targets.put(&unit, &seen, &mark(7)).await.unwrap(), Put::Moved);
    assert_eq!(shop.count(), 2);
}

#[tokio::test]
async fn a_preview_shows_the_lines_and_changes_nothing() {
    let shop = Shop::usual();
    let diff = shop.targets.preview(&api(1)).await.unwrap();
    assert!(diff.contains("-    newTag: \"old\"\n+    newTag: \"tag1\"\n"), "{diff}");
    assert_eq!(shop.count(), 1);
    shop.put(&api(1), 7).await;
    assert_eq!(shop.targets.preview(&api(1)).await.unwrap(), "");
}

#[tokio::test]
async fn what_is_missing_or_no_file_is_named_with_its_branch() {
    let shop = Shop::usual();
    let none = unit_of(vec![piece("api", r#"{"kustomize": "apps/prod"}"#, 1)]);
    let failure = shop.targets.look(&none).await.unwrap_err();
    let expected = "manifest-missing: there is no kustomization at `apps/prod` on branch `main` of `acme/manifests`";
    assert_eq!(said(&failure), expected);
    shop.by_hand("two", &[("apps/stage/Kustomization", KUSTOMIZATION)]);
    assert!(said(&shop.targets.look(&api(1)).await.unwrap_err()).starts_with("manifest-ambiguous"));
    std::os::unix::fs::symlink("../README", shop.fixture.path.join("apps/link.yaml")).unwrap();
    shop.by_hand("link", &[]);
    let link = unit_of(vec![piece("api", r#"{"manifest": "apps/link.yaml"}"#, 1)]);
    assert!(said(&shop.targets.look(&link).await.unwrap_err()).starts_with("manifest-unreadable"));

    let mut elsewhere = api(1);
    let Destination::Manifests { branch, .. } = &mut elsewhere.destination else { panic!() };
    "release".clone_into(branch);
    let failure = shop.targets.look(&elsewhere).await.unwrap_err();
    assert_eq!(said(&failure), "manifest-missing: `acme/manifests` has no branch `release`");
    let Destination::Manifests { repository, .. } = &mut elsewhere.destination else { panic!() };
    "acme/gone".clone_into(repository);
    assert!(said(&shop.targets.look(&elsewhere).await.unwrap_err()).starts_with("repository-unusable"));
    let Destination::Manifests { repository, .. } = &mut elsewhere.destination else { panic!() };
    "../manifests".clone_into(repository);
    assert!(!GitHubManifests::takes(&elsewhere));
}

#[tokio::test]
async fn a_branch_that_rules_protect_is_a_refusal_with_their_words() {
    let shop = Shop::usual();
    shop.stand.stand_in.protect("acme/manifests", "main", "Changes must be made through a pull request.");
    let seen = shop.targets.look(&api(1)).await.unwrap().version;
    let failure = shop.targets.put(&api(1), &seen, &mark(7)).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)), "{failure}");
    assert!(failure.to_string().contains("through a pull request"), "{failure}");
}

/// Ten workers with a way of their own, each with an image of its own in the same file.
#[tokio::test]
async fn whoever_loses_a_race_looks_again_and_nothing_is_lost() {
    let names: Vec<String> = (0..10).map(|number| format!("app{number}")).collect();
    let image = |name: &String| format!("  - name: shop/{name}\n    newTag: old\n");
    let images = names.iter().map(image).collect::<Vec<_>>().concat();
    let shop = Shop::new(&[("apps/stage/kustomization.yaml", &format!("images:\n{images}"))]);
    let insist = async |number: u8, name: &str| {
        let unit = unit_of(vec![piece(name, r#"{"kustomize": "apps/stage"}"#, number)]);
        let targets = GitHubManifests::new(Arc::clone(&shop.stand.client));
        for _ in 0..100 {
            let seen = targets.look(&unit).await.unwrap().version;
            if targets.put(&unit, &seen, &mark(number.into())).await.unwrap() == Put::Done {
                return;
            }
        }
        panic!("never done")
    };
    let all = (0..).zip(&names).map(|(number, name)| insist(number, name));
    futures_util::future::join_all(all).await;
    let everything = names.iter().zip(0..).map(|(name, number)| piece(name, r#"{"kustomize": "apps/stage"}"#, number));
    let seen = shop.targets.look(&unit_of(everything.collect())).await.unwrap();
    for (name, number) in names.iter().zip(0..) {
        assert_eq!(seen.pieces[name.as_str()], Standing::At(digest(number)), "{name}");
    }
    assert_eq!(shop.count(), 11);
}
