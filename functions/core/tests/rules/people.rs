//! People's orders: rollback, hold, release, deploy.

use insta::assert_snapshot;
use trunkline_core::fact::Fact;
use trunkline_core::orders;
use trunkline_core::refusal::{Code, Refusal};

use super::story::{PLAIN, Story, commit, name};

/// A story in which prod ran 1 and runs 2.
fn second_release() -> Story {
    let mut story = Story::new(PLAIN);
    for (id, content) in [(1, "site=a"), (2, "site=b")] {
        story.trunk(&[(id, content)]);
        story.tag(&format!("v{id}"), id);
        story.settle();
    }
    story
}

#[test]
fn a_rollback_goes_to_the_last_good_commit_and_holds_there() {
    let mut story = second_release();
    story.order(|state, policy, _| orders::rollback(state, policy, &name("prod"), None, "slow"));
    story.settle();
    assert_eq!(story.runs("prod"), Some(1));
    story.trunk(&[(3, "site=c")]);
    story.tag("v3", 3);
    story.settle();
    assert_eq!(story.runs("prod"), Some(1), "no automation undoes a rollback");
    assert_snapshot!(story.waits("prod").unwrap(), @"held by tester: rolled back: slow");
}

#[test]
fn a_release_lets_only_what_is_newer_through() {
    let mut story = second_release();
    story.order(|state, policy, _| orders::rollback(state, policy, &name("prod"), None, "slow"));
    story.settle();
    story.order(|state, policy, _| Ok(orders::release(state, policy, Some(&name("prod")), None)?.remove(0)));
    story.settle();
    assert_eq!(story.runs("prod"), Some(1), "what was rolled back does not come again by itself");
    story.trunk(&[(3, "site=c")]);
    story.tag("v3", 3);
    story.settle();
    assert_eq!(story.runs("prod"), Some(3));
}

#[test]
fn a_rollback_needs_a_commit_that_ran_well_there() {
    let mut story = second_release();
    story.trunk(&[(3, "site=c")]);
    story.settle();
    let refused = orders::rollback(&story.state, &story.policy, &name("prod"), Some(&commit(3)), "x").unwrap_err();
    assert_eq!(refused.code, Code::NothingToReturnTo);
    story.order(|state, _, _| orders::yank(state, &commit(1), "bad"));
    let refused = orders::rollback(&story.state, &story.policy, &name("prod"), None, "x").unwrap_err();
    assert_eq!(refused.code, Code::NothingToReturnTo);
}

#[test]
fn a_held_environment_stays_and_what_came_meanwhile_goes_on_when_released() {
    let mut story = second_release();
    story.order(|_, policy, _| Ok(orders::hold(policy, Some(&name("prod")), "freeze")?.remove(0)));
    story.trunk(&[(3, "site=c")]);
    story.tag("v3", 3);
    story.settle();
    assert_eq!(story.runs("prod"), Some(2));
    story.order(|state, policy, _| Ok(orders::release(state, policy, None, None)?.remove(0)));
    story.settle();
    assert_eq!(story.runs("prod"), Some(3));
}

#[test]
fn a_person_may_deploy_an_older_commit_under_the_same_rules() {
    let mut story = second_release();
    story.order(|state, policy, now| orders::deploy(state, policy, now, &name("stage"), Some(&commit(1)), None));
    story.settle();
    assert_eq!(story.runs("stage"), Some(1));
    story.order(|state, _, _| orders::yank(state, &commit(2), "bad"));
    let refused =
        orders::deploy(&story.state, &story.policy, story.now, &name("prod"), Some(&commit(2)), None).unwrap_err();
    assert_eq!(refused.code, Code::Barred);
}

#[test]
fn a_deployment_that_failed_stands_refused_until_a_person_asks_again_or_something_newer_comes() {
    let mut story = second_release();
    story.trunk(&[(3, "site=c")]);
    let build = story.plan().actions[0].claim.clone();
    story.settle_one(&build);
    let deploy = story.plan().actions[0].claim.clone();
    let claim = story.start(&deploy);
    let refusal = Refusal::new(Code::CommandFailed, "it broke");
    story.say(Fact::DeployFailed { claim, environment: name("stage"), refusal, torn: false });
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
    assert_snapshot!(story.why("stage 030303030303"), @r"
    030303030303 could not be deployed to stage: it broke
    help: mend what stopped it, then try again: `trunkline deploy stage --commit 030303030303`
    ");
    story.order(|state, policy, now| orders::deploy(state, policy, now, &name("stage"), None, None));
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
}

#[test]
fn a_torn_environment_is_held_and_said_until_a_person_acts() {
    let mut story = second_release();
    story.trunk(&[(3, "site=c")]);
    let build = story.plan().actions[0].claim.clone();
    story.settle_one(&build);
    let deploy = story.plan().actions[0].claim.clone();
    let claim = story.start(&deploy);
    let refusal = Refusal::new(Code::CommandFailed, "it broke");
    story.say(Fact::DeployFailed { claim, environment: name("stage"), refusal, torn: true });
    story.trunk(&[(4, "site=d")]);
    story.settle();
    assert_eq!(story.refused("stage"), Some(Code::Torn));
    assert_eq!(story.runs("stage"), Some(2));
    story.order(|state, policy, now| orders::deploy(state, policy, now, &name("stage"), Some(&commit(4)), None));
    story.settle();
    assert_eq!(story.runs("stage"), Some(4));
}

#[test]
fn the_tag_nobody_takes_is_refused_with_those_that_are_taken() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    let refused =
        orders::promote(&story.state, &story.policy, story.now, &commit(1), &"x1".parse().unwrap()).unwrap_err();
    assert_snapshot!(refused, @r"
    no environment takes the tag `x1`
    help: environments take `v*` (prod)
    ");
}
