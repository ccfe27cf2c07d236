//! Commits with their parents, fetched a hundred at a time where they are needed.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Deserialize;
use trunkline_core::ids::{Commit, Time};
use trunkline_core::text::clean;
use trunkline_ports::failure::{Failure, Fault};

use crate::client::Client;
use crate::graphql::{Page, quoted, repository};
use crate::name::RepositoryName;

/// What is asked of each commit. More than ten parents are told of no commit that anybody made by hand.
pub(crate) const SAID: &str = "fragment Said on Commit { oid committedDate message author { name email } tree { oid } \
    parents(first: 10) { nodes { oid } } file(path: \"trunkline.yaml\") { mode oid } }";

/// How many commits are asked for at once. Source: <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>
const TOGETHER: usize = 100;

/// From how many commits a history is asked for in one question.
const STARTS: usize = 10;

/// The most commits that one look reads.
const MAX_COMMITS: usize = 50_000;

/// The longest author or subject that is told, in characters.
const MAX_LINE: usize = 200;

/// A commit as GitHub tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    oid: String,
    committed_date: String,
    message: String,
    author: Option<Actor>,
    tree: Id,
    parents: Page<Id>,
    file: Option<PolicyFile>,
}

/// Who made something.
#[derive(Debug, Deserialize)]
pub(crate) struct Actor {
    name: Option<String>,
    email: Option<String>,
}

/// An object of which only the id matters.
#[derive(Debug, Deserialize)]
pub(crate) struct Id {
    pub(crate) oid: String,
}

/// The policy's file at a commit.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PolicyFile {
    pub(crate) mode: u32,
    pub(crate) oid: String,
}

impl Actor {
    /// `Name <address>`, as git writes it.
    pub(crate) fn shown(&self) -> String {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        clean(&format!("{} <{}>", text(&self.name), text(&self.email)), MAX_LINE)
    }
}

/// What a commit says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) tree: String,
    pub(crate) parents: Vec<Commit>,
    pub(crate) author: String,
    pub(crate) time: Time,
    pub(crate) subject: String,
    pub(crate) policy: Option<PolicyFile>,
}

/// Commits that were read.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    commits: HashMap<Commit, Said>,
    /// Those that GitHub has not got.
    gone: HashSet<Commit>,
}

impl Graph {
    /// What is known of a commit.
    pub(crate) fn get(&self, commit: &Commit) -> Option<&Said> {
        self.commits.get(commit)
    }

    /// Whether GitHub has not got a commit that was asked for.
    pub(crate) fn is_gone(&self, commit: &Commit) -> bool {
        self.gone.contains(commit)
    }

    /// Adds commits.
    ///
    /// # Errors
    /// A fault when one is told in a way that is not understood, or there are too many.
    pub(crate) fn add(&mut self, nodes: impl IntoIterator<Item = Node>) -> Result<(), Failure> {
        for node in nodes {
            let commit: Commit = node.oid.parse()?;
            let date: Timestamp = node.committed_date.parse().map_err(|_| Fault::lasting("a commit without a date"))?;
            let said = Said {
                tree: node.tree.oid,
                parents: node.parents.nodes.iter().filter_map(|parent| parent.oid.parse().ok()).collect(),
                author: node.author.map(|author| author.shown()).unwrap_or_default(),
                time: Time(date.as_second().saturating_mul(1000)),
                subject: clean(node.message.trim_start_matches('\n').lines().next().unwrap_or_default(), MAX_LINE),
                policy: node.file,
            };
            self.commits.insert(commit, said);
        }
        if self.commits.len() > MAX_COMMITS {
            return Err(Fault::lasting(format!("more than {MAX_COMMITS} commits would have to be read")).into());
        }
        Ok(())
    }

    /// Makes sure that commits are known, each by itself, unless GitHub has not got them.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub(crate) async fn ensure_alone(
        &mut self,
        client: &Client,
        name: &RepositoryName,
        wanted: impl IntoIterator<Item = &Commit>,
    ) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Data {
            repository: HashMap<String, Option<Object>>,
        }
        /// Empty when it is no commit.
        #[derive(Deserialize)]
        struct Object {
            #[serde(flatten)]
            node: Option<Node>,
        }
        let missing = self.missing(wanted);
        for some in missing.chunks(TOGETHER) {
            let field = |(number, commit): (usize, &Commit)| {
                format!("c{number}: object(oid: {}) {{ ...Said }}", quoted(commit.as_str()))
            };
            let fields = some.iter().enumerate().map(field).collect::<Vec<_>>().join(" ");
            let query = format!("{{ {} {{ {fields} }} }} {SAID}", repository(name));
            let data: Data = client.query(name, &query, "contents: read").await?;
            self.add(data.repository.into_values().flatten().filter_map(|object| object.node))?;
            self.gone.extend(some.iter().filter(|commit| !self.commits.contains_key(*commit)).cloned());
        }
        Ok(())
    }

    fn missing<'a>(&self, wanted: impl IntoIterator<Item = &'a Commit>) -> Vec<Commit> {
        let unknown = |commit: &&Commit| !self.commits.contains_key(*commit) && !self.gone.contains(*commit);
        let mut missing: Vec<Commit> = wanted.into_iter().filter(unknown).cloned().collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Makes sure that commits are known, with those before them, unless GitHub has not got them.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub(crate) async fn ensure(
        &mut self,
        client: &Client,
        name: &RepositoryName,
        wanted: impl IntoIterator<Item = &Commit>,
    ) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Data {
            repository: HashMap<String, Option<Start>>,
        }
        #[derive(Deserialize)]
        struct Start {
            history: Option<Page<Node>>,
        }
        let missing = self.missing(wanted);
        for some in missing.chunks(STARTS) {
            // What one history brought may hold the next one's start.
            let some: Vec<&Commit> = some.iter().filter(|commit| !self.commits.contains_key(*commit)).collect();
            let history = format!("... on Commit {{ history(first: {TOGETHER}) {{ nodes {{ ...Said }} }} }}");
            let fields = some
                .iter()
                .enumerate()
                .map(|(number, commit)| format!("c{number}: object(oid: {}) {{ {history} }}", quoted(commit.as_str())));
            let query = format!("{{ {} {{ {} }} }} {SAID}", repository(name), fields.collect::<Vec<_>>().join(" "));
            if some.is_empty() {
                continue;
            }
            let data: Data = client.query(name, &query, "contents: read").await?;
            for start in data.repository.into_values() {
                self.add(start.and_then(|start| start.history).into_iter().flat_map(|page| page.nodes))?;
            }
            self.gone.extend(some.into_iter().filter(|commit| !self.commits.contains_key(*commit)).cloned());
        }
        Ok(())
    }
}
