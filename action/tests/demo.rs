//! The demo: it ends well, leaves what it says, and is the same every time.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A demo that was played.
struct Demo {
    around: TempDir,
    /// What it answered.
    answer: Value,
}

impl Demo {
    fn play() -> Self {
        let around = tempfile::tempdir().unwrap();
        let output = trunkline(around.path(), &["demo", "playground", "--json"]);
        assert!(output.status.success(), "{}", said(&output));
        Self { answer: serde_json::from_slice(&output.stdout).unwrap(), around }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.around.path().join("playground").join(path)
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn git(&self, repository: &str, arguments: &[&str]) -> String {
        run("git", &[&["-C", self.path(repository).to_str().unwrap()], arguments].concat())
    }

    fn environment(&self, name: &str) -> &Value {
        &self.answer["status"]["environments"][name]
    }

    fn digest(&self, environment: &str, artifact: &str) -> &str {
        self.environment(environment)["artifacts"][artifact]["digest"].as_str().unwrap()
    }
}

fn trunkline(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    program.current_dir(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("`{program}` is not on the path: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_story_ends_where_it_should() {
    let demo = Demo::play();
    let commit = |revision: &str| demo.git("shop", &["rev-parse", &format!("{revision}^{{commit}}")]);

    let ends = [("stage", "main", Value::Null), ("demo", "rc-1", "rc-1".into()), ("prod", "main", "v1.2.0".into())];
    for (environment, revision, tag) in ends {
        let here = demo.environment(environment);
        assert_eq!(here["commit"], commit(revision), "{environment}");
        assert_eq!(here["tag"], tag, "{environment}");
        assert_eq!(here["held"], Value::Null, "{environment}");
    }
    assert_eq!(demo.answer["status"]["outstanding"], Value::Array(Vec::new()));

    // The image that was built for a commit is the one its manifests name, and it can be read.
    let shown = demo.git("manifests.git", &["show", "main:apps/api/prod/kustomization.yaml"]);
    assert!(shown.contains(demo.digest("prod", "api")), "{shown}");
    assert!(shown.starts_with("# What runs here is written by Trunkline"), "{shown}");
    let layout = format!("oci:{}:{}", demo.path("store/images/shop/api").display(), &commit("v1.0.0")[..12]);
    let labels = run("skopeo", &["inspect", "--format", "{{.Labels}}", &layout]);
    assert!(labels.contains("org.opencontainers.image.revision"), "{labels}");

    // Prod has the whole page; demo still the first release's.
    assert!(demo.text("deployed/site/prod/index.html").contains("Winter sale"));
    assert!(demo.text("deployed/site/demo/index.html").contains("Everything for the kitchen"));
    assert!(demo.text("deployed/worker/stage/handler.py").starts_with("def handler"));
    assert_eq!(demo.digest("demo", "api"), demo.digest("prod", "api"));
    assert_ne!(demo.digest("demo", "site"), demo.digest("prod", "site"));

    // Every deployment that changed an image is one commit there, and says whose it is.
    let bodies = demo.git("manifests.git", &["log", "--format=%B", "main"]);
    assert!(bodies.contains(&commit("v1.0.0")), "{bodies}");
    let yanked = commit("v1.1.0~1");
    assert!(!bodies.contains(&format!("to prod\n\n{yanked}")), "{bodies}");
    let where_is = trunkline(&demo.path("shop"), &["where", &yanked, "--json"]);
    let where_is: Value = serde_json::from_slice(&where_is.stdout).unwrap();
    assert_eq!(where_is["yanked"]["commit"], yanked.as_str());
}

#[test]
fn two_demos_give_the_same_bytes() {
    let (one, other) = (Demo::play(), Demo::play());
    for (environment, artifact) in [("stage", "worker"), ("demo", "api"), ("prod", "site"), ("prod", "api")] {
        assert_eq!(one.digest(environment, artifact), other.digest(environment, artifact), "{environment} {artifact}");
    }
    assert_eq!(one.git("shop", &["rev-parse", "main"]), other.git("shop", &["rev-parse", "main"]));
}

#[test]
fn a_folder_that_is_not_empty_is_refused() {
    let around = tempfile::tempdir().unwrap();
    std::fs::write(around.path().join("mine"), "").unwrap();
    let output = trunkline(around.path(), &["demo", "."]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("is not an empty folder\nhelp: "), "{}", said(&output));
}

#[test]
fn the_story_is_told_step_by_step() {
    let around = tempfile::tempdir().unwrap();
    let output = trunkline(around.path(), &["demo", "playground"]);
    let story = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let titles: Vec<&str> = story.lines().filter_map(|line| line.strip_prefix("== ")).collect();
    assert_eq!(
        titles,
        [
            "The shop opens",
            "A merge to main",
            "Documentation only",
            "A release candidate",
            "A release",
            "A commit that fails",
            "Nobody can release it",
            "A second release",
            "A rollback",
            "Given back",
            "Hold",
            "Release",
            "A third release",
            "What happened",
        ]
    );
}
