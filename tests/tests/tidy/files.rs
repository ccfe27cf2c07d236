//! The project's files, as git lists them: what is ignored is none of our business.

use std::path::PathBuf;
use std::process::Command;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the workspace").to_owned()
}

/// A file of the project.
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl File {
    /// Whether it is only compiled for tests.
    pub(crate) fn is_test(&self) -> bool {
        let test = |part: &str| part == "tests" || part == "tests.rs" || part == "benches" || part == "fixture.rs";
        self.path.split('/').any(test)
    }
}

/// The files that git knows or would add, whose path ends with one of `ends`, and that are text.
pub(crate) fn files(ends: &[&str]) -> Vec<File> {
    let list = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git is on the path");
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    let list = String::from_utf8(list.stdout).expect("our paths are text");
    let mut paths: Vec<&str> =
        list.split('\0').filter(|path| !path.is_empty() && ends.iter().any(|end| path.ends_with(end))).collect();
    paths.sort_unstable();
    paths.dedup();
    // A file that git knows and that is deleted just now has no text.
    let read =
        |path: &str| Some(File { path: path.to_owned(), text: std::fs::read_to_string(root().join(path)).ok()? });
    paths.into_iter().filter_map(read).collect()
}

/// Fails with what is wrong, one line for each place.
#[track_caller]
pub(crate) fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}
