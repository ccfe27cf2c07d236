//! Looking: lines, what is new on them, and what a rewrite leaves.

use trunkline_core::ids::Time;
use trunkline_ports::repository::{Ask, LineLook, Look, Repository};

use crate::fixture::{Fixture, POLICY};

fn ask() -> Ask {
    let release_branches = vec![serde_json::from_str("\"release/*\"").unwrap()];
    Ask { trunk: "main".to_owned(), release_branches, ..Ask::default() }
}

/// What one asks who has seen `look`.
fn after(look: &Look) -> Ask {
    let heads = look.lines.iter().map(|line| (line.name.clone(), line.head.clone())).collect();
    let tags = look.tags.iter().map(|(tag, look)| (tag.clone(), look.commit.clone())).collect();
    Ask { heads, tags, ..ask() }
}

/// `name rewritten: subject subject after base`
fn shown(fixture: &Fixture, line: &LineLook) -> String {
    let subject = |commit: &str| fixture.git(&["log", "-1", "--format=%s", commit]);
    let commits: Vec<&str> = line.commits.iter().map(|revision| revision.subject.as_str()).collect();
    let base = line.base.as_ref().map_or("nothing".to_owned(), |base| subject(base.as_str()));
    let rewritten = if line.rewritten { " rewritten" } else { "" };
    format!("{}{rewritten}: {} after {base}", line.name, commits.join(" "))
}

fn all(fixture: &Fixture, look: &Look) -> Vec<String> {
    look.lines.iter().map(|line| shown(fixture, line)).collect()
}

pub async fn a_repository_without_commits_has_no_lines<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    assert_eq!(at(&fixture).look(&ask()).await.unwrap(), Look::default());
}

pub async fn adoption_tells_only_the_head_of_trunk_and_a_release_branch_back_to_its_fork<A: Repository>(
    at: impl Fn(&Fixture) -> A,
) {
    let fixture = Fixture::new();
    fixture.write("trunkline.yaml", POLICY);
    fixture.commit("one");
    fixture.commit("two");
    fixture.git(&["checkout", "--quiet", "-b", "release/1", "HEAD~1"]);
    fixture.commit("fix1");
    fixture.commit("fix2");
    fixture.git(&["branch", "other"]);
    let look = at(&fixture).look(&ask()).await.unwrap();
    assert_eq!(all(&fixture, &look), ["main: two after nothing", "release/1: fix1 fix2 after one"]);
}

pub async fn new_commits_are_first_parents_oldest_first_with_author_time_and_keys<A: Repository>(
    at: impl Fn(&Fixture) -> A,
) {
    let fixture = Fixture::new();
    fixture.write("trunkline.yaml", POLICY);
    fixture.write("api/main", "1");
    fixture.commit("one");
    let before = at(&fixture).look(&ask()).await.unwrap();
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.write("api/main", "2");
    fixture.commit("aside");
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.write("docs", "1");
    fixture.commit("docs");
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let look = at(&fixture).look(&after(&before)).await.unwrap();
    assert_eq!(all(&fixture, &look), ["main: docs merge after one"]);
    let [docs, merge] = &look.lines[0].commits[..] else { panic!("two commits") };
    assert_eq!((docs.author.as_str(), docs.refused.clone()), ("Ada <ada@example.com>", None));
    let time: i64 = fixture.git(&["log", "-1", "--format=%ct", docs.commit.as_str()]).parse().unwrap();
    assert_eq!(docs.time, Time(time * 1000));
    assert_eq!(docs.keys, before.lines[0].commits[0].keys, "documents are not watched");
    assert_ne!(docs.keys, merge.keys, "the merge brought another api");
}

pub async fn a_commit_without_a_policy_or_with_a_broken_one_says_so<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.commit("none");
    let none = at(&fixture).look(&ask()).await.unwrap();
    let refusal = none.lines[0].commits[0].refused.clone().unwrap();
    assert_eq!((refusal.code.to_string().as_str(), refusal.help.is_some()), ("policy-missing", true));
    fixture.write("trunkline.yaml", "project: [");
    fixture.commit("broken");
    let broken = at(&fixture).look(&after(&none)).await.unwrap();
    assert_eq!(broken.lines[0].commits[0].refused.clone().unwrap().code.to_string(), "policy-invalid");
}

pub async fn a_rewritten_trunk_is_told_from_the_newest_commit_that_both_have<A: Repository>(
    at: impl Fn(&Fixture) -> A,
) {
    let fixture = Fixture::new();
    for subject in ["one", "two", "three"] {
        fixture.commit(subject);
    }
    let before = at(&fixture).look(&ask()).await.unwrap();
    fixture.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    fixture.commit("other");
    let look = at(&fixture).look(&after(&before)).await.unwrap();
    assert_eq!(all(&fixture, &look), ["main rewritten: other after one"]);
    // The same when the known commit is gone altogether.
    fixture.git(&["reflog", "expire", "--expire=now", "--all"]);
    fixture.git(&["gc", "--quiet", "--prune=now"]);
    let look = at(&fixture).look(&after(&before)).await.unwrap();
    assert_eq!(all(&fixture, &look), ["main rewritten: one other after nothing"]);
}

pub async fn a_trunk_that_was_set_back_is_rewritten_and_has_nothing_new<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.commit("one");
    fixture.commit("two");
    let before = at(&fixture).look(&ask()).await.unwrap();
    fixture.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let look = at(&fixture).look(&after(&before)).await.unwrap();
    assert_eq!(all(&fixture, &look), ["main rewritten:  after one"]);
}

/// Trunk merged into a branch, and trunk then moved to that merge: what was trunk is now a second parent.
pub async fn a_merge_the_wrong_way_round_rewrites_first_parents<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.commit("one");
    fixture.git(&["branch", "side"]);
    fixture.commit("two");
    let before = at(&fixture).look(&ask()).await.unwrap();
    fixture.git(&["checkout", "--quiet", "side"]);
    fixture.commit("aside");
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "main"]);
    fixture.git(&["branch", "--force", "main", "side"]);
    let look = at(&fixture).look(&after(&before)).await.unwrap();
    assert_eq!(all(&fixture, &look), ["main rewritten: aside merge after one"]);
}

pub async fn hostile_words_come_through_as_plain_text_on_one_line<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    let message = "$(touch pwned) `x` \"q\" 'q' \u{1b}[31m\u{202e}\n\nTrunkline-Entry: 7\n";
    fixture.git(&["-c", "user.name=E\"v'il $(x) \u{1b}]", "commit", "--quiet", "--allow-empty", "-m", message]);
    fixture.git(&["checkout", "--quiet", "-b", "release/$(touch${IFS}pwned)"]);
    let look = at(&fixture).look(&ask()).await.unwrap();
    assert_eq!(look.lines[0].commits[0].subject, "$(touch pwned) `x` \"q\" 'q' [31m");
    assert_eq!(look.lines[1].name, "release/$(touch${IFS}pwned)");
    assert!(!fixture.path.join("pwned").exists());
}
