//! An environment never moves to an ancestor of what it runs by itself, whatever order events come in.

use insta::assert_snapshot;
use trunkline_core::fact::Fact;
use trunkline_core::refusal::Code;

use super::story::{PLAIN, Story, commit};

#[test]
fn a_newer_tag_supersedes_an_older_one_that_waits() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.tag("v1", 1);
    story.tag("v2", 2);
    story.settle();
    assert_eq!(story.runs("prod"), Some(2));
    assert!(
        story.done.contains(&"~ deploy 020202020202 to prod as v2, passing over 010101010101".to_owned()),
        "{:?}",
        story.done
    );
}

#[test]
fn a_tag_on_an_ancestor_that_arrives_late_is_passed_over() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.tag("v2", 2);
    story.settle();
    story.tag("v1", 1);
    story.settle();
    assert_eq!(story.runs("prod"), Some(2));
}

#[test]
fn an_older_commit_that_is_ready_does_not_wait_for_a_newer_one() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.tag("v1", 1);
    story.settle();
    story.trunk(&[(2, "site=b"), (3, "site=c")]);
    let newest = story.plan().actions[0].claim.clone();
    story.start(&newest);
    story.tag("v3", 3);
    story.tag("v2", 2);
    story.settle();
    assert_eq!(story.runs("prod"), Some(2));
}

#[test]
fn a_push_brings_its_head_and_not_what_happens_to_be_built_first() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    let older = story.plan().actions[1].claim.clone();
    story.settle_one(&older);
    assert!(story.plan().actions.iter().all(|action| !action.to_string().contains("deploy")), "{}", story.plan());
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
    assert_eq!(story.done.iter().filter(|done| done.contains("deploy")).count(), 1);
}

#[test]
fn diverged_lines_are_ordered_by_their_tags_versions() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.line("release/1", true, Some(1), &[(0x11, "site=c")]);
    story.tag("v1.1.0", 2);
    story.settle();
    story.tag_on("v1.0.1", 0x11, &["release/1"], Some(1));
    story.settle();
    assert_eq!(story.runs("prod"), Some(2));
    story.tag_on("v1.2.0", 0x11, &["release/1"], Some(1));
    story.settle();
    assert_eq!(story.runs("prod"), Some(0x11));
}

#[test]
fn diverged_lines_without_versions_are_ordered_by_a_person() {
    let policy = PLAIN.replace("\"v*\"", "\"go-*\"");
    let mut story = Story::new(&policy);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.line("release/1", true, Some(1), &[(0x11, "site=c")]);
    story.tag("go-x", 2);
    story.settle();
    story.tag_on("go-y", 0x11, &["release/1"], Some(1));
    assert_snapshot!(story.why("prod go-y"), @r"
    111111111111 and 020202020202, which prod runs, are on lines that diverged, and no versions in their tags order them
    help: if 111111111111 shall run there: `trunkline deploy prod --commit 111111111111`
    ");
    story.order(|state, policy, now| {
        trunkline_core::orders::deploy(state, policy, now, &super::story::name("prod"), Some(&commit(0x11)), None)
    });
    story.settle();
    assert_eq!(story.runs("prod"), Some(0x11));
}

#[test]
fn a_commit_of_a_release_branch_comes_after_where_it_left_trunk() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.tag("v1.0.0", 1);
    story.settle();
    story.line("release/1", true, Some(1), &[(0x11, "site=c")]);
    story.tag_on("v1.0.1", 0x11, &["release/1"], Some(1));
    story.settle();
    assert_eq!(story.runs("prod"), Some(0x11));
}

#[test]
fn a_rewritten_line_is_refused_until_a_person_accepts_it() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.settle();
    story.rewritten(2, 1, &[(3, "site=c")]);
    story.tag("v2", 2);
    story.settle();
    assert_eq!((story.runs("stage"), story.runs("prod")), (Some(2), None));
    assert_snapshot!(story.why("line main"), @r"
    `main` was rewritten: 020202020202 is no first-parent ancestor of its head 030303030303
    help: put the branch back, or accept its new course: `trunkline accept main --reason …`
    ");
    assert_eq!(story.refused("prod v2"), Some(Code::LineRewritten));
    story.accepted();
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
    assert_eq!(story.refused("line main"), None);
}

#[test]
fn after_a_rewrite_an_environment_waits_for_the_new_course_and_does_not_go_back_for_it() {
    let mut story = one_after_the_other();
    story.rewritten(2, 1, &[(3, "site=c")]);
    story.accepted();
    assert!(story.plan().actions.iter().all(|action| action.to_string().contains("build")), "{}", story.plan());
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
    assert_eq!(story.waits("stage"), None);
}

