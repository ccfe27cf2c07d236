//! A repository in memory: commits with parents and files, branches, tags. What it shows is in `look`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use trunkline_core::fact::Revision;
use trunkline_core::ids::{Commit, TagName, Time};
use trunkline_core::key::{self, File};
use trunkline_core::policy::{self, Patterns, Policy};
use trunkline_core::refusal::{Code, Refusal};

use super::folders::{Folders, Tree};
use crate::failure::{Failure, Fault};
use crate::repository::{Ask, Look};

/// A repository in memory.
#[derive(Debug, Default)]
pub struct Repository {
    folders: Rc<Folders>,
    pub(super) content: RefCell<Content>,
}

#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) commits: BTreeMap<Commit, Object>,
    pub(super) branches: BTreeMap<String, Commit>,
    pub(super) tags: BTreeMap<TagName, (Commit, Option<String>)>,
    policies: BTreeMap<String, Result<Rc<Policy>, Refusal>>,
}

/// A commit as it is kept.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) parents: Vec<Commit>,
    pub(super) files: Tree,
    pub(super) revision: Revision,
}

/// A commit to be made.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Its parents, first parent first.
    pub parents: Vec<Commit>,
    /// Its files: their text by path.
    pub files: Tree,
    /// When it is made.
    pub time: Time,
    /// Its author: `Name <address>`.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

impl Repository {
    /// A repository that is exported into these folders.
    pub fn new(folders: Rc<Folders>) -> Self {
        Self { folders, ..Self::default() }
    }

    /// Makes a commit; its id follows from all it is made of.
    ///
    /// # Panics
    /// Never: the sum it takes is a commit id.
    pub fn commit(&self, made: Made) -> Commit {
        let words = (&made.parents, &made.files, made.time, &made.author, &made.subject);
        let text = serde_json::to_string(&words).unwrap_or_default();
        let commit: Commit = Policy::digest(&text).hex()[..40].parse().expect("40 digits of a sum are a commit id");
        let mut content = self.content.borrow_mut();
        let revision = content.revision(&commit, &made);
        content.commits.insert(commit.clone(), Object { parents: made.parents, files: made.files, revision });
        commit
    }

    /// Points a branch to a commit, or removes it.
    pub fn branch(&self, name: &str, commit: Option<&Commit>) {
        let mut content = self.content.borrow_mut();
        match commit {
            Some(commit) => content.branches.insert(name.to_owned(), commit.clone()),
            None => content.branches.remove(name),
        };
    }

    /// Points a tag to a commit, moving it if it is there; an annotated one says `by` whom it was made.
    pub fn point(&self, tag: &TagName, commit: &Commit, by: Option<&str>) {
        self.content.borrow_mut().tags.insert(tag.clone(), (commit.clone(), by.map(str::to_owned)));
    }

    /// Removes a tag.
    pub fn remove(&self, tag: &TagName) {
        self.content.borrow_mut().tags.remove(tag);
    }

    /// A branch's head.
    pub fn head(&self, branch: &str) -> Option<Commit> {
        self.content.borrow().branches.get(branch).cloned()
    }

    /// Every tag and the commit it is on.
    pub fn tags(&self) -> BTreeMap<TagName, Commit> {
        self.content.borrow().tags.iter().map(|(tag, (commit, _))| (tag.clone(), commit.clone())).collect()
    }

    /// The files of a commit; none when it is not there.
    pub fn files(&self, commit: &Commit) -> Tree {
        self.content.borrow().commits.get(commit).map(|object| object.files.clone()).unwrap_or_default()
    }

    /// First parents from `commit` on, newest first.
    pub fn chain(&self, commit: &Commit) -> Vec<Commit> {
        self.content.borrow().chain(commit)
    }
}

impl Content {
    pub(super) fn chain(&self, commit: &Commit) -> Vec<Commit> {
        let parent = |commit: &Commit| self.commits.get(commit).and_then(|object| object.parents.first().cloned());
        std::iter::successors(Some(commit.clone()), parent).collect()
    }

