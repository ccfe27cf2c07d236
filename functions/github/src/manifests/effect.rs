//! An effect on a branch: the commit that carries its number is found by its trailers, and its parent is what was before.

use std::collections::HashMap;

use serde::Deserialize;
use trunkline_core::deployment::Mark;
use trunkline_core::ids::Commit;
use trunkline_manifests::message::{ENTRY, UNDO, says};
use trunkline_ports::failure::{Failure, Fault};

use super::Branch;
use super::commit::Told;
use super::files::{self, Head};
use crate::client::Client;
use crate::graphql::{Page, quoted, repository};

/// How far back an effect is searched, in commits: what is undone is hardly ever old.
const DEPTH: usize = 2000;

/// How many commits are asked for at once.
const TOGETHER: usize = 100;

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is on the branch.
    Effect {
        /// The commit that carries it.
        commit: Commit,
        /// The commit before that.
        before: Commit,
    },
    /// It was undone since.
    Undone,
    /// It is not there.
    Nothing,
}

#[derive(Deserialize)]
struct At {
    oid: String,
    history: Option<Page<Told>>,
}

fn history() -> String {
    format!("history(first: {TOGETHER}) {{ nodes {{ {} }} }}", Told::FIELDS)
}

/// The newest commits of a branch, its head first.
///
/// # Errors
/// As [`Client::query`].
pub(super) async fn newest(client: &Client, branch: &Branch) -> Result<Vec<Told>, Failure> {
    Ok(at_head(client, branch).await?.history.map(|page| page.nodes).unwrap_or_default())
}

async fn at_head(client: &Client, branch: &Branch) -> Result<At, Failure> {
    let head: Head<At> = files::at_head(client, branch, &history()).await?;
    Ok(head.target.ok_or_else(|| Fault::passing(format!("{} points to nothing", branch.shown())))?)
}

/// The branch's head, and what became of the effect with `mark`'s number: the newest first, by first parents.
///
/// # Errors
/// As [`Client::query`].
pub(super) async fn find(client: &Client, branch: &Branch, mark: &Mark) -> Result<(Commit, Found), Failure> {
    let at = at_head(client, branch).await?;
    let head: Commit = at.oid.parse()?;
    let index =
        |page: Option<Page<Told>>| page.into_iter().flat_map(|page| page.nodes).map(|told| (told.oid.clone(), told));
    let mut known: HashMap<String, Told> = index(at.history).collect();
    let mut next = Some(at.oid);
    for _ in 0..DEPTH {
        let Some(oid) = next else { break };
        if !known.contains_key(&oid) {
            known.extend(index(more(client, branch, &oid).await?));
        }
        let Some(told) = known.get(&oid) else { break };
        if says(&told.message, mark, UNDO) {
            return Ok((head, Found::Undone));
        }
        let parent = told.parent();
        if says(&told.message, mark, ENTRY) {
            // One without a parent is no effect: something must have stood there before.
            let Some(before) = parent else { break };
            return Ok((head, Found::Effect { commit: told.oid.parse()?, before: before.parse()? }));
        }
        next = parent.map(str::to_owned);
    }
    Ok((head, Found::Nothing))
}

async fn more(client: &Client, branch: &Branch, oid: &str) -> Result<Option<Page<Told>>, Failure> {
    #[derive(Deserialize)]
    struct Data {
        repository: Shown,
    }
    #[derive(Deserialize)]
    struct Shown {
        object: Option<Object>,
    }
    #[derive(Deserialize)]
    struct Object {
        history: Option<Page<Told>>,
    }
    let object = format!("object(oid: {}) {{ ... on Commit {{ {} }} }}", quoted(oid), history());
    let query = format!("{{ {} {{ {object} }} }}", repository(&branch.name));
    let data: Data = client.query(&branch.name, &query, "contents: write").await?;
    Ok(data.repository.object.and_then(|object| object.history))
}
