//! Tags: what they name, where that is, and making one. Also revisions and single files.

use trunkline_core::ids::TagName;
use trunkline_ports::repository::{Ask, Repository, TagLook};

use super::said;
use crate::fixture::Fixture;

fn ask() -> Ask {
    let release_branches = vec![serde_json::from_str("\"release/*\"").unwrap()];
    Ask { trunk: "main".to_owned(), release_branches, ..Ask::default() }
}

async fn tag<A: Repository>(at: &impl Fn(&Fixture) -> A, fixture: &Fixture, ask: &Ask, name: &str) -> Option<TagLook> {
    at(fixture).look(ask).await.unwrap().tags.remove(&name.parse::<TagName>().unwrap())
}

pub async fn every_kind_of_tag_is_peeled_to_its_commit_and_others_are_left_out<A: Repository>(
    at: impl Fn(&Fixture) -> A,
) {
    let fixture = Fixture::new();
    fixture.write("file", "x");
    let commit = fixture.commit("one");
    fixture.git(&["tag", "light"]);
    fixture.git(&["tag", "-a", "-m", "x", "annotated"]);
    fixture.git(&["tag", "-a", "-m", "x", "nested", "annotated"]);
    fixture.git(&["tag", "-a", "-m", "x", "deeper", "nested"]);
    fixture.git(&["tag", "tree", "HEAD^{tree}"]);
    fixture.git(&["tag", "-a", "-m", "x", "blob", "HEAD:file"]);
    let look = at(&fixture).look(&ask()).await.unwrap();
    let names: Vec<&str> = look.tags.keys().map(TagName::as_str).collect();
    assert_eq!(names, ["annotated", "deeper", "light", "nested"]);
    assert!(look.tags.values().all(|tag| tag.commit == commit && tag.lines == ["main"]));
    assert_eq!(look.tags["annotated"].by.as_deref(), Some("Ada <ada@example.com>"));
    assert_eq!(look.tags["light"].by, None);
}

pub async fn a_tag_on_a_side_branch_is_on_no_line_and_names_where_it_left_trunk<A: Repository>(
    at: impl Fn(&Fixture) -> A,
) {
    let fixture = Fixture::new();
    let first = fixture.commit("one");
    let fork = fixture.commit("two");
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.commit("aside");
    fixture.commit("aside");
    fixture.git(&["tag", "aside"]);
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.commit("three");
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    fixture.git(&["tag", "first", first.as_str()]);
    let aside = tag(&at, &fixture, &ask(), "aside").await.unwrap();
    assert_eq!((aside.lines.as_slice(), aside.nearest.as_ref()), (&[] as &[String], Some(&fork)));
    let on_trunk = tag(&at, &fixture, &ask(), "first").await.unwrap();
    assert_eq!((on_trunk.lines.as_slice(), on_trunk.nearest.as_ref()), (&["main".to_owned()][..], Some(&first)));
}

pub async fn of_several_ways_to_trunk_the_newest_counts<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.commit("one");
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.commit("aside");
    fixture.git(&["checkout", "--quiet", "main"]);
    let newest = fixture.commit("two");
    fixture.git(&["checkout", "--quiet", "side"]);
    fixture.git(&["merge", "--quiet", "-m", "catch up", "main"]);
    fixture.git(&["tag", "aside"]);
    fixture.git(&["checkout", "--quiet", "--orphan", "alone"]);
    fixture.commit("unrelated");
    fixture.git(&["tag", "alone"]);
    assert_eq!(tag(&at, &fixture, &ask(), "aside").await.unwrap().nearest, Some(newest));
    assert_eq!(tag(&at, &fixture, &ask(), "alone").await.unwrap().nearest, None);
}

pub async fn a_release_branch_holds_its_own_commits_and_trunks_below_the_fork<A: Repository>(
    at: impl Fn(&Fixture) -> A,
) {
    let fixture = Fixture::new();
    fixture.commit("one");
    fixture.git(&["tag", "below"]);
    fixture.git(&["checkout", "--quiet", "-b", "release/1"]);
    fixture.commit("fix");
    fixture.git(&["tag", "fixed"]);
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.commit("two");
    fixture.git(&["tag", "above"]);
    assert_eq!(tag(&at, &fixture, &ask(), "below").await.unwrap().lines, ["main", "release/1"]);
    assert_eq!(tag(&at, &fixture, &ask(), "fixed").await.unwrap().lines, ["release/1"]);
    assert_eq!(tag(&at, &fixture, &ask(), "above").await.unwrap().lines, ["main"]);
}

