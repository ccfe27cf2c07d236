//! Which artifact, which commit, and what must have been verified before.

use insta::assert_snapshot;
use trunkline_core::fact::Fact;
use trunkline_core::refusal::Code;

use super::story::{PLAIN, SHOP, Story, commit};

#[test]
fn a_merge_is_built_and_deployed_to_stage() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(1));
    assert_snapshot!(story.done.join("\n"), @r"
    + build api from 010101010101
    + build site from 010101010101
    + tag shop/api@sha256:617069610000 as 010101010101
    ~ deploy 010101010101 to stage
    ");
}

#[test]
fn a_commit_that_changes_nothing_watched_builds_nothing_and_is_promotable() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.done.clear();
    story.trunk(&[(2, "api=a site=a")]);
    story.tag("rc-1", 2);
    story.settle();
    assert_eq!(story.runs("demo"), Some(2));
    assert!(!story.done.iter().any(|done| done.contains("build")), "{:?}", story.done);
}

#[test]
fn the_first_built_of_a_key_wins() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "site=a")]);
    story.settle();
    let there = story.state.contents(&commit(1));
    let (artifact, bytes) = there.artifacts.first_key_value().unwrap();
    let mut other = bytes.clone();
    other.digest = format!("sha256:{}", "f".repeat(64)).parse().unwrap();
    let key = story.state.revisions[&commit(1)].revision.keys[artifact].clone();
    let again = Fact::Built {
        claim: 99,
        artifact: artifact.clone(),
        key,
        commit: commit(1),
        bytes: other,
        size: 1,
        manifest: None,
    };
    story.say(again);
    assert_eq!(story.state.contents(&commit(1)), there);
}

#[test]
fn a_tag_promotes_the_tagged_commit_and_not_the_head() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.trunk(&[(2, "api=b site=a")]);
    story.tag("rc-1", 1);
    story.settle();
    assert_eq!((story.runs("stage"), story.runs("demo")), (Some(2), Some(1)));
}

#[test]
fn the_tag_is_put_on_the_very_image_before_it_is_deployed() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.done.clear();
    story.tag("rc-1", 1);
    story.settle();
    assert_snapshot!(story.done.join("\n"), @r"
    + tag shop/api@sha256:617069610000 as rc-1
    ~ deploy 010101010101 to demo as rc-1
    ");
}

#[test]
fn a_tag_that_arrives_before_its_build_waits_for_it() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.tag("v1", 1);
    assert_snapshot!(story.waits("prod v1").unwrap(), @"site to be built");
    story.settle();
    assert_eq!(story.runs("prod"), Some(1));
}

#[test]
fn a_tag_that_arrives_before_its_commit_waits_for_it() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.tag("v1", 2);
    assert_snapshot!(story.waits("prod v1").unwrap(), @"its commit is on `main`, which has not been observed that far");
    story.trunk(&[(2, "site=b")]);
    story.settle();
    assert_eq!(story.runs("prod"), Some(2));
}

#[test]
fn a_tag_off_the_lines_is_refused_with_the_nearest_commit_that_is_on_one() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.tag_on("v1", 9, &[], Some(1));
    assert_snapshot!(story.why("prod v1"), @r"
    `v1` names 090909090909, which is on no line that is released: not on trunk since adoption, nor on a release branch
    help: the nearest commit that is on trunk is 010101010101: tag that one
    ");
}

#[test]
fn a_tag_that_was_there_before_adoption_brings_nothing() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(5, "site=a")]);
    let tag = "v0.1".parse().unwrap();
    story.say(Fact::TagSeen {
        tag,
        commit: commit(2),
        by: None,
        lines: vec!["main".to_owned()],
        nearest: None,
        adopted: true,
    });
    story.settle();
    assert_eq!(story.runs("prod"), None);
    assert!(story.plan().refusals.is_empty());
}

#[test]
fn a_moved_tag_is_refused_and_nothing_of_it_is_deployed() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.tag("v1", 1);
    story.tag("v1", 2);
    story.settle();
    assert_eq!(story.runs("prod"), None);
    assert_snapshot!(story.why("prod v1"), @r"
    `v1` was moved from 010101010101 to 020202020202: a promotion tag names one commit for ever
    help: put it back, and set a new tag on 020202020202
    ");
}

#[test]
fn a_deleted_tag_withdraws_what_waits() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.tag("v1", 1);
    story.say(Fact::TagGone { tag: "v1".parse().unwrap() });
    story.settle();
    assert_eq!(story.runs("prod"), None);
    assert!(story.plan().waiting.is_empty() && story.plan().refusals.is_empty());
}