    fn revision(&mut self, commit: &Commit, made: &Made) -> Revision {
        let missing = || Refusal::new(Code::PolicyMissing, format!("{} has no `{}`", commit.short(12), policy::FILE));
        let policy = made.files.get(policy::FILE).ok_or_else(missing).and_then(|text| self.policy(text));
        let object = |text: &str| Policy::digest(text).hex()[..40].to_owned();
        let files: Vec<File> = made
            .files
            .iter()
            .map(|(path, text)| File { path: path.clone(), mode: "100644".to_owned(), object: object(text) })
            .collect();
        Revision {
            commit: commit.clone(),
            time: made.time,
            author: made.author.clone(),
            subject: made.subject.clone(),
            keys: policy.as_ref().map(|policy| key::keys(policy, &files)).unwrap_or_default(),
            adopted: policy.as_ref().map(|policy| key::adopted(policy)).unwrap_or_default(),
            refused: policy.err(),
        }
    }

    fn policy(&mut self, text: &str) -> Result<Rc<Policy>, Refusal> {
        let read = || Policy::parse(text).map(Rc::new);
        self.policies.entry(text.to_owned()).or_insert_with(read).clone()
    }

    fn resolve(&self, revision: &str) -> Option<&Commit> {
        let full = |text: &str| self.commits.keys().find(|commit| commit.as_str() == text);
        let short = || {
            let mut found = self.commits.keys().filter(|commit| commit.as_str().starts_with(revision));
            found.next().filter(|_| revision.len() >= 4 && found.next().is_none())
        };
        let tag = self.tags.get(revision).map(|(commit, _)| commit);
        full(revision).or(tag).or_else(|| self.branches.get(revision)).or_else(short)
    }
}

fn unknown(commit: &Commit) -> Refusal {
    Refusal::new(Code::UnknownRevision, format!("the repository has no commit {commit}"))
        .help("fetch it, or name another")
}

impl crate::repository::Repository for Repository {
    async fn look(&self, ask: &Ask) -> Result<Look, Failure> {
        Ok(super::look::look(&self.content.borrow(), ask))
    }

    async fn file(&self, commit: &Commit, path: &str, limit: usize) -> Result<Option<String>, Failure> {
        let content = self.content.borrow();
        let object = content.commits.get(commit).ok_or_else(|| unknown(commit))?;
        let text = object.files.get(path);
        if text.is_some_and(|text| text.len() > limit) {
            let message = format!("`{path}` at {commit} is longer than {limit} bytes");
            return Err(Refusal::new(Code::InputTooLarge, message).help("make it shorter").into());
        }
        Ok(text.cloned())
    }

    async fn export(&self, commit: &Commit, watch: &Patterns, into: &Path) -> Result<(), Failure> {
        let files = match self.content.borrow().commits.get(commit) {
            Some(object) => object.files.clone(),
            None => return Err(unknown(commit).into()),
        };
        for (path, text) in files.iter().filter(|(path, _)| watch.matches(path)) {
            let gone = || Fault::lasting(format!("`{}` is not there", into.display()));
            self.folders.write(&into.join(path), text).ok_or_else(gone)?;
        }
        Ok(())
    }

    async fn resolve(&self, revision: &str) -> Result<Commit, Failure> {
        self.content.borrow().resolve(revision).cloned().ok_or_else(|| {
            let message = format!("`{revision}` names no commit");
            Refusal::new(Code::UnknownRevision, message).help("give a commit id, a branch or a tag").into()
        })
    }

    async fn tag(&self, commit: &Commit, tag: &TagName) -> Result<(), Failure> {
        let mut content = self.content.borrow_mut();
        if !content.commits.contains_key(commit) {
            return Err(unknown(commit).into());
        }
        let (there, _) = content.tags.entry(tag.clone()).or_insert_with(|| (commit.clone(), None));
        if there == commit {
            return Ok(());
        }
        Err(Refusal::new(Code::TagMoved, format!("the tag `{tag}` is already on {there}"))
            .help("a promotion tag names one commit for ever: choose another name")
            .into())
    }
}