pub async fn only_a_tag_that_is_new_or_moved_is_told_where_it_is<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    let one = fixture.commit("one");
    fixture.git(&["tag", "v1"]);
    let mut ask = ask();
    ask.tags.insert("v1".parse().unwrap(), one.clone());
    ask.heads.insert("main".to_owned(), one);
    assert_eq!(tag(&at, &fixture, &ask, "v1").await.unwrap().lines, [] as [String; 0]);
    let two = fixture.commit("two");
    fixture.git(&["tag", "--force", "v1"]);
    let moved = tag(&at, &fixture, &ask, "v1").await.unwrap();
    assert_eq!((moved.commit, moved.lines), (two, vec!["main".to_owned()]));
}

pub async fn a_tag_is_made_once_and_never_moved<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    let (one, two) = (fixture.commit("one"), fixture.commit("two"));
    let name: TagName = "$(x)'v1".parse().unwrap();
    at(&fixture).tag(&one, &name).await.unwrap();
    at(&fixture).tag(&one, &name).await.unwrap();
    let failure = at(&fixture).tag(&two, &name).await.unwrap_err();
    assert!(said(&failure).starts_with("tag-moved: the tag `$(x)'v1` is already on the commit"), "{failure}");
    assert_eq!(fixture.git(&["rev-parse", "refs/tags/$(x)'v1"]), one.as_str());
    fixture.git(&["tag", "-a", "-m", "x", "annotated"]);
    at(&fixture).tag(&two, &"annotated".parse().unwrap()).await.unwrap();
    let below = at(&fixture).tag(&two, &"annotated/x".parse().unwrap()).await.unwrap_err();
    assert!(said(&below).starts_with("tag-moved: the tag `annotated/x` cannot be beside"), "{below}");
    let gone = "1".repeat(40).parse().unwrap();
    assert!(said(&at(&fixture).tag(&gone, &"v9".parse().unwrap()).await.unwrap_err()).starts_with("unknown-revision"));
}

pub async fn a_revision_is_what_git_understands_and_nothing_else<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    let one = fixture.commit("one");
    fixture.git(&["tag", "-a", "-m", "x", "v1"]);
    fixture.commit("two");
    for revision in ["v1", "main~1", "HEAD^", one.short(8), one.as_str()] {
        assert_eq!(at(&fixture).resolve(revision).await.unwrap(), one, "{revision}");
    }
    for wrong in ["", "--help", "-q", "gone", "HEAD^{tree}", "a\nb", "x\0y", "$(x)"] {
        let failure = at(&fixture).resolve(wrong).await.unwrap_err();
        assert!(said(&failure).starts_with("unknown-revision"), "{wrong:?}: {failure}");
    }
}

pub async fn a_file_is_read_at_a_commit_within_a_limit<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.write("a/b", "old");
    fixture.write("raw", [0xff_u8, 0]);
    std::os::unix::fs::symlink("a/b", fixture.path.join("link")).unwrap();
    let commit = fixture.commit("one");
    fixture.write("a/b", "newer");
    fixture.commit("two");
    let git = at(&fixture);
    assert_eq!(git.file(&commit, "a/b", 3).await.unwrap().as_deref(), Some("old"));
    for none in ["a", "a/b/c", "gone", "link", "../repository/a/b", "a\nb"] {
        assert_eq!(git.file(&commit, none, 100).await.unwrap(), None, "{none:?}");
    }
    assert!(said(&git.file(&commit, "a/b", 2).await.unwrap_err()).starts_with("input-too-large"));
    assert!(said(&git.file(&commit, "raw", 100).await.unwrap_err()).starts_with("input-missing"));
    let gone = "1".repeat(40).parse().unwrap();
    assert!(said(&git.file(&gone, "a/b", 100).await.unwrap_err()).starts_with("unknown-revision"));
}
