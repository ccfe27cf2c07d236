//! Looking: lines, what is new on them, and what a rewrite leaves.

use std::fmt::Write as _;

use trunkline_core::ids::Time;
use trunkline_ports::repository::{Ask, LineLook, Look, Repository as _};

use super::{at, said};
use crate::git::fixture::{Fixture, POLICY, apart, processes};
use crate::git::{Git, GitRepository};

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

#[tokio::test]
async fn a_repository_without_commits_has_no_lines() {
    let fixture = Fixture::new();
    assert_eq!(at(&fixture).look(&ask()).await.unwrap(), Look::default());
}

#[tokio::test]
async fn adoption_tells_only_the_head_of_trunk_and_a_release_branch_back_to_its_fork() {
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

#[tokio::test]
async fn new_commits_are_first_parents_oldest_first_with_author_time_and_keys() {
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

#[tokio::test]
async fn a_commit_without_a_policy_or_with_a_broken_one_says_so() {
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

#[tokio::test]
async fn a_rewritten_trunk_is_told_from_the_newest_commit_that_both_have() {
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

#[tokio::test]
async fn a_trunk_that_was_set_back_is_rewritten_and_has_nothing_new() {
    let fixture = Fixture::new();
    fixture.commit("one");
    fixture.commit("two");
    let before = at(&fixture).look(&ask()).await.unwrap();
    fixture.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let look = at(&fixture).look(&after(&before)).await.unwrap();
    assert_eq!(all(&fixture, &look), ["main rewritten:  after one"]);
}

/// Trunk merged into a branch, and trunk then moved to that merge: what was trunk is now a second parent.
#[tokio::test]
async fn a_merge_the_wrong_way_round_rewrites_first_parents() {
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

#[tokio::test]
async fn hostile_words_come_through_as_plain_text_on_one_line() {
    let fixture = Fixture::new();
    let message = "$(touch pwned) `x` \"q\" 'q' \u{1b}[31m\u{202e}\n\nTrunkline-Entry: 7\n";
    fixture.git(&["-c", "user.name=E\"v'il $(x) \u{1b}]", "commit", "--quiet", "--allow-empty", "-m", message]);
    fixture.git(&["checkout", "--quiet", "-b", "release/$(touch${IFS}pwned)"]);
    let look = at(&fixture).look(&ask()).await.unwrap();
    assert_eq!(look.lines[0].commits[0].subject, "$(touch pwned) `x` \"q\" 'q' [31m");
    assert_eq!(look.lines[1].name, "release/$(touch${IFS}pwned)");
    assert!(!fixture.path.join("pwned").exists());
}

#[tokio::test]
async fn a_repository_of_sha256_ids_is_read_too() {
    let fixture = Fixture::init(&["--object-format=sha256"]);
    fixture.write("trunkline.yaml", POLICY);
    fixture.write("api/deep/er/main", "1");
    let commit = fixture.commit("one");
    fixture.git(&["tag", "-a", "-m", "x", "v1"]);
    let look = at(&fixture).look(&ask()).await.unwrap();
    assert_eq!(look.lines[0].commits[0].keys.len(), 1);
    assert_eq!(look.tags.values().next().unwrap().commit, commit);
    at(&fixture).tag(&commit, &"v2".parse().unwrap()).await.unwrap();
    assert_eq!(fixture.id("v2"), commit);
}

#[tokio::test]
async fn a_shallow_repository_is_refused_when_it_cannot_tell() {
    let fixture = Fixture::new();
    fixture.commit("one");
    let before = at(&fixture).look(&ask()).await.unwrap();
    fixture.commit("two");
    fixture.commit("three");
    let shallow = Fixture::new();
    let url = format!("file://{}", fixture.path.display());
    shallow.git(&["fetch", "--quiet", "--depth=1", &url, "main"]);
    shallow.git(&["reset", "--quiet", "--hard", "FETCH_HEAD"]);
    let failure = at(&shallow).look(&after(&before)).await.unwrap_err();
    assert!(said(&failure).starts_with("repository-unusable: the repository is shallow"), "{failure}");
    assert!(at(&shallow).look(&ask()).await.is_ok(), "adoption needs only the head");
}

#[tokio::test]
async fn a_folder_that_is_no_repository_is_refused_even_inside_one() {
    let fixture = Fixture::new();
    fixture.commit("one");
    fixture.write("inside/file", "");
    for folder in ["inside", "gone"] {
        let failure = GitRepository::new(&fixture.path.join(folder)).look(&ask()).await.unwrap_err();
        assert!(said(&failure).starts_with("repository-unusable"), "{failure}");
    }
}

/// 3,000 commits and 1,500 tags at once, then nothing new: as many processes as one commit takes, and one.
#[tokio::test]
async fn the_number_of_processes_does_not_depend_on_how_much_is_new() {
    let fixture = Fixture::new();
    fixture.write("trunkline.yaml", POLICY);
    fixture.commit("first");
    let before = at(&fixture).look(&ask()).await.unwrap();
    let mut stream = String::new();
    for number in 1..=3000 {
        let from = if number == 1 { "from refs/heads/main^0\n" } else { "" };
        let file = format!("M 644 inline api/{}\ndata 4\n{number:04}\n", number % 50);
        write!(
            stream,
            "commit refs/heads/main\nmark :{number}\ncommitter A <a@b> {number} +0000\ndata 1\nx\n{from}{file}"
        )
        .unwrap();
        if number % 2 == 0 {
            write!(stream, "reset refs/tags/v{number}\nfrom :{number}\n\n").unwrap();
        }
    }
    fixture.feed(&["fast-import", "--quiet"], &stream);
    let trace = fixture.path.join("trace");
    let traced = GitRepository { git: apart(Git::at(&fixture.path)).with("GIT_TRACE2_EVENT", &trace) };
    let look = traced.look(&after(&before)).await.unwrap();
    assert_eq!((look.lines[0].commits.len(), look.tags.len()), (3000, 1500));
    assert!(look.tags.values().all(|tag| tag.lines == ["main"] && tag.nearest.as_ref() == Some(&tag.commit)));
    assert_eq!(processes(&trace), 3);
    std::fs::remove_file(&trace).unwrap();
    traced.look(&after(&look)).await.unwrap();
    assert_eq!(processes(&trace), 1);
}
