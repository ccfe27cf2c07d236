//! What the stand-in remembers besides what git does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::git::Git;

/// Everything.
#[derive(Default)]
pub(crate) struct State {
    repositories: BTreeMap<String, Repository>,
    protected: BTreeMap<(String, String), String>,
    /// Installation tokens that count.
    pub(crate) tokens: BTreeSet<String>,
    numbers: u64,
}

/// A repository.
pub(crate) struct Repository {
    pub(crate) id: u64,
    /// `owner/name`.
    pub(crate) name: String,
    pub(crate) git: Git,
    hidden: bool,
    /// What was created by the API: `deployments`, `statuses`, `checks`, `comments`; each item with the key it belongs to.
    pub(crate) made: BTreeMap<&'static str, Vec<(String, Value)>>,
}

impl State {
    pub(crate) fn add(&mut self, name: &str, path: &Path) {
        let (id, git) = (self.number(), Git::at(path));
        let made = BTreeMap::new();
        self.repositories
            .insert(name.to_lowercase(), Repository { id, name: name.to_owned(), git, hidden: false, made });
    }

    pub(crate) fn hide(&mut self, name: &str) {
        if let Some(repository) = self.repositories.get_mut(&name.to_lowercase()) {
            repository.hidden = true;
        }
    }

    pub(crate) fn protect(&mut self, name: &str, branch: &str, reason: &str) {
        self.protected.insert((name.to_owned(), branch.to_owned()), reason.to_owned());
    }

    /// Why nobody may commit to a branch.
    pub(crate) fn protected(&self, name: &str, branch: &str) -> Option<&str> {
        self.protected.get(&(name.to_owned(), branch.to_owned())).map(String::as_str)
    }

    /// A repository by its name, in which case does not matter.
    pub(crate) fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(&name.to_lowercase()).filter(|repository| !repository.hidden)
    }

    /// The same, to create something in it.
    pub(crate) fn repository_mut(&mut self, name: &str) -> Option<&mut Repository> {
        self.repositories.get_mut(&name.to_lowercase()).filter(|repository| !repository.hidden)
    }

    /// A number nobody else has.
    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

impl Repository {
    /// What was created under a key, newest first.
    pub(crate) fn made(&self, kind: &str, key: &str) -> Vec<Value> {
        let all = self.made.get(kind).into_iter().flatten().rev();
        all.filter(|(of, _)| of == key).map(|(_, value)| value.clone()).collect()
    }
}
