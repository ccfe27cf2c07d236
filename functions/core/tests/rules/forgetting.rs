//! The state is bounded, however long the ledger grows, and forgets nothing that the rules need.

use trunkline_core::fact::Fact;
use trunkline_core::state::REMEMBERED;

use super::story::{PLAIN, Story, long_commit, long_revision, name};

/// A story with so many commits, all of them deployed to stage; the first one also to prod.
fn years(commits: usize) -> Story {
    let mut story = Story::new(PLAIN);
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
            story.deploy_at_once(long_commit(id));
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
