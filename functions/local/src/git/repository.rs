//! A git repository on this machine, as the port has it.

use std::path::Path;

use trunkline_core::ids::{Commit, TagName};
use trunkline_core::policy::Patterns;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::text::clean;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::repository::{Ask, Look, Repository};

use super::objects::Objects;
use super::revisions::{Revisions, damaged, unknown};
use super::{Git, export, failure, look};
use crate::files::{blocking, fault};

/// A git repository on this machine: a work tree or a bare one.
///
/// It is only read, save for the tags it is asked to make. The work tree, the index and what is checked out do not matter.
#[derive(Clone, Debug)]
pub struct GitRepository {
    pub(super) git: Git,
}

impl GitRepository {
    /// The repository at `folder`. A folder inside a repository is not one.
    pub fn new(folder: &Path) -> Self {
        Self { git: Git::at(folder) }
    }

    /// The commit behind `revision`, when there is one; else what git says.
    async fn parse(&self, revision: &str) -> Result<Result<Commit, String>, Failure> {
        let order =
            self.git.order("rev-parse").args(["--verify", "--end-of-options"]).arg(format!("{revision}^{{commit}}"));
        let answer = order.answer().await?;
        if answer.status.success() {
            let commit = String::from_utf8_lossy(&answer.output).trim().parse::<Commit>()?;
            return Ok(Ok(commit));
        }
        match failure::explain("rev-parse", &answer.noise, false) {
            refused @ Failure::Refused(_) => Err(refused),
            Failure::Fault(_) => Ok(Err(failure::said(&answer.noise))),
        }
    }
}

impl Repository for GitRepository {
    async fn look(&self, ask: &Ask) -> Result<Look, Failure> {
        look::look(&self.git, ask).await
    }

    async fn file(&self, commit: &Commit, path: &str, limit: usize) -> Result<Option<String>, Failure> {
        let mut revisions = Revisions::new(Objects::open(&self.git)?);
        let tree = revisions.said(commit).await?.tree;
        let entry = revisions.trees.find(&tree, path).await?.filter(|entry| entry.mode.is_file());
        let Some(entry) = entry else { return Ok(None) };
        let object = revisions.trees.objects.get(&entry.id, limit).await?.ok_or_else(|| damaged(&entry.id))?;
        let shown = clean(path, 200);
        let body = object.body.ok_or_else(|| {
            let message = format!("`{shown}` at {commit} is longer than {limit} bytes");
            Refusal::new(Code::InputTooLarge, message).help("it is read whole: make it shorter")
        })?;
        let text = String::from_utf8(body).map_err(|_| {
            Refusal::new(Code::InputMissing, format!("`{shown}` at {commit} is no text")).help("save it as UTF-8")
        })?;
        Ok(Some(text))
    }

    async fn export(&self, commit: &Commit, watch: &Patterns, into: &Path) -> Result<(), Failure> {
        let folder = into.to_owned();
        blocking(move || {
            let mut content = std::fs::read_dir(&folder).map_err(|error| fault("reading", &folder, &error))?;
            match content.next() {
                None => Ok(()),
                Some(_) => {
                    Err(Fault::lasting(format!("`{}` is not empty, so nothing is exported into it", folder.display()))
                        .into())
                }
            }
        })
        .await?;
        let mut revisions = Revisions::new(Objects::open(&self.git)?);
        let tree = revisions.said(commit).await?.tree;
        let entries = revisions.trees.list(&tree).await?;
        export::export(&self.git, entries, watch, into).await
    }

    async fn resolve(&self, revision: &str) -> Result<Commit, Failure> {
        let shown = clean(revision, 100);
        let refusal = |said: &str| {
            Refusal::new(Code::UnknownRevision, format!("`{shown}` names no commit: {said}"))
                .help("give a commit id, a branch or a tag that `git log` understands too")
        };
        if revision.is_empty() || revision.starts_with('-') || revision.chars().any(char::is_control) {
            return Err(refusal("it is no revision").into());
        }
        Ok(self.parse(revision).await?.map_err(|said| refusal(&said))?)
    }

    /// Makes a lightweight tag. Git compares before it writes, so of two who make the same tag one is told of the other's.
    async fn tag(&self, commit: &Commit, tag: &TagName) -> Result<(), Failure> {
        let name = format!("refs/tags/{tag}");
        self.parse(commit.as_str()).await?.map_err(|_| unknown(commit))?;
        let nothing = "0".repeat(commit.as_str().len());
        let answer = self.git.order("update-ref").args(["--", &name, commit.as_str(), &nothing]).answer().await?;
        if answer.status.success() {
            return Ok(());
        }
        let order = self.git.order("rev-parse").args(["--verify", "--quiet", "--end-of-options"]).arg(&name);
        let there = order.answer().await?.status.success();
        match self.parse(&name).await? {
            Ok(other) if other == *commit => Ok(()),
            Ok(other) => Err(moved(tag, &format!("the commit {other}")).into()),
            Err(_) if there => Err(moved(tag, "something that is no commit").into()),
            Err(_) => Err(refused(tag, &answer.noise)),
        }
    }
}

fn moved(tag: &TagName, on: &str) -> Refusal {
    Refusal::new(Code::TagMoved, format!("the tag `{tag}` is already on {on}"))
        .help("a promotion tag names one commit for ever: choose another name")
}

/// Git does not make the tag, although there is none: mostly because `a` is one and `a/b` was asked for.
fn refused(tag: &TagName, noise: &str) -> Failure {
    match failure::explain("update-ref", noise, false) {
        Failure::Fault(fault) if !fault.again && noise.contains("exists; cannot create") => Refusal::new(
            Code::TagMoved,
            format!("the tag `{tag}` cannot be beside those that are there: {}", fault.message),
        )
        .help("choose another name: a tag's name cannot be the folder of another's")
        .into(),
        other => other,
    }
}
