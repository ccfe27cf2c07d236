//! What README.md shows is what happens: its tour is played, its policy is checked.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use trunkline_core::policy::Policy;

/// A command of the tour, and what follows it there.
struct Step {
    command: String,
    shown: String,
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap()
}

/// The contents of the blocks fenced as `kind`.
fn blocks(kind: &str) -> Vec<String> {
    let text = readme();
    let fence = format!("```{kind}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in blocks("console").iter().flat_map(|block| block.lines()) {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), shown: String::new() }),
            None => steps.last_mut().unwrap().shown.extend([line, "\n"]),
        }
    }
    steps
}

/// Runs a command as a shell would that is in `folder`. Gives what it printed, and the folder it ended in.
fn played(folder: &Path, command: &str) -> (String, PathBuf) {
    let ends = tempfile::NamedTempFile::new().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_trunkline")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.env("PATH", path).env("ENDS", ends.path()).current_dir(folder).stdin(Stdio::null());
    shell.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GITHUB_ACTOR");
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "developer").env(format!("GIT_{who}_EMAIL"), "developer@shop.example");
    }
    shell.env("USER", "developer");
    let output = shell.arg("-c").arg(format!("{command}\ncode=$?; pwd > \"$ENDS\"; exit $code")).output().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    if !output.status.success() {
        text.extend(["[exit ", &output.status.code().unwrap().to_string(), "]\n"]);
    }
    (text, PathBuf::from(std::fs::read_to_string(ends.path()).unwrap().trim_end()))
}

/// A text without what is another every time: ids, digests, times and the spaces between.
fn lasting(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(|char: char| !char.is_ascii_alphanumeric());
        let id = bare.len() == 12 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let time = bare.len() == 20 && bare.ends_with('Z') && bare.as_bytes()[10] == b'T';
        if id || time { word.replace(bare, "…") } else { word.to_owned() }
    };
    let line = |line: &str| {
        let line = line.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
        (0..10).fold(line, |line, seconds| line.replace(&format!("{seconds} s ago"), "ago"))
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_tour_goes_as_it_is_told() {
    let around = tempfile::tempdir().unwrap();
    let mut folder = around.path().canonicalize().unwrap();
    let steps = steps();
    assert!(steps.len() > 10);
    for step in steps {
        let (printed, ends) = played(&folder, &step.command);
        assert_eq!(lasting(&printed), lasting(&step.shown), "$ {}\n{printed}", step.command);
        folder = ends;
    }
}

#[test]
fn the_policy_is_one() {
    let policies = blocks("yaml");
    assert!(!policies.is_empty());
    for policy in policies {
        assert_eq!(Policy::check(&policy), []);
    }
}

#[test]
fn every_verb_is_told() {
    let help = Command::new(env!("CARGO_BIN_EXE_trunkline")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let verbs: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.len() > 15);
    let text = readme();
    for verb in verbs.into_iter().filter(|verb| *verb != "help") {
        assert!(
            text.contains(&format!("`{verb}`")) || text.contains(&format!("`{verb} ")),
            "README.md leaves out `{verb}`"
        );
    }
}
