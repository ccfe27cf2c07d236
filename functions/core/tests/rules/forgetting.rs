//! The state is bounded, however long the ledger grows, and forgets nothing that the rules need.

use trunkline_core::fact::Fact;
use trunkline_core::state::{DEPLOYMENTS, REMEMBERED};

use super::story::{PLAIN, Story, long_commit, long_revision, name};

/// A story with so many commits, all of them deployed to stage, every tenth to demo, the first one to prod.
fn years(commits: usize) -> Story {
    let mut story = Story::new(&PLAIN.replace("  prod:", "  demo: { on: \"rc-*\" }\n  prod:"));
    for id in 0..commits {
        let base = id.checked_sub(1).map(long_commit);
        let revisions = vec![long_revision(id)];
        story.say(Fact::LineMoved { line: "main".to_owned(), release: false, base, revisions });
        if id == 0 {
            let tag = "v1".parse().unwrap();
            let lines = vec!["main".to_owned()];
            story.say(Fact::TagSeen { tag, commit: long_commit(0), by: None, lines, nearest: None, adopted: false });
        }
        if id == 0 || id + 1 == commits {
            story.settle();
        } else {
            story.deploy_at_once("stage", long_commit(id));
            if id % 10 == 0 {
                story.deploy_at_once("demo", long_commit(id));
            }
        }
    }
    story
}

#[test]
fn the_state_holds_a_bounded_number_of_commits_and_deployments() {
    let story = years(2 * REMEMBERED + 10);
    assert!(story.state.lines["main"].commits.len() < 2 * REMEMBERED);
    assert!(story.state.environments[&name("stage")].deployments.len() < 2 * REMEMBERED);
    assert!(story.state.builds[&name("site")].len() < 2 * REMEMBERED);
    assert_eq!(story.state.lines["main"].first + story.state.lines["main"].commits.len(), 2 * REMEMBERED + 10);
}

#[test]
fn deployments_are_remembered_as_long_as_their_commits_and_some_of_each_environment_longer() {
    let story = years(4 * REMEMBERED);
    let line = &story.state.lines["main"];
    let ran = |environment: &str| story.state.environments[&name(environment)].deployments.iter();
    let of = |environment: &str, commit| ran(environment).any(|deployment| deployment.deploy.commit == commit);
    assert!(line.commits.iter().all(|commit| of("stage", commit.clone())), "`after` asks for each of them");
    // Demo gets a tenth of the commits, so its last deployments reach further back than the line.
    assert!(ran("demo").count() >= DEPLOYMENTS);
    let oldest = ran("demo").next().unwrap().deploy.commit.clone();
    assert!(!line.commits.contains(&oldest) && story.state.revisions.contains_key(&oldest));
    assert!(ran("demo").count() < DEPLOYMENTS + REMEMBERED / 5);
}

#[test]
fn what_an_environment_runs_is_never_forgotten() {
    let mut story = years(2 * REMEMBERED + 10);
    assert_eq!(story.state.environments[&name("prod")].current().unwrap().deploy.commit, long_commit(0));
    assert!(story.state.contents(&long_commit(0)).artifacts.len() == 1);
    // A newer tag still moves it, since the old commit is still known to come before.
    let (tag, commit) = ("v2".parse().unwrap(), long_commit(2 * REMEMBERED));
    story.say(Fact::TagSeen { tag, commit, by: None, lines: vec!["main".to_owned()], nearest: None, adopted: false });
    story.settle();
    assert_eq!(story.state.environments[&name("prod")].current().unwrap().deploy.commit, long_commit(2 * REMEMBERED));
}
