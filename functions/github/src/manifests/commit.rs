//! One commit, offered on the head that was read. When its answer is lost, the branch itself tells whether it happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_core::deployment::Mark;
use trunkline_manifests::{Change, message};
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Version};

use super::Branch;
use super::effect;
use crate::client::Client;
use crate::graphql::Said;

/// Source: <https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch>
const MUTATION: &str =
    "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }";

/// A commit that is to be made.
pub(super) struct Offer<'a> {
    pub(super) branch: &'a Branch,
    /// The head that it must come after.
    pub(super) on: &'a Version,
    pub(super) message: String,
    pub(super) changes: &'a [Change],
    pub(super) mark: &'a Mark,
    /// The trailer by which it is known as ours.
    pub(super) trailer: &'static str,
}

impl Offer<'_> {
    /// Makes the commit, if the head is still the same.
    ///
    /// # Errors
    /// A refusal when the repository's rules refuse it, a fault when it may not have happened.
    pub(super) async fn make(&self, client: &Client) -> Result<Put, Failure> {
        let name = &self.branch.name;
        let said: Result<Said<Value>, Failure> = client.say(name, MUTATION, &self.input(), false).await;
        let lost = match said {
            Ok(said) => match said.errors.first() {
                None => return Ok(Put::Done),
                Some(wrong) if wrong.is("STALE_DATA") => return Ok(Put::Moved),
                Some(wrong) => client.wrong(name, wrong, "contents: write"),
            },
            Err(failure) => failure,
        };
        match lost {
            Failure::Fault(ref fault) if fault.again => self.settle(client, lost).await,
            other => Err(other),
        }
    }

    fn input(&self) -> Value {
        let (headline, body) = self.message.split_once("\n\n").unwrap_or((&self.message, ""));
        let addition = |change: &Change| json!({ "path": change.path, "contents": STANDARD.encode(&change.text) });
        json!({ "input": {
            "branch": { "repositoryNameWithOwner": self.branch.name.to_string(), "branchName": self.branch.branch },
            "expectedHeadOid": self.on.0,
            "message": { "headline": headline, "body": body },
            "fileChanges": { "additions": self.changes.iter().map(addition).collect::<Vec<_>>() },
        } })
    }

    /// Whether it happened although it failed: then a commit with our trailer comes right after the head that we saw.
    async fn settle(&self, client: &Client, lost: Failure) -> Result<Put, Failure> {
        let Ok(history) = effect::newest(client, self.branch).await else { return Err(lost) };
        if history.first().is_some_and(|head| head.is(&self.on.0)) {
            return Err(lost);
        }
        let ours = history
            .iter()
            .any(|commit| commit.is_after(&self.on.0) && message::says(&commit.message, self.mark, self.trailer));
        Ok(if ours { Put::Done } else { Put::Moved })
    }
}

/// A commit of a branch, with what it says.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) oid: String,
    pub(super) message: String,
    parents: crate::graphql::Page<crate::graph::Id>,
}

impl Told {
    /// What is asked of each commit.
    pub(super) const FIELDS: &'static str = "oid message parents(first: 1) { nodes { oid } }";

    fn is(&self, oid: &str) -> bool {
        self.oid == oid
    }

    fn is_after(&self, oid: &str) -> bool {
        self.parent() == Some(oid)
    }

    /// Its first parent.
    pub(super) fn parent(&self) -> Option<&str> {
        self.parents.nodes.first().map(|parent| parent.oid.as_str())
    }
}
