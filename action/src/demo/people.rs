//! The people of the demo: what they write, commit, merge and tag, by git's own command line.

use std::path::Path;
use std::process::{Command, Stdio};

use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

/// When the first commit is made, in seconds since 1970: 2026-01-05T09:00:00Z.
const MORNING: u64 = 1_767_603_600;

/// Git in one folder, deaf to whoever runs the demo: no configuration but its own, fixed people, fixed times.
pub(super) struct Git<'a> {
    folder: &'a Path,
}

impl<'a> Git<'a> {
    pub(super) fn at(folder: &'a Path) -> Self {
        Self { folder }
    }

    /// Runs git, `minute` minutes after the first commit. Gives what it prints.
    ///
    /// # Errors
    /// [`Code::ToolMissing`] without git, a fault with git's own words when it does not do it.
    pub(super) fn run(&self, minute: u64, arguments: &[&str]) -> Result<String, Failure> {
        let date = format!("{} +0000", MORNING + minute * 60);
        let mut git = Command::new("git");
        silence(&mut git);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "developer").env(format!("GIT_{who}_EMAIL"), "developer@shop.example");
            git.env(format!("GIT_{who}_DATE"), &date);
        }
        let output = git.arg("-C").arg(self.folder).args(arguments).stdin(Stdio::null()).output();
        let output = output.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::from(
                Refusal::new(Code::ToolMissing, "git is not on the path").help("install git: the demo is played on it"),
            ),
            _ => Fault::from_io("starting git", &error).into(),
        })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Fault::lasting(format!("git {}: {}", arguments.join(" "), said.trim())).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Writes files and commits them.
    pub(super) fn commit(&self, minute: u64, subject: &str, files: &[(&str, &str)]) -> Result<(), Failure> {
        for (path, text) in files {
            write(&self.folder.join(path), text)?;
        }
        self.run(minute, &["add", "--all"])?;
        self.run(minute, &["commit", "--quiet", "--message", subject]).map(drop)
    }

    /// Does work on a branch and merges it to main, as a pull request would.
    pub(super) fn merge(
        &self,
        minute: u64,
        branch: &str,
        subject: &str,
        files: &[(&str, &str)],
    ) -> Result<(), Failure> {
        self.run(minute, &["checkout", "--quiet", "-b", branch])?;
        self.commit(minute, subject, files)?;
        self.run(minute, &["checkout", "--quiet", "main"])?;
        self.run(minute + 1, &["merge", "--quiet", "--no-ff", "--message", subject, branch])?;
        self.run(minute, &["branch", "--quiet", "--delete", branch]).map(drop)
    }
}

/// Takes away what would make git, or this program, speak of another repository or person.
pub(super) fn silence(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("GIT_") || name.starts_with("GITHUB_") || name == "TRUNKLINE_ENVIRONMENT" {
            command.env_remove(&*name);
        }
    }
}

/// Writes a file, and the folders above it. Scripts can be run.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let fault = |error: std::io::Error| Fault::from_io(format_args!("writing `{}`", path.display()), &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    std::fs::write(path, text).map_err(fault)?;
    let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(fault)?)
}
