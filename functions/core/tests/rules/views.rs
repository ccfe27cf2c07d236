//! What people are shown: it says what the rules decided, and nothing else.

use trunkline_core::fact::Fact;
use trunkline_core::orders;
use trunkline_core::view::{asked, changes, forecast, status, where_is};

use crate::story::{PLAIN, SHOP, Story, commit, name};

/// Each environment with its state, and a `*` when it is held.
fn shelves(story: &Story) -> String {
    let status = status(&story.state, &story.policy, story.now);
    let shown = status.environments.iter().map(|(name, shelf)| {
        let held = if shelf.held.is_some() { "*" } else { "" };
        format!("{name}{held} {}", shelf.state)
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[test]
fn an_environment_is_shown_in_every_state_it_goes_through() {
    let mut story = Story::new(SHOP);
    assert_eq!(shelves(&story), "stage empty, demo empty, prod empty");
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    assert_eq!(shelves(&story), "stage verifying, demo empty, prod empty");
    story.later(60 * 60);
    assert_eq!(shelves(&story), "stage unverified, demo empty, prod empty");
    story.verdict("stage", 1, true);
    assert_eq!(shelves(&story), "stage verified, demo empty, prod empty");
    story.tag("rc-1", 1);
    story.settle();
    assert_eq!(shelves(&story), "stage verified, demo running, prod empty");
    story.say(Fact::Held { environment: name("demo"), reason: "a visit".to_owned(), because: None });
    assert_eq!(shelves(&story), "stage verified, demo* running, prod empty");
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    story.verdict("stage", 2, false);
    assert_eq!(shelves(&story), "stage failed, demo* running, prod empty");
    story.settle();
    assert_eq!(shelves(&story), "stage verified, demo* running, prod empty");
}

#[test]
fn a_forecast_goes_as_far_as_the_first_check() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.tag("rc-1", 1);
    let then = forecast(&story.state, &story.policy, &story.plan(), story.now);
    let told: Vec<String> = then.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["then deploy 010101010101 to stage\n    api → what is built\n    site → what is built\n"]);
}

#[test]
fn a_forecast_follows_environments_that_nobody_judges() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.tag("v1", 1);
    let then = forecast(&story.state, &story.policy, &story.plan(), story.now);
    let told: Vec<&str> = then.iter().map(|then| then.deploy.environment.as_str()).collect();
    assert_eq!(told, ["stage", "prod"]);
    assert!(then.iter().all(|then| then.deploy.artifacts.is_empty()), "what is not built has no digest");
}

#[test]
fn changes_name_what_moved_and_the_author_of_what_was_yanked() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle().verdict("stage", 1, true);
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    let before = story.state.clone();
    story.verdict("stage", 2, false);
    story.settle();
    let changes = changes(&before, &story.state, &story.policy, story.now);
    let stage = &changes.environments[&name("stage")];
    assert_eq!((&stage.from, &stage.to), (&Some(commit(2)), &Some(commit(1))));
    assert_eq!(changes.environments.len(), 1);
    let author = &story.state.revisions[&commit(2)].revision.author;
    assert!(changes.to_string().contains(&format!("{author}: this commit of yours is barred")), "{changes}");
}

#[test]
fn a_ref_is_told_what_became_of_what_it_asked_for() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.tag("v2", 2);
    story.settle();
    story.tag("v1", 1);
    story.tag("other", 1);
    story.settle();
    let told = |reference: &str| {
        let asked = asked(&story.state, &story.policy, story.now, reference);
        let refusals = asked.refusals.into_iter().map(|refusal| refusal.message);
        refusals.chain(asked.notices).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(told("refs/tags/v2"), "");
    assert_eq!(told("refs/tags/v1"), "`v1` was passed over in prod: it runs 020202020202, which is newer");
    assert_eq!(told("refs/tags/other"), "no environment takes the tag `other`");
    assert_eq!(told("refs/tags/v3"), "the tag `v3` is not in the repository");
    assert_eq!(told("refs/heads/main"), "");
    assert_eq!(told("refs/heads/wip"), "`wip` is no line that is released, so it brings nothing");
}

#[test]
fn a_commit_is_found_with_what_it_is_made_of_and_what_it_waits_for() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a"), (2, "api=b site=a")]);
    story.settle();
    story.tag("v1", 2);
    let found = where_is(&story.state, &story.policy, &commit(2), story.now, &[]).unwrap();
    assert_eq!(found.environments, [name("stage")]);
    assert_eq!(found.artifacts.len(), 2);
    assert_eq!(found.tags.len(), 1);
    assert!(
        found.to_string().contains("waiting: prod v1: stage: 020202020202 waits for the verdict of e2e"),
        "{found}"
    );
    let unknown = where_is(&story.state, &story.policy, &commit(9), story.now, &[]).unwrap_err();
    assert!(unknown.message.contains("on no line"), "{unknown}");
}

#[test]
fn a_yanked_commit_stands_refused_for_its_tag() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.settle();
    story.tag("v2", 2);
    story.settle();
    story.order(|state, _, _| orders::yank(state, &commit(2), "wrong price"));
    story.settle();
    let asked = asked(&story.state, &story.policy, story.now, "refs/tags/v2");
    assert_eq!(asked.refusals.len(), 1, "{asked:?}");
    assert!(asked.refusals[0].message.contains("wrong price"), "{asked:?}");
}
