//! Where a tag's commit is: the lines whose first parents hold it, and what trunk has nearest to it.

use std::collections::{BTreeMap, HashSet};

use trunkline_core::ids::Commit;
use trunkline_ports::failure::Failure;

use crate::chain::{Chain, Source};
use crate::graph::Graph;

/// The most commits beside trunk that are read for one tag; what is not found by then is not told.
const MAX_READ: usize = 2_000;

/// Lines, walked as far as was needed.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Trunk; nothing when there is none.
    pub(crate) trunk: Chain,
    /// Trunk's name.
    pub(crate) name: String,
    /// Release branches by name.
    pub(crate) releases: BTreeMap<String, Release>,
}

/// A release branch down to where it left trunk.
#[derive(Debug, Default)]
pub(crate) struct Release {
    /// Its own commits, newest first.
    pub(crate) own: Vec<Commit>,
    /// Trunk's commit that it left from, and where that stands; nothing when it never was trunk's.
    pub(crate) fork: Option<(Commit, usize)>,
}

impl Lines {
    /// Walks a release branch down to trunk, at most `limit` commits.
    ///
    /// # Errors
    /// As [`Graph::ensure`].
    pub(crate) async fn release(
        &mut self,
        head: &Commit,
        limit: usize,
        graph: &mut Graph,
        source: Source<'_>,
    ) -> Result<Release, Failure> {
        let mut release = Release::default();
        let mut next = Some(head.clone());
        while let Some(commit) = next {
            graph.ensure(source.client, source.name, [&commit]).await?;
            let Some(said) = graph.get(&commit) else { break };
            let (time, parent) = (said.time, said.parents.first().cloned());
            // Trunk is walked until it is older than the commit: then it holds the commit, or never will.
            self.trunk.pass(time, graph, source).await?;
            if let Some(position) = self.trunk.positions.get(&commit) {
                release.fork = Some((commit, *position));
                break;
            }
            if release.own.len() == limit {
                release.fork = Some((commit, usize::MAX));
                break;
            }
            release.own.push(commit);
            next = parent;
        }
        Ok(release)
    }

    /// The lines that hold a commit.
    ///
    /// # Errors
    /// As [`Graph::ensure`].
    pub(crate) async fn holding(
        &mut self,
        commit: &Commit,
        graph: &mut Graph,
        source: Source<'_>,
    ) -> Result<Vec<String>, Failure> {
        let position = self.trunk.find(commit, graph, source).await?;
        let mut lines: Vec<String> = position.map(|_| self.name.clone()).into_iter().collect();
        for (name, release) in &self.releases {
            // What trunk has below the fork, the branch has too.
            let below = position.zip(release.fork.as_ref()).is_some_and(|(position, (_, fork))| position >= *fork);
            if below || release.own.contains(commit) {
                lines.push(name.clone());
            }
        }
        Ok(lines)
    }

    /// The newest of trunk's first parents that is a commit's ancestor, or the commit itself.
    ///
    /// # Errors
    /// As [`Graph::ensure`].
    pub(crate) async fn nearest(
        &mut self,
        commit: &Commit,
        graph: &mut Graph,
        source: Source<'_>,
    ) -> Result<Option<Commit>, Failure> {
        let mut best: Option<usize> = None;
        let mut seen = HashSet::new();
        let mut open = vec![commit.clone()];
        while let Some(commit) = open.pop() {
            if !seen.insert(commit.clone()) || seen.len() > MAX_READ {
                continue;
            }
            if let Some(position) = self.trunk.positions.get(&commit) {
                best = Some(best.map_or(*position, |best| best.min(*position)));
                continue;
            }
            graph.ensure(source.client, source.name, [&commit]).await?;
            let Some(said) = graph.get(&commit) else { continue };
            let (time, parents) = (said.time, said.parents.clone());
            self.trunk.pass(time, graph, source).await?;
            if let Some(position) = self.trunk.positions.get(&commit) {
                best = Some(best.map_or(*position, |best| best.min(*position)));
            } else {
                open.extend(parents);
            }
        }
        Ok(best.and_then(|position| self.trunk.order.get(position).cloned()))
    }
}
