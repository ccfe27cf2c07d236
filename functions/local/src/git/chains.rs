//! First parents: the commits that a line consists of.
//!
//! The first parents of all lines together are a forest, so one `git rev-list` gives every line at once.

use std::collections::{HashMap, HashSet};

use trunkline_core::ids::Commit;
use trunkline_ports::failure::Failure;

use super::Git;

/// First parents by commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chains(HashMap<Commit, Option<Commit>>);

impl Chains {
    /// The first parents of all of `heads`, without what `known` already has. Commits that are not there count for nothing.
    ///
    /// # Errors
    /// A fault when git cannot walk them.
    pub(crate) async fn load<'a>(
        git: &Git,
        heads: impl IntoIterator<Item = &'a Commit>,
        known: impl IntoIterator<Item = &'a Commit>,
    ) -> Result<Self, Failure> {
        let heads = heads.into_iter().map(|head| format!("{head}\n"));
        let input: String = heads.chain(known.into_iter().map(|head| format!("^{head}\n"))).collect();
        let order = git.order("rev-list").args(["--first-parent", "--parents", "--ignore-missing", "--stdin"]);
        let output = order.input(input).output().await?;
        let line = |line: &str| {
            let mut words = line.split(' ').map(str::parse);
            Some((words.next()?.ok()?, words.next().and_then(Result::ok)))
        };
        Ok(Self(String::from_utf8_lossy(&output).lines().filter_map(line).collect()))
    }

    /// `head` and its first parents, newest first, as far as they were loaded.
    pub(crate) fn walk<'a>(&'a self, head: &'a Commit) -> impl Iterator<Item = &'a Commit> {
        let loaded = |commit: &'a Commit| self.0.get_key_value(commit).map(|(commit, _)| commit);
        std::iter::successors(loaded(head), move |commit| loaded(self.parent(commit)?))
    }

    /// The first parent of a commit that was loaded.
    pub(crate) fn parent(&self, commit: &Commit) -> Option<&Commit> {
        self.0.get(commit)?.as_ref()
    }

    /// The commits after `known` to `head`, oldest first; nothing when `known` is no first parent of `head`.
    pub(crate) fn since(&self, head: &Commit, known: &Commit) -> Option<Vec<Commit>> {
        let mut commits = Vec::new();
        for commit in self.walk(head) {
            if commit == known {
                break;
            }
            commits.push(commit.clone());
        }
        // The last one's parent need not have been loaded itself.
        let met = commits.last().map_or(self.0.contains_key(known), |last| self.parent(last) == Some(known));
        commits.reverse();
        met.then_some(commits)
    }

    /// The newest commit that is a first parent of both, or one of them.
    pub(crate) fn common(&self, head: &Commit, other: &Commit) -> Option<Commit> {
        let theirs: HashSet<&Commit> = self.walk(other).collect();
        self.walk(head).find(|commit| theirs.contains(commit)).cloned()
    }
}
