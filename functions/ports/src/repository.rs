//! The repository whose commits are carried: what it shows, and its files at a commit.

use std::collections::BTreeMap;
use std::path::Path;

use trunkline_core::fact::Revision;
use trunkline_core::ids::{Commit, TagName};
use trunkline_core::pattern::Pattern;
use trunkline_core::policy::Patterns;

use crate::failure::Failure;

/// A git repository.
pub trait Repository {
    /// What the repository shows now that `ask` does not know yet.
    ///
    /// # Errors
    /// A refusal when it is no repository, a fault when it cannot be read now.
    async fn look(&self, ask: &Ask) -> Result<Look, Failure>;

    /// The text of a file at a commit; nothing when it is not there.
    ///
    /// # Errors
    /// A refusal when the commit is not there, or the file is longer than `limit` bytes or no text.
    async fn file(&self, commit: &Commit, path: &str, limit: usize) -> Result<Option<String>, Failure>;

    /// Writes the files that `watch` matches, as they are at `commit`, into the empty folder `into`. Nothing else is there then.
    ///
    /// Links are written as links; one that leads out of the export is refused with [`Code::PathEscapes`](trunkline_core::refusal::Code).
    ///
    /// # Errors
    /// A refusal when the commit is not there or a link leads out, a fault when writing fails.
    async fn export(&self, commit: &Commit, watch: &Patterns, into: &Path) -> Result<(), Failure>;

    /// The commit that a revision names, by the repository's own understanding of it (`HEAD~2`, `v1.0`, `main`, a short id).
    ///
    /// # Errors
    /// [`Code::UnknownRevision`](trunkline_core::refusal::Code) when it names none.
    async fn resolve(&self, revision: &str) -> Result<Commit, Failure>;

    /// Creates a tag on a commit; the same tag on the same commit is success.
    ///
    /// # Errors
    /// [`Code::TagMoved`](trunkline_core::refusal::Code) when the tag is on another commit.
    async fn tag(&self, commit: &Commit, tag: &TagName) -> Result<(), Failure>;
}

/// What is known already, so that only what is new need be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The trunk's branch name.
    pub trunk: String,
    /// Patterns of release branches.
    pub release_branches: Vec<Pattern>,
    /// The head that is known of each line.
    pub heads: BTreeMap<String, Commit>,
    /// For each release branch that has a known head, nothing more is needed; for a new one its commits back to trunk's are told.
    /// Tags that are known, with the commit each names.
    pub tags: BTreeMap<TagName, Commit>,
}

/// What the repository shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Every line that exists now: trunk first, then release branches by name.
    pub lines: Vec<LineLook>,
    /// Every tag that exists now, peeled to its commit. Tags of other objects are left out.
    pub tags: BTreeMap<TagName, TagLook>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct LineLook {
    /// The branch's name, without `refs/heads/`.
    pub name: String,
    /// The commit it points to.
    pub head: Commit,
    /// Whether the head that was known is no first-parent ancestor of `head`: the line was rewritten.
    pub rewritten: bool,
    /// The first parents from after the known head to `head`, oldest first; empty when nothing is new. Of a line that was
    /// not known: trunk gives only its head (adoption), a release branch those that are not trunk's. Of one that was rewritten:
    /// those after the newest commit that both have.
    pub commits: Vec<Revision>,
    /// The commit before the first of `commits` on this line: the known head, the fork from trunk, or the newest that both have.
    pub base: Option<Commit>,
}

/// One tag.
#[derive(Clone, Debug, PartialEq)]
pub struct TagLook {
    /// The commit it names; of an annotated tag, the commit behind the tag's object.
    pub commit: Commit,
    /// Who made the tag, if it says so.
    pub by: Option<String>,
    /// The lines whose first parents hold the commit. Told only of tags that `ask` does not know, or knows on another commit.
    pub lines: Vec<String>,
    /// The newest commit of trunk's first parents that is an ancestor of the commit; told under the same condition.
    pub nearest: Option<Commit>,
}
