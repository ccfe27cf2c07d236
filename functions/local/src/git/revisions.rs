//! What a commit is: who made it, and what its artifacts are built from.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use trunkline_core::fact::Revision;
use trunkline_core::ids::{Commit, Key, Name};
use trunkline_core::key::{self, File};
use trunkline_core::policy::{FILE, MAX_BYTES, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use super::commit::{self, Said};
use super::objects::{MAX_OBJECT, Objects};
use super::tree::{self, Trees};
use crate::files::blocking;

/// What a policy says of one tree's artifacts.
#[derive(Clone, Debug, Default)]
struct Keys {
    /// What each is built from.
    built: BTreeMap<Name, Key>,
    /// Those that something else builds.
    adopted: Vec<Name>,
}

/// Commits, told one after the other; what they share is read once.
#[derive(Debug)]
pub(crate) struct Revisions {
    /// The trees and the conversation behind them.
    pub(crate) trees: Trees,
    /// By the id of the file's object.
    policies: HashMap<String, Result<Arc<Policy>, Refusal>>,
    /// By the id of the commit's tree.
    keys: HashMap<String, Result<Keys, Refusal>>,
}

impl Revisions {
    pub(crate) fn new(objects: Objects) -> Self {
        Self { trees: Trees::new(objects), policies: HashMap::new(), keys: HashMap::new() }
    }

    /// What a commit says of itself.
    ///
    /// # Errors
    /// [`Code::UnknownRevision`] when it is not there.
    pub(crate) async fn said(&mut self, commit: &Commit) -> Result<Said, Failure> {
        let object = self.trees.objects.get(commit.as_str(), MAX_OBJECT).await?;
        let body = object.filter(|object| object.header.kind == "commit").and_then(|object| object.body);
        Ok(body.and_then(|body| commit::read(&body)).ok_or_else(|| unknown(commit))?)
    }

    /// The commit as the ledger keeps it.
    ///
    /// # Errors
    /// As [`said`](Self::said). A policy that cannot be read is no error: the revision says so.
    pub(crate) async fn of(&mut self, commit: &Commit) -> Result<Revision, Failure> {
        let said = self.said(commit).await?;
        let keys = match self.keys.get(&said.tree) {
            Some(keys) => keys.clone(),
            None => self.keys(&said.tree).await?,
        };
        self.keys.insert(said.tree, keys.clone());
        let (keys, refused) = match keys {
            Ok(keys) => (keys, None),
            Err(refusal) => (Keys::default(), Some(refusal)),
        };
        Ok(Revision {
            commit: commit.clone(),
            time: said.time,
            author: said.author,
            subject: said.subject,
            keys: keys.built,
            adopted: keys.adopted,
            refused,
        })
    }

    async fn keys(&mut self, tree: &str) -> Result<Result<Keys, Refusal>, Failure> {
        let policy = match self.policy(tree).await? {
            Ok(policy) => policy,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let entries = self.trees.list(tree).await?;
        // Matching every path with every pattern takes long enough to hold up everything else.
        blocking(move || {
            let file = |entry: tree::Entry| File {
                path: tree::text(&entry.path),
                mode: entry.mode.as_str().to_owned(),
                object: entry.id,
            };
            let files: Vec<File> = entries.into_iter().map(file).collect();
            Ok(Ok(Keys { built: key::keys(&policy, &files), adopted: key::adopted(&policy) }))
        })
        .await
    }

    async fn policy(&mut self, tree: &str) -> Result<Result<Arc<Policy>, Refusal>, Failure> {
        let entry = self.trees.find(tree, FILE).await?.filter(|entry| entry.mode.is_file());
        let Some(entry) = entry else {
            let refusal = Refusal::new(Code::PolicyMissing, format!("there is no `{FILE}` at the root of this commit"));
            return Ok(Err(refusal.help("`trunkline init` writes one; commit it")));
        };
        if let Some(policy) = self.policies.get(&entry.id) {
            return Ok(policy.clone());
        }
        let object = self.trees.objects.get(&entry.id, MAX_BYTES).await?;
        let policy = match object.map(|object| object.body) {
            None => return Err(damaged(&entry.id)),
            Some(None) => Err(Refusal::new(Code::PolicyInvalid, format!("`{FILE}` is longer than {MAX_BYTES} bytes"))),
            Some(Some(body)) => String::from_utf8(body)
                .map_err(|_| Refusal::new(Code::PolicyInvalid, format!("`{FILE}` is not UTF-8")))
                .and_then(|text| Policy::parse(&text))
                .map(Arc::new),
        };
        self.policies.insert(entry.id, policy.clone());
        Ok(policy)
    }
}

/// There is no such commit.
pub(crate) fn unknown(commit: &Commit) -> Refusal {
    Refusal::new(Code::UnknownRevision, format!("the commit {commit} is not in this repository"))
        .help("fetch it first: `git fetch`, or `fetch-depth: 0` where a workflow checks out")
}

/// An object that another one names is not there.
pub(crate) fn damaged(id: &str) -> Failure {
    Fault::lasting(format!("the object {id} cannot be read: try `git fsck`")).into()
}
