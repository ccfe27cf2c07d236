//! What git says of a repository: its root, its branch, and the files of its newest commit.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

/// The longest file that is looked into, in bytes (256 KiB).
const LONGEST: u64 = 256 * 1024;

/// A repository, looked at.
pub(super) struct Tree {
    /// Its root.
    pub(super) root: PathBuf,
    /// The branch that is checked out, which is taken for trunk.
    pub(super) branch: Option<String>,
    /// Where it came from, when it was cloned.
    pub(super) origin: Option<String>,
    /// The paths of the newest commit, or, before the first, of what is staged; sorted.
    pub(super) paths: Vec<String>,
}

impl Tree {
    /// Looks at the repository around `folder`.
    ///
    /// # Errors
    /// [`Code::RepositoryUnusable`] when there is none, [`Code::ToolMissing`] without git.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let Some(root) = git(folder, &["rev-parse", "--show-toplevel"])? else {
            let message = format!("`{}` is not in a git repository with files", folder.display());
            return Err(Refusal::new(Code::RepositoryUnusable, message)
                .help("go to the repository whose commits shall be carried, or name it; `git init` makes one")
                .into());
        };
        let root = PathBuf::from(root.trim_end_matches('\n'));
        let listed = match git(&root, &["ls-tree", "-r", "-z", "--name-only", "HEAD"])? {
            Some(listed) => listed,
            None => git(&root, &["ls-files", "-z"])?.unwrap_or_default(),
        };
        let mut paths: Vec<String> = listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
        paths.sort_unstable();
        let line = |arguments: &[&str]| Ok::<_, Failure>(git(&root, arguments)?.map(|text| text.trim().to_owned()));
        let branch = line(&["symbolic-ref", "--quiet", "--short", "HEAD"])?;
        let origin = line(&["config", "--get", "remote.origin.url"])?;
        Ok(Self { root, branch, origin, paths })
    }

    /// Whether a file of the work tree holds `word`. One that is not there, too long or no text does not.
    pub(super) fn holds(&self, path: &str, word: &str) -> bool {
        let path = self.root.join(path);
        let short = path.symlink_metadata().is_ok_and(|file| file.is_file() && file.len() <= LONGEST);
        short && std::fs::read_to_string(path).is_ok_and(|text| text.contains(word))
    }
}

/// What git prints; nothing when it says no.
fn git(folder: &Path, arguments: &[&str]) -> Result<Option<String>, Failure> {
    let mut git = Command::new("git");
    for foreign in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(foreign);
    }
    let output = git.arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::from(Refusal::new(Code::ToolMissing, "git is not on the path").help("install git"))
        }
        _ => Fault::from_io("starting git", &error).into(),
    })?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}
