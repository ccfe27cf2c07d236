//! What goes wrong on the way, and on GitHub's side.

use std::time::Duration;

use serde_json::json;
use trunkline_github::access::{Access, Token};
use trunkline_github::client::Client;
use trunkline_github_stand_in::{Kind, TOKEN, Trouble};
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::Repository as _;

use crate::support::{PATIENCE, Stand, ask, said, shop};

fn trouble(kind: Kind) -> Trouble {
    Trouble::new("POST", "/graphql", kind)
}

#[tokio::test]
async fn what_may_be_repeated_is_asked_again() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    let repository = stand.open(&fixture);
    for kind in [Kind::Status(502), Kind::Status(500), Kind::Cut, Kind::CutAfter] {
        stand.stand_in.trouble(trouble(kind.clone()).times(2));
        assert!(repository.look(&ask()).await.is_ok(), "{kind:?}");
    }
}

#[tokio::test]
async fn what_goes_on_failing_is_given_up_and_may_be_tried_again_later() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    let repository = stand.open(&fixture);
    for kind in [Kind::Status(503), Kind::Cut] {
        stand.stand_in.trouble(trouble(kind.clone()).times(3));
        stand.taken();
        let failure = repository.look(&ask()).await.unwrap_err();
        assert!(said(&failure).starts_with("again: GitHub"), "{kind:?}: {failure}");
        assert_eq!(stand.taken().len(), 3);
    }
    let gone = Client::new(Some("http://127.0.0.1:9"), Access::Token(Token::new(TOKEN)), PATIENCE).unwrap();
    let repository =
        trunkline_github::repository::GitHubRepository::new(gone.into(), crate::support::name("acme/shop"));
    let failure = repository.look(&ask()).await.unwrap_err();
    assert!(said(&failure).starts_with("again: GitHub cannot be reached"), "{failure}");
}

#[tokio::test]
async fn an_answer_that_takes_its_time_is_waited_for() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    stand.stand_in.trouble(trouble(Kind::Slow(Duration::from_millis(50))));
    assert!(stand.open(&fixture).look(&ask()).await.is_ok());
}

#[tokio::test]
async fn a_limit_that_is_used_up_says_when_to_try_again_and_nothing_is_sent_until_then() {
    for (kind, seconds) in [
        (Kind::Exhausted(900), 900),
        (Kind::TooMuch(Some(30)), 30),
        (Kind::TooMuch(None), 60),
        (Kind::Errors(json!([{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }])), 60),
    ] {
        let stand = Stand::new();
        let (fixture, _) = shop();
        let repository = stand.open(&fixture);
        stand.stand_in.trouble(trouble(kind.clone()));
        for _ in 0..3 {
            let failure = repository.look(&ask()).await.unwrap_err();
            let Failure::Fault(fault) = &failure else { panic!("{failure}") };
            assert!(fault.again && fault.message.contains("rate limit is used up: try again in"), "{failure}");
            let told: i64 = fault.message.split(' ').find_map(|word| word.parse().ok()).unwrap();
            assert!((told - seconds).abs() <= 5, "{kind:?}: {failure}");
        }
        assert_eq!(stand.taken().len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn an_error_inside_a_success_is_a_fault() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    let words = "Something went wrong while executing your query. This may be the result of a timeout";
    stand.stand_in.trouble(trouble(Kind::Errors(json!([{ "message": words }]))));
    let failure = stand.open(&fixture).look(&ask()).await.unwrap_err();
    assert_eq!(said(&failure), format!("again: GitHub could not answer: {words}"));
}

#[tokio::test]
async fn a_repository_that_is_not_shown_is_refused_with_the_permission_that_is_needed() {
    let stand = Stand::new();
    let (fixture, commit) = shop();
    let repository = stand.open(&fixture);
    stand.stand_in.hide("acme/shop");
    let failure = repository.look(&ask()).await.unwrap_err();
    assert_eq!(said(&failure), "repository-unusable: GitHub shows this token no repository `acme/shop`");
    let Failure::Refused(refusal) = &failure else { panic!("{failure}") };
    assert!(refusal.help.as_ref().is_some_and(|help| help.contains("`contents: read`")), "{failure}");
    let failure = repository.tag(&commit, &"v1".parse().unwrap()).await.unwrap_err();
    assert!(failure.to_string().contains("`contents: write`"), "{failure}");
}

#[tokio::test]
async fn a_token_that_is_no_good_is_refused_and_never_shown() {
    let stand = Stand::asked_by(Access::Token(Token::new("ghp_stolen")));
    let (fixture, _) = shop();
    let failure = stand.open(&fixture).look(&ask()).await.unwrap_err();
    assert_eq!(said(&failure), "repository-unusable: GitHub does not let this token in: Bad credentials");
    assert!(!failure.to_string().contains("ghp_stolen"));
}

#[tokio::test]
async fn a_tag_whose_answer_was_lost_is_found_by_looking() {
    let stand = Stand::new();
    let (fixture, commit) = shop();
    let repository = stand.open(&fixture);
    for (tag, kind) in [("v1", Kind::CutAfter), ("v2", Kind::FailAfter)] {
        stand.stand_in.trouble(Trouble::new("POST", "/git/refs", kind));
        repository.tag(&commit, &tag.parse().unwrap()).await.unwrap();
        assert_eq!(fixture.id(tag), commit);
    }
    stand.stand_in.trouble(Trouble::new("POST", "/git/refs", Kind::Cut));
    let failure = repository.tag(&commit, &"v3".parse().unwrap()).await.unwrap_err();
    assert!(said(&failure).starts_with("again: "), "{failure}");
    assert_eq!(fixture.git(&["tag"]), "v1\nv2");
}

#[tokio::test]
async fn an_archive_that_ends_early_is_a_fault() {
    let stand = Stand::new();
    let (fixture, commit) = shop();
    let repository = stand.open(&fixture);
    for kind in [Kind::Cut, Kind::Status(404)] {
        stand.stand_in.trouble(Trouble::new("GET", "/_codeload/", kind));
        let into = tempfile::tempdir().unwrap();
        let failure = repository.export(&commit, &trunkline_core::policy::Patterns::default(), into.path()).await;
        assert!(said(&failure.unwrap_err()).starts_with("again: GitHub"));
    }
}
