//! Written is not running, and running is not verified.

use insta::assert_snapshot;
use trunkline_core::fact::{Claim, Fact};

use super::story::{PLAIN, SHOP, Story, name};

#[test]
fn stage_stays_on_a_commit_until_the_verdict() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(1));
    story.verdict("stage", 1, true);
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
}

#[test]
fn stage_goes_on_when_nobody_says_anything_within_the_time() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    story.later(30 * 60);
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
    assert!(story.state.yanks.is_empty(), "silence means unverified, never failed");
}

#[test]
fn a_failure_holds_where_the_policy_says_so() {
    let policy = SHOP.replace("on_failure: yank", "on_failure: hold");
    let mut story = Story::new(&policy);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, false);
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(1));
    assert_snapshot!(story.waits("stage").unwrap(), @"held by automation: e2e failed in stage");
    story.order(|state, policy, _| {
        Ok(trunkline_core::orders::release(state, policy, Some(&name("stage")), None)?.remove(0))
    });
    story.settle();
    assert_eq!(story.runs("stage"), Some(2), "a hold that was released is not put back for the same failure");
}

#[test]
fn a_failure_is_only_recorded_where_the_policy_says_so() {
    let policy = SHOP.replace("on_failure: yank", "on_failure: nothing");
    let mut story = Story::new(&policy);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, false);
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
    assert!(story.state.yanks.is_empty());
}

#[test]
fn a_delay_counts_as_running_when_it_is_over() {
    let policy = PLAIN
        .replace("{ folder: \"/srv/{environment}\" }", "{ folder: \"/srv/{environment}\", observe: { delay: 5m } }");
    let mut story = Story::new(&policy);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    let running = |story: &Story| story.state.environments[&name("stage")].current().unwrap().running.is_some();
    assert!(!running(&story));
    assert_snapshot!(story.waits("stage").unwrap(), @"010101010101 is written and not seen to run yet");
    story.later(300);
    story.settle();
    assert!(running(&story));
}

#[test]
fn another_system_may_say_that_it_runs() {
    let policy =
        PLAIN.replace("{ folder: \"/srv/{environment}\" }", "{ folder: \"/srv/{environment}\", observe: verdict }");
    let mut story = Story::new(&policy);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    story.order(|state, policy, _| {
        trunkline_core::orders::verdict(
            state,
            policy,
            &name("stage"),
            &super::story::commit(1),
            &name("running"),
            true,
            None,
        )
    });
    story.settle();
    assert!(story.state.environments[&name("stage")].current().unwrap().running.is_some());
}

#[test]
fn nobody_is_asked_for_longer_than_the_environment_waits_whether_it_runs() {
    let observe = "{ folder: \"/srv/{environment}\", observe: { http: { url: \"https://shop.example/{commit}\" } } }";
    let mut story = Story::new(&PLAIN.replace("{ folder: \"/srv/{environment}\" }", observe));
    story.trunk(&[(1, "site=a")]);
    story.deploy_at_once("stage", super::story::commit(1));
    let asked = story.plan().actions[0].claim.clone();
    assert!(matches!(asked, Claim::Observe { .. }), "{asked:?}");
    let claim = story.start(&asked);
    story.later(30 * 60);
    assert!(story.plan().actions.is_empty(), "{}", story.plan());
    assert!(matches!(story.plan().records[..], [Fact::Abandoned { claim: given_up, .. }] if given_up == claim));
    assert_snapshot!(story.waits("stage").unwrap(), @"010101010101 was not seen to run in time: `trunkline deploy stage` tries it again");
}

#[test]
fn a_hand_on_a_target_is_told_and_not_overwritten() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    story.say(Fact::Drifted { environment: name("stage"), artifact: name("site"), found: Some("a folder".to_owned()) });
    story.settle();
    assert_snapshot!(story.why("stage site"), @r"
    site in stage was changed by another hand: a folder
    help: `trunkline deploy stage` puts it back; the next promotion writes over it
    ");
    assert_eq!(story.done.iter().filter(|done| done.contains("deploy")).count(), 1);
}