#[test]
fn a_git_tag_that_is_no_image_tag_is_refused_and_never_changed() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.tag("v1+b1", 1);
    story.later(7200);
    assert_eq!(story.refused("prod v1+b1"), Some(Code::IllegalImageTag));
}

#[test]
fn exactly_these_bytes_must_have_been_verified_before() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.tag("rc-1", 1);
    story.settle();
    assert_snapshot!(story.waits("demo rc-1").unwrap(), @"stage: 010101010101 waits for the verdict of e2e");
    story.verdict("stage", 1, true);
    story.settle();
    assert_eq!(story.runs("demo"), Some(1));
}

#[test]
fn whichever_commit_brought_the_bytes_their_verdict_counts() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.trunk(&[(2, "api=a site=a")]);
    story.verdict("stage", 1, true);
    story.tag("rc-1", 2);
    story.settle();
    assert_eq!(story.runs("demo"), Some(2));
}

#[test]
fn silence_means_unverified_and_is_refused_until_somebody_speaks() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.tag("rc-1", 1);
    story.settle();
    story.later(31 * 60);
    assert_snapshot!(story.why("demo rc-1"), @r"
    the bytes of 010101010101 ran in stage, and nobody said that they are good
    help: record the missing verdict: `trunkline verdict 010101010101 --environment stage --check NAME --passed`
    ");
    story.verdict("stage", 1, true);
    story.settle();
    assert_eq!(story.runs("demo"), Some(1));
}

#[test]
fn a_commit_superseded_before_it_ran_is_refused_with_the_commit_to_tag_instead() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a"), (2, "api=b site=a")]);
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
    story.tag("rc-1", 1);
    assert_snapshot!(story.why("demo rc-1"), @r"
    010101010101 was superseded by 020202020202 before it ever ran in stage
    help: tag 020202020202 instead, or deploy it there: `trunkline deploy stage --commit 010101010101`
    ");
}

#[test]
fn bytes_soak_where_they_must_before_they_go_on() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.tag("v1", 1);
    story.settle();
    assert_eq!(story.runs("prod"), None);
    assert_snapshot!(story.waits("prod v1").unwrap(), @"soaking in stage");
    story.later(3600);
    story.settle();
    assert_eq!(story.runs("prod"), Some(1));
}

#[test]
fn bytes_that_left_before_they_soaked_are_refused() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.later(600);
    story.trunk(&[(2, "api=b site=a")]);
    story.settle();
    story.tag("v1", 1);
    assert_eq!(story.refused("prod v1"), Some(Code::NotSoaked));
}

#[test]
fn a_commit_whose_build_failed_is_refused_by_name() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.tag("v1", 1);
    let action = story.plan().actions[0].claim.clone();
    let claim = story.start(&action);
    let refusal = trunkline_core::refusal::Refusal::new(Code::InputMissing, "the folder `site` is not there");
    let key = story.state.revisions[&commit(1)].revision.keys[&super::story::name("site")].clone();
    story.say(Fact::BuildFailed { claim, artifact: super::story::name("site"), key, commit: commit(1), refusal });
    assert_snapshot!(story.why("prod v1"), @r"
    site cannot be built from 010101010101: the folder `site` is not there
    help: after mending what is around it, try again: `trunkline build 010101010101`
    ");
    story.order(|state, _, _| Ok(trunkline_core::orders::build(state, &commit(1), None)?.unwrap()));
    story.settle();
    assert_eq!(story.runs("prod"), Some(1));
}

#[test]
fn two_tags_on_one_image_of_one_repository_never_share_a_name() {
    let mut story = Story::new(SHOP);
    story.trunk(&[(1, "api=a site=a")]);
    story.settle();
    story.verdict("stage", 1, true);
    story.tag("rc-1", 1);
    let taken = Fact::Tagged {
        claim: 0,
        repository: "shop/api".to_owned(),
        digest: format!("sha256:{}", "e".repeat(64)).parse().unwrap(),
        tag: "rc-1".parse().unwrap(),
    };
    story.say(taken);
    assert_eq!(story.refused("demo rc-1"), Some(Code::TagMoved));
}

#[test]
fn a_newer_fact_stops_everything() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.say(Fact::Unknown);
    assert!(story.plan().actions.is_empty());
    assert_eq!(story.refused("ledger"), Some(Code::TooOld));
}
