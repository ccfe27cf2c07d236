//! Who tells the story: says what happens, runs the program as a person would, shows what it answers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use trunkline_ports::failure::{Failure, Fault};

use super::people::{Git, silence};
use crate::answer::Exit;

/// A demo under way.
pub(super) struct Teller {
    program: PathBuf,
    folder: PathBuf,
    /// The standard output is for JSON, so the story goes to the standard error.
    json: bool,
}

impl Teller {
    /// A teller in an empty folder.
    pub(super) fn new(folder: &Path, json: bool) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|error| Fault::from_io("finding this program", &error))?;
        Ok(Self { program, folder: folder.to_owned(), json })
    }

    /// The folder of the demo.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The shop's repository.
    pub(super) fn shop(&self) -> PathBuf {
        self.folder.join("shop")
    }

    /// The manifest repository.
    pub(super) fn manifests(&self) -> PathBuf {
        self.folder.join("manifests.git")
    }

    /// Begins a step: what happens, and why.
    pub(super) fn step(&self, title: &str, words: &str) {
        self.print(&format!("\n== {title}\n{words}\n"));
    }

    /// Says something.
    pub(super) fn print(&self, text: &str) {
        // A reader that left early misses the rest of the story, which is played all the same.
        drop(if self.json {
            writeln!(std::io::stderr().lock(), "{text}")
        } else {
            writeln!(std::io::stdout().lock(), "{text}")
        });
    }

    /// Runs git in the shop, shown as a person would type it.
    pub(super) fn git(&self, minute: u64, arguments: &[&str]) -> Result<(), Failure> {
        self.print(&format!("$ git {}", line(arguments)));
        Git::at(&self.shop()).run(minute, arguments).map(drop)
    }

    /// Runs git in the manifest repository, and shows what it prints.
    pub(super) fn git_in_manifests(&self, arguments: &[&str]) -> Result<(), Failure> {
        self.print(&format!("$ git -C ../manifests.git {}", line(arguments)));
        let printed = Git::at(&self.manifests()).run(0, arguments)?;
        printed.lines().for_each(|line| self.print(format!("    {line}").trim_end()));
        Ok(())
    }

    /// What a person types to start this program: its name, when the shell finds it by that, else where it is.
    pub(super) fn called(&self) -> String {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).any(|folder| folder.join("trunkline").is_file());
        if found { "trunkline".to_owned() } else { self.program.display().to_string() }
    }

    /// Runs this program in the shop and shows what it answers, which must end as `expected`.
    ///
    /// # Errors
    /// A fault, with all that was said, when it ends otherwise.
    pub(super) fn run(&self, arguments: &[&str], expected: Exit) -> Result<(), Failure> {
        self.print(&format!("$ trunkline {}", line(arguments)));
        let answer = self.ask(arguments, expected)?;
        answer.lines().for_each(|line| self.print(format!("    {line}").trim_end()));
        Ok(())
    }

    /// What runs where, as `status --json` says it.
    pub(super) fn status(&self) -> Result<Value, Failure> {
        let text = self.ask(&["status", "--json"], Exit::Done)?;
        serde_json::from_str(&text).map_err(|error| Fault::lasting(format!("the status is no JSON: {error}")).into())
    }

    /// What a run of this program answers: the standard output, or when there is none, what it said.
    fn ask(&self, arguments: &[&str], expected: Exit) -> Result<String, Failure> {
        let mut program = Command::new(&self.program);
        silence(&mut program);
        let output = program.current_dir(self.shop()).args(arguments).stdin(Stdio::null()).output();
        let output = output.map_err(|error| Fault::from_io("starting this program", &error))?;
        let (answer, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.code() != Some(expected as i32) {
            let (line, ended) = (line(arguments), output.status);
            return Err(Fault::lasting(format!("`trunkline {line}`: {ended}\n{answer}{said}")).into());
        }
        Ok(if answer.is_empty() { said.into_owned() } else { answer.into_owned() })
    }
}

/// Arguments as a shell would want them.
fn line(arguments: &[&str]) -> String {
    let quoted = |argument: &&str| {
        let plain = argument.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./~=:".contains(&byte));
        if plain { (*argument).to_owned() } else { format!("'{argument}'") }
    };
    arguments.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
