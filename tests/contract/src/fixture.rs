//! Real repositories for tests, apart from anybody's own settings.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use trunkline_core::ids::Commit;

/// A policy with one artifact made of `api/`.
pub const POLICY: &str = "project: shop\nartifacts:\n  api:\n    image: shop/api\n    watch: [\"api/**\"]\n    build: { base: scratch, layers: [{ from: api, to: /srv }] }\n";

/// A repository in a folder of its own.
#[derive(Debug)]
pub struct Fixture {
    /// Kept so that it is removed in the end.
    _folder: TempDir,
    /// Where it is.
    pub path: PathBuf,
    clock: AtomicU64,
}

impl Fixture {
    /// An empty repository with a work tree whose branch is `main`.
    #[expect(clippy::new_without_default, reason = "a repository is made on a disk, which no default should do")]
    pub fn new() -> Self {
        Self::init(&[])
    }

    /// One in which `arguments` were given to `git init`.
    pub fn init(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("repository");
        std::fs::create_dir(&path).unwrap();
        let fixture = Self { _folder: folder, path, clock: AtomicU64::new(1_700_000_000) };
        fixture.git(&[&["init", "--quiet", "--initial-branch=main"], arguments].concat());
        fixture
    }

    /// Runs git there; what it wrote, without the last line end.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        self.feed(arguments, "")
    }

    /// Runs git there with something to read.
    #[track_caller]
    pub fn feed(&self, arguments: &[&str], input: &str) -> String {
        let date = format!("{} +0000", self.clock.fetch_add(60, Ordering::Relaxed));
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{who}_DATE"), &date);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        command.arg("-C").arg(&self.path).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("these tests need git on the search path");
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Writes a file, with its folders.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything that is there.
    #[track_caller]
    pub fn commit(&self, subject: &str) -> Commit {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", subject]);
        self.head()
    }

    /// What is checked out.
    pub fn head(&self) -> Commit {
        self.id("HEAD")
    }

    /// The commit behind a revision.
    pub fn id(&self, revision: &str) -> Commit {
        self.git(&["rev-parse", &format!("{revision}^{{commit}}")]).parse().unwrap()
    }
}
