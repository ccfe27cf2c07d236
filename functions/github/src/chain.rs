//! First parents: the commits that a line consists of, walked only as far back as a question needs.

use std::collections::HashMap;

use http::StatusCode;
use serde::Deserialize;
use trunkline_core::ids::{Commit, Time};
use trunkline_ports::failure::Failure;

use crate::client::{Ask, Client};
use crate::graph::Graph;
use crate::name::RepositoryName;

/// How much older than a commit its line is walked without asking whether the commit can still be there, in milliseconds: a day,
/// since clocks differ.
const SLACK: i64 = 24 * 60 * 60 * 1000;

/// Where commits are read from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) client: &'a Client,
    pub(crate) name: &'a RepositoryName,
}

/// A line from its head on, as far back as it was walked.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// Newest first.
    pub(crate) order: Vec<Commit>,
    /// Where each of them stands: 0 is the head.
    pub(crate) positions: HashMap<Commit, usize>,
    /// The commit to go on with; nothing at the end.
    next: Option<Commit>,
}

impl Chain {
    /// The line with this head, not walked yet.
    pub(crate) fn new(head: &Commit) -> Self {
        Self { next: Some(head.clone()), ..Self::default() }
    }

    /// Whether it was walked to its end.
    pub(crate) fn ended(&self) -> bool {
        self.next.is_none()
    }

    /// Walks as far as commits are known already, at least one further.
    ///
    /// # Errors
    /// As [`Graph::ensure`].
    pub(crate) async fn extend(&mut self, graph: &mut Graph, source: Source<'_>) -> Result<(), Failure> {
        if let Some(next) = &self.next {
            graph.ensure(source.client, source.name, [next]).await?;
        }
        while let Some(said) = self.next.as_ref().and_then(|next| graph.get(next)) {
            let parent = said.parents.first().cloned();
            self.push(parent);
        }
        // A commit that GitHub has not got ends the line.
        if self.next.as_ref().is_some_and(|next| graph.is_gone(next)) {
            self.next = None;
        }
        Ok(())
    }

    fn push(&mut self, parent: Option<Commit>) {
        if let Some(commit) = std::mem::replace(&mut self.next, parent) {
            self.positions.insert(commit.clone(), self.order.len());
            self.order.push(commit);
        }
    }

    /// Where a commit stands on the line; nothing when it is not on it.
    ///
    /// The line is walked until it is met, or until it is so much older that one comparison by GitHub says it cannot be met.
    ///
    /// # Errors
    /// As [`Graph::ensure`].
    pub(crate) async fn find(
        &mut self,
        commit: &Commit,
        graph: &mut Graph,
        source: Source<'_>,
    ) -> Result<Option<usize>, Failure> {
        let mut compared = false;
        loop {
            if let Some(position) = self.positions.get(commit) {
                return Ok(Some(*position));
            }
            let Some(time) = graph.get(commit).map(|said| said.time) else { return Ok(None) };
            if self.ended() {
                return Ok(None);
            }
            if let Some(tail) = self.passed(time, graph).filter(|_| !compared) {
                // Dates alone do not tell: a clock may have been wrong.
                if !is_ancestor(source, commit, tail).await? {
                    return Ok(None);
                }
                compared = true;
            }
            self.extend(graph, source).await?;
        }
    }

    /// Walks until the line is older than `time`, or ends.
    ///
    /// # Errors
    /// As [`Graph::ensure`].
    pub(crate) async fn pass(&mut self, time: Time, graph: &mut Graph, source: Source<'_>) -> Result<(), Failure> {
        while !self.ended() && self.passed(time, graph).is_none() {
            self.extend(graph, source).await?;
        }
        Ok(())
    }

    /// The oldest commit that was walked, when it is surely older than `time`.
    fn passed(&self, time: Time, graph: &Graph) -> Option<&Commit> {
        let tail = self.order.last()?;
        (graph.get(tail)?.time.0 + SLACK < time.0).then_some(tail)
    }
}

/// Whether `commit` is `later` or one of its ancestors.
async fn is_ancestor(source: Source<'_>, commit: &Commit, later: &Commit) -> Result<bool, Failure> {
    #[derive(Deserialize)]
    struct Compared {
        status: String,
    }
    let Source { client, name } = source;
    // The second page has no files, which the first one would tell with all their lines.
    let path = format!("/repos/{name}/compare/{later}...{commit}?per_page=1&page=2");
    let answer = client.send(Ask::get(name, path)).await?;
    // Without a common ancestor there is nothing to compare.
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(false);
    }
    let compared: Compared = client.read(&answer, StatusCode::OK, "a comparison", "contents: read")?;
    Ok(matches!(compared.status.as_str(), "identical" | "behind"))
}
