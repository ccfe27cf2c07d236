//! Yanking: a commit that failed is barred everywhere at once, with what it brought.

use insta::assert_snapshot;
use trunkline_core::orders;
use trunkline_core::refusal::Code;

use super::story::{PLAIN, SHOP, Story, commit, name};

/// A story in which commit 1 is verified in stage and 2, with a new `api`, runs there.
fn second_release() -> Story {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    story
}

#[test]
fn a_failed_check_yanks_the_commit_and_stage_goes_back() {
    let mut story = second_release();
    story.verdict("stage", 2, false);
    story.settle();
    assert_eq!(story.runs("stage"), Some(1));
    assert_snapshot!(story.state.yanks[&commit(2)].reason, @"e2e failed in stage");
}

#[test]
fn a_yank_bars_only_what_the_commit_brought() {
    let mut story = second_release();
    story.verdict("stage", 2, false);
    story.settle();
    // 3 mends the api and keeps the site; 4 carries the barred api again.
    story.trunk(&[(3, "api=c site=a")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
    story.trunk(&[(4, "api=b site=b")]);
    story.settle();
    story.later(3600);
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
    story.tag("rc-4", 4);
    assert_snapshot!(story.why("demo rc-4"), @r"
    040404040404 carries all that 020202020202 brought, which is yanked: e2e failed in stage (automation)
    help: mend it in a new commit; if the yank was a mistake: `trunkline unyank 020202020202 --reason …`
    ");
}

#[test]
fn a_commit_that_carries_only_some_of_what_was_barred_is_the_way_forward() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.trunk(&[(2, "api=b site=b")]);
    story.settle();
    story.verdict("stage", 2, false);
    story.settle();
    story.trunk(&[(3, "api=c site=b")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
}

#[test]
fn if_it_brought_nothing_only_that_commit_is_barred() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=a"), (3, "site=a")]);
    story.settle();
    story.order(|state, _, _| orders::yank(state, &commit(2), "wrong"));
    story.settle();
    assert!(story.state.bar(&commit(2)).is_some());
    assert!(story.state.bar(&commit(3)).is_none() && story.state.bar(&commit(1)).is_none());
}

#[test]
fn every_environment_that_runs_barred_bytes_goes_back_to_its_last_good_commit() {
    let mut story = Story::new(PLAIN);
    for (id, content) in [(1, "site=a"), (2, "site=b")] {
        story.trunk(&[(id, content)]);
        story.tag(&format!("v{id}"), id);
        story.settle();
    }
    story.order(|state, _, _| orders::yank(state, &commit(2), "bad"));
    story.settle();
    assert_eq!((story.runs("stage"), story.runs("prod")), (Some(1), Some(1)));
}

#[test]
fn a_held_environment_goes_back_too_and_stays_held() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    story.trunk(&[(2, "site=b")]);
    story.settle();
    story.order(|_, policy, _| Ok(orders::hold(policy, Some(&name("stage")), "freeze")?.remove(0)));
    story.order(|state, _, _| orders::yank(state, &commit(2), "bad"));
    story.settle();
    assert_eq!(story.runs("stage"), Some(1));
    assert!(story.state.environments[&name("stage")].held.is_some());
}

#[test]
fn with_no_good_commit_to_go_back_to_it_says_so() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    story.order(|state, _, _| orders::yank(state, &commit(1), "bad"));
    story.settle();
    assert_eq!(story.refused("stage"), Some(Code::NothingToReturnTo));
    story.trunk(&[(2, "site=b")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
}

#[test]
fn a_deployment_under_way_of_a_barred_commit_is_undone() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    story.trunk(&[(2, "site=b")]);
    let build = story.plan().actions[0].claim.clone();
    story.settle_one(&build);
    let deploy = story.plan().actions[0].claim.clone();
    story.start(&deploy);
    story.order(|state, _, _| orders::yank(state, &commit(2), "bad"));
    story.later(61);
    assert_snapshot!(story.plan(), @r"
    - undo deploying 020202020202 to stage: 020202020202 is yanked: bad (tester) (going on)
        site sha256:736974656100 → sha256:736974656200
    ");
}

#[test]
fn automation_never_yanks_bytes_that_were_verified_it_holds() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.trunk(&[(2, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 2, false);
    story.settle();
    assert!(story.state.yanks.is_empty());
    assert!(story.state.environments[&name("stage")].held.is_some());
}

#[test]
fn a_yank_that_was_taken_back_lets_the_commit_come_again() {
    let mut story = second_release();
    story.verdict("stage", 2, false);
    story.settle();
    story.order(|state, _, _| orders::unyank(state, &commit(2), "the check was wrong"));
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
    assert!(story.state.yanks.is_empty(), "the same failed check is not answered twice");
}

#[test]
fn barred_bytes_are_condemned_and_erased_a_day_later() {
    let mut story = second_release();
    story.verdict("stage", 2, false);
    story.settle();
    assert_eq!(story.state.condemned.len(), 1);
    story.later(24 * 3600 - 1);
    assert!(story.plan().actions.is_empty());
    story.later(1);
    story.settle();
    assert!(story.state.condemned.is_empty() && story.state.erased.len() == 1);
    let refused = orders::unyank(&story.state, &commit(2), "oh").unwrap_err();
    assert_eq!(refused.code, Code::ArtifactMissing);
}

#[test]
fn condemned_bytes_that_a_free_commit_needs_are_spared() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.trunk(&[(2, "api=b site=b")]);
    story.settle();
    story.verdict("stage", 2, false);
    story.settle();
    assert_eq!(story.state.condemned.len(), 2);
    story.trunk(&[(3, "api=c site=b")]);
    story.settle();
    assert_eq!(story.state.condemned.len(), 1, "the site is needed again");
    assert_eq!(story.runs("stage"), Some(3));
}

#[test]
fn what_an_environment_still_runs_is_not_condemned() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    story.order(|state, _, _| orders::yank(state, &commit(1), "bad"));
    story.settle();
    story.later(48 * 3600);
    story.settle();
    assert!(story.state.condemned.is_empty() && story.state.erased.is_empty());
}
