//! A shop to ship: a container, a static site and a manifest repository, as real git repositories in a folder of their own.

use std::cell::Cell;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The policy of the shop.
pub(crate) const POLICY: &str = r#"project: shop
artifacts:
  web:
    image: shop/web
    watch: ["web/**"]
    build: { base: scratch, layers: [{ from: web, to: /srv }], entrypoint: [/srv/run] }
    deploy: { kustomize: "apps/web/{environment}" }
  site:
    package: { directory: site }
    watch: ["site/**"]
    deploy: { folder: "../srv/{environment}" }
environments:
  stage:
    on: trunk
    verify: { checks: [e2e], within: 30m, on_failure: yank }
  demo: { on: "rc-*", after: [stage] }
  prod: { on: "v*", after: [stage] }
manifests: { repository: ../manifests.git }
"#;

/// The shop's folder.
pub(crate) struct Shop {
    folder: TempDir,
    second: Cell<u64>,
}

/// How a run of the binary ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "exit code {}\n--- stdout\n{}--- stderr\n{}", self.code, self.out, self.err)
    }
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same, once it is seen to have ended with `code`.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// The same, once `text` is seen on either output.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "`{text}` is not in\n{self}");
        self
    }

    /// The document on the standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl Shop {
    /// A shop whose first commit is on `main`, and which no one has looked at yet.
    pub(crate) fn new() -> Self {
        let shop = Self::empty();
        shop.write("trunkline.yaml", POLICY);
        shop.write("web/run", "one");
        shop.write("site/index.html", "<p>one");
        shop.commit("Open the shop");
        shop.manifests();
        shop
    }

    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap(), second: Cell::new(0) };
        fs::create_dir_all(shop.root()).unwrap();
        shop.git(&["init", "--quiet", "--initial-branch=main"]);
        shop
    }

    fn manifests(&self) {
        let work = self.path("manifests");
        for environment in ["stage", "demo", "prod"] {
            let text = "# by hand\nresources: [deployment.yaml]\nimages:\n  - name: shop/web\n    newTag: none\n";
            self.write(&format!("../manifests/apps/web/{environment}/kustomization.yaml"), text);
        }
        self.git_in(&work, &["init", "--quiet", "--initial-branch=main"]);
        self.git_in(&work, &["add", "--all"]);
        self.git_in(&work, &["commit", "--quiet", "-m", "Begin"]);
        self.git_in(&work, &["clone", "--quiet", "--bare", ".", "../manifests.git"]);
        fs::remove_dir_all(work).unwrap();
    }

    /// The repository.
    pub(crate) fn root(&self) -> PathBuf {
        self.path("shop")
    }

    /// A path beside the repository.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits everything; gives the commit's id.
    #[track_caller]
    pub(crate) fn commit(&self, subject: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", subject]);
        self.head()
    }

    /// Changes both artifacts to `text` and commits that.
    #[track_caller]
    pub(crate) fn merge(&self, text: &str) -> String {
        self.write("web/run", text);
        self.write("site/index.html", &format!("<p>{text}"));
        self.commit(&format!("Sell {text}"))
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.root(), arguments)
    }

    #[track_caller]
    fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        self.second.set(self.second.get() + 1);
        let date = format!("@{} +0000", 1_790_000_000 + self.second.get());
        let mut command = self.clean(Command::new("git"), folder);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{who}_DATE"), &date);
        }
        let output = command.args(arguments).output().expect("these tests need git on the search path");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A command without anybody's own settings.
    fn clean(&self, mut command: Command, folder: &Path) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", self.folder.path()).env("USER", "ada").env("LC_ALL", "C");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs another program in the repository.
    pub(crate) fn tool(&self, program: &str, arguments: &[&str]) -> Output {
        self.clean(Command::new(program), &self.root()).args(arguments).output().unwrap()
    }

    /// The binary, ready to run in the repository.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.clean(Command::new(env!("CARGO_BIN_EXE_trunkline")), &self.root());
        command.args(arguments);
        command
    }

    /// Runs the binary in the repository.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    /// Runs it, and expects it to end well.
    #[track_caller]
    pub(crate) fn does(&self, arguments: &[&str]) -> Ran {
        self.run(arguments).ends(0)
    }

    /// Says that `commit` passed its check in stage.
    #[track_caller]
    pub(crate) fn passes(&self, commit: &str) -> Ran {
        self.does(&["verdict", commit, "--environment", "stage", "--check", "e2e", "--passed"])
    }

    /// What `status --json` says of an environment.
    #[track_caller]
    pub(crate) fn environment(&self, name: &str) -> Value {
        self.does(&["status", "--json"]).json()["environments"][name].clone()
    }

    /// The commit that an environment is meant to run.
    #[track_caller]
    pub(crate) fn runs(&self, environment: &str) -> String {
        self.environment(environment)["commit"].as_str().unwrap_or("nothing").to_owned()
    }

    /// What the site of an environment shows.
    pub(crate) fn page(&self, environment: &str) -> String {
        fs::read_to_string(self.path(&format!("srv/{environment}/index.html"))).unwrap_or_default()
    }

    /// The kustomization of an environment, as it is committed.
    pub(crate) fn kustomization(&self, environment: &str) -> String {
        let place = format!("main:apps/web/{environment}/kustomization.yaml");
        self.git_in(&self.path("manifests.git"), &["show", &place])
    }
}
