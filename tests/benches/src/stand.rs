//! Where benchmarks run: a folder in memory, the number of rounds, the programs they start.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Outcome;

/// A folder in memory: making a file on a disk takes longer than much of what is measured.
const MEMORY: &str = "/dev/shm";

/// What every benchmark gets.
pub(crate) struct Stand {
    folder: TempDir,
    me: PathBuf,
    /// How often each contestant has its turn.
    pub(crate) rounds: usize,
    /// How many things are made: a tenth of the full number in a quick run.
    pub(crate) quick: bool,
}

impl Stand {
    pub(crate) fn new(quick: bool) -> Outcome<Self> {
        let memory = Path::new(MEMORY);
        let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("trunkline-bench-").tempdir_in(root)?;
        Ok(Self { folder, me: std::env::current_exe()?, rounds: if quick { 1 } else { 5 }, quick })
    }

    /// A folder for one benchmark, made now.
    pub(crate) fn folder(&self, name: &str) -> Outcome<PathBuf> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Our side of a benchmark, in a process of its own.
    pub(crate) fn subject(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.me);
        command.arg("subject").arg(name).args(arguments);
        command
    }
}

/// A line of shell, for peers that are more than one program. `arguments` are `$1` and so on.
pub(crate) fn shell(line: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-euc", line, "sh"]).args(arguments);
    command
}

/// Runs a command that is not measured, and gives what it printed.
pub(crate) fn run(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("`{name}` cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        return Err(format!("`{name}` failed ({}): {}", output.status, said.trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A path as text.
pub(crate) fn text(path: &Path) -> Outcome<&str> {
    path.to_str().ok_or_else(|| "a path that is no text".into())
}
