//! The `git` command line, run so that nothing but its arguments decides what it does.
//!
//! Arguments are handed over one by one, never through a shell. Variables that would send git elsewhere (`GIT_DIR`, a hook's
//! `GIT_INDEX_FILE`) are taken away, hooks are off, nothing is asked on a terminal, transports that run commands are barred,
//! and what git says has an end. Git is used rather than a library because it alone honours every storage form, filter,
//! credential helper and protocol that people have set up.

mod chains;
pub(crate) mod commit;
mod export;
pub(crate) mod failure;
#[cfg(test)]
pub(crate) mod fixture;
mod look;
mod nearest;
pub(crate) mod objects;
pub(crate) mod order;
mod refs;
mod repository;
mod revisions;
#[cfg(test)]
mod tests;
pub(crate) mod tree;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

pub use repository::GitRepository;

use order::Order;

/// Variables of git that stay: how to reach and whom to believe, who commits, and where people keep their settings.
///
/// All others are a hook's or a script's, and mean another repository than ours.
/// Source: <https://git-scm.com/docs/git#_environment_variables>
const KEPT: &[&str] = &[
    "GIT_ASKPASS",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_PROXY_COMMAND",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_NO_VERIFY",
];

/// What is set for every command.
///
/// `GIT_ALLOW_PROTOCOL` bars `ext::`, which runs commands; replaced objects are not what the commit's id vouches for.
const SET: &[(&str, &str)] = &[
    ("LC_ALL", "C"),
    ("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// Settings that hold whatever a configuration says.
const SETTINGS: &[&str] = &["core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.autoDetach=false"];

/// Git, pointed at one repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    place: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    settings: Vec<(String, String)>,
}

impl Git {
    /// The repository at `folder`: a work tree or a bare one, never one further up.
    pub(crate) fn at(folder: &Path) -> Self {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let parent = folder.parent().unwrap_or(&folder).as_os_str().to_owned();
        let git = if !folder.join(".git").exists() && folder.join("objects").is_dir() {
            Self::bare(&folder)
        } else {
            Self { place: vec!["-C".into(), folder.into_os_string()], environment: Vec::new(), settings: Vec::new() }
        };
        git.with("GIT_CEILING_DIRECTORIES", parent)
    }

    /// The bare repository in `folder`.
    pub(crate) fn bare(folder: &Path) -> Self {
        Self {
            place: vec!["--git-dir".into(), folder.as_os_str().to_owned()],
            environment: Vec::new(),
            settings: Vec::new(),
        }
    }

    /// The same with another variable.
    #[must_use]
    pub(crate) fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The same with another setting. It goes through the environment, so that nobody reads an address's token in a list of
    /// processes. Source: `GIT_CONFIG_COUNT` in <https://git-scm.com/docs/git-config#ENVIRONMENT>
    #[must_use]
    pub(crate) fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// A command to run: its verb comes first.
    pub(crate) fn order(&self, verb: &'static str) -> Order {
        Order::new(self, verb)
    }

    /// The process that runs `verb` with `arguments`; all three streams are pipes or nothing.
    fn command(&self, verb: &str, arguments: &[OsString]) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_foreign(name)) {
            command.env_remove(name);
        }
        command.envs(SET.iter().copied()).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("GIT_CONFIG_COUNT", self.settings.len().to_string());
        for (number, (name, value)) in self.settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), name).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command.args(&self.place).arg("--no-pager");
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        command.arg(verb).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}

fn is_foreign(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_") && !KEPT.contains(&&*name)
}