#[test]
fn a_rewrite_that_only_drops_commits_takes_no_environment_back() {
    let mut story = one_after_the_other();
    story.rewritten(2, 1, &[]);
    story.accepted();
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
    assert_snapshot!(story.waits("stage").unwrap(), @"020202020202 was left behind when its line was rewritten: it stays until something newer comes");
    story.order(|state, policy, _| {
        trunkline_core::orders::rollback(state, policy, &super::story::name("stage"), None, "it shall go back")
    });
    story.settle();
    assert_eq!(story.runs("stage"), Some(1));
}

#[test]
fn an_ancestor_that_a_second_rewrite_brings_back_to_the_line_does_not_come() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b"), (3, "site=c")]);
    story.settle();
    story.rewritten(3, 1, &[(4, "site=d")]);
    story.accepted();
    story.rewritten(4, 1, &[(2, "site=b")]);
    story.accepted();
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
}

#[test]
fn a_head_that_a_second_rewrite_brings_back_comes_again() {
    let mut story = one_after_the_other();
    story.rewritten(2, 1, &[(3, "site=c")]);
    story.accepted();
    story.settle();
    story.rewritten(3, 1, &[(2, "site=b")]);
    story.accepted();
    story.settle();
    assert_eq!(story.runs("stage"), Some(2));
}

#[test]
fn a_release_branch_that_begins_on_another_comes_after_it() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.line("release/1", true, Some(1), &[(0x11, "site=b"), (0x12, "site=c")]);
    story.line("release/2", true, Some(1), &[(0x11, "site=b"), (0x21, "site=d")]);
    story.tag_on("v2", 0x12, &["release/1"], Some(1));
    story.settle();
    story.tag_on("v3", 0x11, &["release/1", "release/2"], Some(1));
    story.settle();
    assert_eq!(story.runs("prod"), Some(0x12), "11 is an ancestor of what runs, whatever its tag says");
    story.tag_on("v4", 0x21, &["release/2"], Some(1));
    story.tag("v5", 1);
    story.settle();
    assert_eq!(story.runs("prod"), Some(0x21), "1 is an ancestor of it, by way of the branch that it began on");
}

#[test]
fn commits_of_a_release_branch_that_trunk_goes_on_to_are_trunks() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    story.line("release/1", true, Some(1), &[(0x11, "site=b")]);
    story.trunk(&[(0x11, "site=b")]);
    story.line("release/1", true, Some(0x11), &[(0x12, "site=c")]);
    story.tag_on("v2", 0x12, &["release/1"], Some(0x11));
    story.settle();
    story.tag("v3", 0x11);
    story.settle();
    assert_eq!((story.runs("stage"), story.runs("prod")), (Some(0x11), Some(0x12)));
}

#[test]
fn a_tag_on_a_new_course_waits_for_a_person_and_is_refused_when_the_course_is_given_up() {
    let mut story = one_after_the_other();
    story.rewritten(2, 1, &[(3, "site=c")]);
    story.tag("v3", 3);
    assert_snapshot!(story.waits("prod v3").unwrap(), @"its commit is on the new course of `main`, which nobody has accepted yet");
    story.say(Fact::LineRestored { line: "main".to_owned() });
    assert_eq!(story.refused("prod v3"), Some(Code::NotOnLine));
}

#[test]
fn a_release_branch_stands_where_a_rewrite_left_the_commit_it_came_from() {
    let mut story = one_after_the_other();
    story.line("release/1", true, Some(2), &[(0x11, "site=c")]);
    story.tag_on("v1", 0x11, &["release/1"], Some(2));
    story.settle();
    story.rewritten(2, 1, &[(3, "site=d")]);
    story.accepted();
    story.tag("v2", 1);
    story.settle();
    assert_eq!(story.runs("prod"), Some(0x11), "1 is an ancestor of what runs, whatever its tag says");
}

/// Two commits of trunk that came to stage, one after the other.
fn one_after_the_other() -> Story {
    let mut story = Story::new(PLAIN);
    for (id, contents) in [(1, "site=a"), (2, "site=b")] {
        story.trunk(&[(id, contents)]);
        story.settle();
    }
    story
}

#[test]
fn one_thing_at_a_time_moves_in_an_environment() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a")]);
    let build = story.plan().actions[0].claim.clone();
    story.start(&build);
    assert!(story.plan().actions.is_empty(), "the build is in another's hands");
    story.later(61);
    assert_eq!(
        story.plan().actions[0].open,
        Some(story.state.number),
        "its lease is over: the same claim is taken over"
    );
}
