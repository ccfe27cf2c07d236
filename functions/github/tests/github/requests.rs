//! How many requests things take.

use std::fmt::Write as _;

use trunkline_contract::fixture::Fixture;
use trunkline_core::policy::Patterns;
use trunkline_github::glance::Known;
use trunkline_ports::repository::Repository as _;

use crate::support::{Stand, after, ask, name, said, shop};

const DAY: u64 = 24 * 60 * 60;

#[tokio::test]
async fn nothing_new_is_one_question() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    fixture.git(&["branch", "release/1"]);
    fixture.git(&["tag", "v1"]);
    let repository = stand.open(&fixture);
    let look = repository.look(&ask()).await.unwrap();
    stand.taken();
    let again = repository.look(&after(&look)).await.unwrap();
    assert_eq!(stand.taken(), ["POST /graphql"]);
    assert!(again.lines.iter().all(|line| line.commits.is_empty()) && again.tags.len() == 1);
}

#[tokio::test]
async fn a_new_commit_with_a_tag_is_one_question_and_its_tree() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    let repository = stand.open(&fixture);
    let look = repository.look(&ask()).await.unwrap();
    fixture.write("api/main", "2");
    let commit = fixture.commit("two");
    fixture.git(&["tag", "v1"]);
    stand.taken();
    let look = repository.look(&after(&look)).await.unwrap();
    assert_eq!(look.tags["v1"].nearest.as_ref(), Some(&commit));
    assert_eq!(look.lines[0].commits[0].keys.len(), 1);
    let taken = stand.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(taken[1].starts_with("GET /repos/acme/shop/git/trees/"), "{taken:?}");
}

/// The same with an App, a token cut off and refs over a page: 100 repositories in one question, or two.
#[tokio::test]
async fn a_glance_at_a_hundred_repositories_is_one_question() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    fixture.git(&["tag", "-a", "-m", "x", "v1"]);
    let look = stand.open(&fixture).look(&ask()).await.unwrap();
    let known: Vec<Known> = (0..100)
        .map(|number| {
            let name = name(&format!("acme/shop{number}"));
            stand.stand_in.add(&name.to_string(), &fixture.path);
            Known { name, ask: after(&look) }
        })
        .collect();
    stand.taken();
    let told = stand.client.glance(&known).await.unwrap();
    assert!(told.len() == 100 && told.iter().all(|news| matches!(news, Ok(false))));
    assert_eq!(stand.taken(), ["POST /graphql"]);

    let mut stream = String::new();
    for number in 0..150 {
        write!(stream, "reset refs/tags/t{number}\nfrom refs/heads/main^0\n\n").unwrap();
    }
    fixture.feed(&["fast-import", "--quiet"], &stream);
    stand.stand_in.hide("acme/shop7");
    let told = stand.client.glance(&known).await.unwrap();
    for (number, news) in told.iter().enumerate() {
        match news {
            Ok(news) => assert!(*news && number != 7),
            Err(failure) => {
                assert!(number == 7 && said(failure).starts_with("repository-unusable: GitHub shows"), "{failure}");
            }
        }
    }
    assert_eq!(stand.taken(), ["POST /graphql", "POST /graphql"]);
}

/// A trunk with a commit a day. The fixture's own commits are of the year 2023.
fn long(days: u64) -> Fixture {
    let (fixture, _) = shop();
    let mut stream = String::new();
    for number in 1..=days {
        let time = 1_700_100_000 + number * DAY;
        let from = if number == 1 { "from refs/heads/main^0\n" } else { "" };
        write!(stream, "commit refs/heads/main\nmark :{number}\ncommitter A <a@b> {time} +0000\ndata 1\nx\n{from}\n")
            .unwrap();
    }
    fixture.feed(&["fast-import", "--quiet"], &stream);
    fixture
}

