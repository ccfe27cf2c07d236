//! Deployments, check runs and comments.

use std::sync::Arc;

use trunkline_core::ids::Name;
use trunkline_github::told::{Check, Conclusion, State, Status, Told};
use trunkline_github_stand_in::{Kind, Trouble};

use crate::support::{NAME, Stand, name, said, shop};

fn status(state: State, description: &str) -> Status {
    Status { state, description: description.to_owned(), log_url: "https://ci.example/7".to_owned() }
}

#[tokio::test]
async fn a_deployment_says_how_it_goes_and_nothing_twice() {
    let stand = Stand::with_app();
    let (fixture, commit) = shop();
    stand.stand_in.add(NAME, &fixture.path);
    let told = Told::new(Arc::clone(&stand.client), name(NAME));
    let (stage, prod): (Name, Name) = ("stage".parse().unwrap(), "prod".parse().unwrap());
    assert_eq!(told.deployment(&commit, &stage).await.unwrap(), None);
    told.deploying(&commit, &stage, &status(State::InProgress, "writing\nmanifests")).await.unwrap();
    told.deploying(&commit, &stage, &status(State::Success, &"x".repeat(500))).await.unwrap();
    stand.taken();
    told.deploying(&commit, &stage, &status(State::Success, &"x".repeat(500))).await.unwrap();
    assert_eq!(stand.taken().len(), 2, "it was said already");
    let found = told.deployment(&commit, &stage).await.unwrap().unwrap();
    assert_eq!((found.state, found.description.chars().count()), (State::Success, 140));
    assert_eq!(told.deployment(&commit, &prod).await.unwrap(), None);
}

#[tokio::test]
async fn a_check_run_is_made_once_and_brought_up_to_date() {
    let stand = Stand::with_app();
    let (fixture, commit) = shop();
    stand.stand_in.add(NAME, &fixture.path);
    let told = Told::new(Arc::clone(&stand.client), name(NAME));
    let check = |conclusion| Check {
        name: "Trunkline: stage & prod".to_owned(),
        conclusion,
        title: "one image".to_owned(),
        summary: "é".repeat(70_000),
    };
    told.check(&commit, &check(None)).await.unwrap();
    told.check(&commit, &check(Some(Conclusion::Success))).await.unwrap();
    let made = stand.taken().iter().filter(|request| request.starts_with("POST /repos/acme/shop/check-runs")).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_comment_is_made_once_for_a_cause_even_when_its_answer_was_lost() {
    let stand = Stand::with_app();
    let (fixture, commit) = shop();
    stand.stand_in.add(NAME, &fixture.path);
    let told = Told::new(Arc::clone(&stand.client), name(NAME));
    stand.stand_in.trouble(Trouble::new("POST", "/comments", Kind::CutAfter));
    assert!(said(&told.comment(&commit, "yank-7", "yanked").await.unwrap_err()).starts_with("again: "));
    told.comment(&commit, "yank-7", "yanked").await.unwrap();
    told.comment(&commit, "yank-8", "yanked again").await.unwrap();
    let made = stand.taken().iter().filter(|request| request.starts_with("POST /repos/acme/shop/commits/")).count();
    assert_eq!(made, 2);
}

#[tokio::test]
async fn what_is_not_allowed_names_the_permission() {
    let stand = Stand::with_app();
    let (fixture, commit) = shop();
    stand.stand_in.add(NAME, &fixture.path);
    let told = Told::new(Arc::clone(&stand.client), name(NAME));
    stand.stand_in.trouble(Trouble::new("POST", "/deployments", Kind::Status(403)));
    let failure = told.deploying(&commit, &"stage".parse().unwrap(), &status(State::Queued, "")).await.unwrap_err();
    assert!(failure.to_string().contains("`deployments: write`"), "{failure}");
}
