//! The repositories behind the stand-in: real ones, asked by git's command line.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A repository on this disk.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    folder: PathBuf,
}

impl Git {
    /// The repository at a path: a bare one, or one with a work tree.
    pub(crate) fn at(path: &Path) -> Self {
        let inner = path.join(".git");
        Self { folder: if inner.is_dir() { inner } else { path.to_owned() } }
    }

    /// What a command says, when it succeeds.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Option<Vec<u8>> {
        let output = self.run(arguments, &[], b"");
        output.status.success().then_some(output.stdout)
    }

    /// The same as text, without the last line end.
    pub(crate) fn text(&self, arguments: &[&str]) -> Option<String> {
        self.ask(arguments).map(|bytes| String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
    }

    /// Runs a command with further variables and something to read.
    ///
    /// # Panics
    /// When there is no git.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Output {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        command.envs(variables.iter().copied()).arg("--git-dir").arg(&self.folder).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the stand-in needs git on the search path");
        let mut pipe = child.stdin.take().expect("it was asked for");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().expect("git was started");
        drop(writer.join());
        output
    }

    /// The object that a revision names.
    pub(crate) fn object(&self, revision: &str) -> Option<String> {
        if revision.is_empty() || revision.contains(['\0', '\n']) {
            return None;
        }
        self.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", revision])
    }

    /// The commit behind a revision.
    pub(crate) fn commit(&self, revision: &str) -> Option<String> {
        self.object(&format!("{revision}^{{commit}}"))
    }

    /// `commit`, `tree`, `blob` or `tag`.
    pub(crate) fn kind(&self, oid: &str) -> Option<String> {
        self.text(&["cat-file", "-t", oid])
    }

    /// Refs below a prefix: name, object, kind.
    pub(crate) fn refs(&self, prefix: &str) -> Vec<(String, String, String)> {
        let format = "--format=%(refname)%00%(objectname)%00%(objecttype)";
        let text = self.text(&["for-each-ref", format, prefix]).unwrap_or_default();
        let line = |line: &str| {
            let mut fields = line.split('\0').map(str::to_owned);
            Some((fields.next()?, fields.next()?, fields.next()?))
        };
        text.lines().filter_map(line).collect()
    }

    /// Commits from `oid` on, in the order of `git log`; one of them for each `count`.
    pub(crate) fn log(&self, range: &[&str], skip: usize, count: usize) -> Vec<Commit> {
        let format = "--format=%H%x00%P%x00%T%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x1e";
        let (skip, count) = (format!("--skip={skip}"), format!("--max-count={count}"));
        let arguments = [&["log", format, &skip, &count], range, &["--"]].concat();
        let text = self.text(&arguments).unwrap_or_default();
        text.split('\u{1e}').filter_map(|record| Commit::read(record.trim_start_matches('\n'))).collect()
    }
}

/// A commit as `git log` tells it.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) oid: String,
    pub(crate) parents: Vec<String>,
    pub(crate) tree: String,
    pub(crate) author: Person,
    pub(crate) committer: Person,
    pub(crate) message: String,
}

/// Who, and when.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) date: String,
}

impl Commit {
    fn read(record: &str) -> Option<Self> {
        let mut fields = record.splitn(10, '\0').map(str::to_owned);
        let mut next = || fields.next();
        let oid = next().filter(|oid| !oid.is_empty())?;
        let parents = next()?.split_whitespace().map(str::to_owned).collect();
        let tree = next()?;
        let author = Person { name: next()?, email: next()?, date: next()? };
        let committer = Person { name: next()?, email: next()?, date: next()? };
        let message = next()?.trim_end_matches('\n').to_owned();
        Some(Self { oid, parents, tree, author, committer, message })
    }
}
