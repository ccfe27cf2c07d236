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
    let mut other = Story::new(PLAIN);
    other.trunk(&[(3, "site=c")]);
    let revisions = vec![other.state.revisions[&commit(3)].revision.clone()];
    story.say(Fact::LineRewritten { line: "main".to_owned(), from: commit(2), base: Some(commit(1)), revisions });
    story.tag("v2", 2);
    story.settle();
    assert_eq!((story.runs("stage"), story.runs("prod")), (Some(2), None));
    assert_snapshot!(story.why("line main"), @r"
    `main` was rewritten: 020202020202 is no first-parent ancestor of its head 030303030303
    help: put the branch back, or accept its new course: `trunkline accept main --reason …`
    ");
    assert_eq!(story.refused("prod v2"), Some(Code::LineRewritten));
    story.order(|state, _, _| trunkline_core::orders::accept(state, "main", "a secret was removed"));
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
    assert_eq!(story.refused("line main"), None);
}

#[test]
fn after_a_rewrite_an_environment_waits_for_the_new_course_and_does_not_go_back_for_it() {
    let mut story = Story::new(PLAIN);
    story.trunk(&[(1, "site=a"), (2, "site=b")]);
    story.settle();
    let mut other = Story::new(PLAIN);
    other.trunk(&[(3, "site=c")]);
    let revisions = vec![other.state.revisions[&commit(3)].revision.clone()];
    story.say(Fact::LineRewritten { line: "main".to_owned(), from: commit(2), base: Some(commit(1)), revisions });
    story.order(|state, _, _| trunkline_core::orders::accept(state, "main", "a secret was removed"));
    assert!(story.plan().actions.iter().all(|action| action.to_string().contains("build")), "{}", story.plan());
    story.settle();
    assert_eq!(story.runs("stage"), Some(3));
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
