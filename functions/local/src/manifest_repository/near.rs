//! A repository on this machine, read where it lies: its objects count as the cache's own, and nothing is fetched.
//!
//! This takes a repository of the plain kind: its own folder, its whole history, and the branch in a file. Whatever else there
//! is (a work tree of another repository, a shallow clone, borrowed objects, refs in another storage, a branch that is another's
//! alias) git itself has to open, so it is fetched from like one that is far away.
//!
//! Source: <https://git-scm.com/docs/gitrepository-layout>

use std::fs;
use std::path::{Path, PathBuf};

use trunkline_core::ids::Commit;

/// The variable that lends a repository the objects of others.
const OBJECTS: &str = "GIT_ALTERNATE_OBJECT_DIRECTORIES";

/// A repository that can be read where it lies.
#[derive(Clone, Debug)]
pub(crate) struct Near {
    git: PathBuf,
    branch: String,
}

impl Near {
    /// The repository in `folder`, if it is of that kind and has the branch.
    pub(crate) fn find(folder: &Path, branch: &str) -> Option<Self> {
        let is_git = |git: &PathBuf| git.join("HEAD").is_file() && git.join("objects").is_dir();
        let git = [folder.join(".git"), folder.to_owned()].into_iter().find(is_git)?;
        let unusual = ["shallow", "commondir", "info/grafts", "objects/info/alternates"]
            .iter()
            .any(|name| git.join(name).exists());
        // The variable is a list with colons between, in which a quotation mark begins something else.
        let listed = git.to_str().is_some_and(|path| !path.contains([':', '"', '\n']));
        let near = Self { git, branch: branch.to_owned() };
        (listed && !unusual && near.head().is_some()).then_some(near)
    }

    /// The branch's newest commit; nothing when there is none that could be read.
    ///
    /// Git writes a ref into a file of its own, and into the list of all before it takes that file away.
    pub(crate) fn head(&self) -> Option<Commit> {
        let name = format!("refs/heads/{}", self.branch);
        if let Ok(text) = fs::read_to_string(self.git.join(&name)) {
            return text.trim_end().parse().ok();
        }
        let packed = fs::read_to_string(self.git.join("packed-refs")).ok()?;
        let mut refs = packed.lines().filter_map(|line| line.split_once(' '));
        refs.find(|(_, other)| *other == name).and_then(|(id, _)| id.parse().ok())
    }

    /// The variable that lends its objects.
    pub(crate) fn lend(&self) -> (&'static str, PathBuf) {
        (OBJECTS, self.git.join("objects"))
    }
}