#[tokio::test]
async fn many_new_commits_are_read_a_hundred_at_a_time() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    let repository = stand.open(&fixture);
    let look = repository.look(&ask()).await.unwrap();
    let fixture = long(600);
    let repository = stand.open(&fixture);
    // Another repository with the same first commit, at the same time.
    stand.taken();
    let look = repository.look(&after(&look)).await.unwrap();
    assert_eq!(look.lines[0].commits.len(), 600);
    assert!(!look.lines[0].rewritten);
    let questions = stand.taken().len();
    assert!(questions <= 10, "{questions} for 600 commits with one tree");
}

#[tokio::test]
async fn an_old_tag_beside_trunk_takes_a_comparison_and_not_all_of_history() {
    let stand = Stand::new();
    let fixture = long(600);
    let look = stand.open(&fixture).look(&ask()).await.unwrap();
    let fork = fixture.id("main~120");
    let time = 1_700_100_000 + 480 * DAY + 60;
    let head = "commit refs/tags/beside\ncommitter A <a@b>";
    fixture.feed(&["fast-import", "--quiet"], &format!("{head} {time} +0000\ndata 1\nx\nfrom {fork}\n\n"));
    fixture.git(&["tag", "on", fork.as_str()]);
    stand.taken();
    let look = stand.open(&fixture).look(&after(&look)).await.unwrap();
    assert_eq!((look.tags["beside"].lines.len(), look.tags["beside"].nearest.as_ref()), (0, Some(&fork)));
    assert_eq!(look.tags["on"].lines, ["main"]);
    let taken = stand.taken();
    assert_eq!(taken.iter().filter(|request| request.contains("/compare/")).count(), 1, "{taken:?}");
    assert!(taken.len() <= 6, "{taken:?}");
}

/// Somebody's clock went wrong: dates alone would say that the commit cannot be so far back.
#[tokio::test]
async fn a_commit_dated_long_after_its_children_is_still_found_on_trunk() {
    let stand = Stand::new();
    let (fixture, _) = shop();
    let mut stream = String::new();
    for number in 1..=300 {
        let time = 1_700_100_000 + number * 60 + if number == 50 { 300 * DAY } else { 0 };
        let from = if number == 1 { "from refs/heads/main^0\n" } else { "" };
        let head = format!("commit refs/heads/main\nmark :{number}\ncommitter A <a@b> {time} +0000\n");
        write!(stream, "{head}data 1\nx\n{from}\n").unwrap();
    }
    fixture.feed(&["fast-import", "--quiet"], &stream);
    let repository = stand.open(&fixture);
    let look = repository.look(&ask()).await.unwrap();
    let odd = fixture.id("main~250");
    fixture.git(&["tag", "odd", odd.as_str()]);
    let tagged = repository.look(&after(&look)).await.unwrap();
    assert_eq!(
        (tagged.tags["odd"].lines.as_slice(), tagged.tags["odd"].nearest.as_ref()),
        (&["main".to_owned()][..], Some(&odd))
    );
    // As the known head, too, it is no rewrite.
    let mut known = after(&tagged);
    known.heads.insert("main".to_owned(), odd);
    let look = repository.look(&known).await.unwrap();
    assert_eq!((look.lines[0].rewritten, look.lines[0].commits.len()), (false, 250));
}

#[tokio::test]
async fn an_export_is_four_requests_and_a_file_is_one() {
    let stand = Stand::new();
    let (fixture, commit) = shop();
    for number in 0..300 {
        fixture.write(&format!("api/{number}"), number.to_string());
    }
    let many = fixture.commit("many");
    let repository = stand.open(&fixture);
    let into = tempfile::tempdir().unwrap();
    repository.export(&many, &Patterns::default(), into.path()).await.unwrap();
    let taken = stand.taken();
    assert_eq!(taken.len(), 4, "{taken:?}");
    assert_eq!(std::fs::read_dir(into.path().join("api")).unwrap().count(), 301);
    assert_eq!(repository.file(&commit, "api/main", 10).await.unwrap().as_deref(), Some("1"));
    assert_eq!(stand.taken(), ["POST /graphql"]);
}
