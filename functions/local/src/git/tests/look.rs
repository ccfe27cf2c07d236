//! Looking, where it is git's own: kinds of ids, shallow and missing repositories, and the number of processes.

use std::fmt::Write as _;

use trunkline_ports::repository::{Ask, Look, Repository as _};

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
