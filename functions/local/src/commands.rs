//! Commands that a policy names, run by the shell.

use std::collections::VecDeque;
use std::io::{Error, pipe};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::{Commands, Invocation};

/// How many bytes of a line are shown; the rest of it is read and dropped.
const LONGEST_LINE: usize = 4096;

/// How many of the last lines a refusal holds: enough for a compiler's error, and few enough for the ledger.
const LAST_LINES: usize = 20;

/// How long output is awaited after the shell has ended. A process that it left in the background may hold the pipe for ever.
const AFTER_THE_END: Duration = Duration::from_millis(500);

/// Runs `sh -c LINE` in a process group of its own.
///
/// A command reads nothing, and writes both its outputs into one pipe, so that lines keep their order. When the future is
/// dropped, the whole group is killed; what a command that ends leaves in the background is left running.
#[derive(Clone, Debug)]
pub struct Shell {
    folder: PathBuf,
}

impl Shell {
    /// A shell for commands that name no folder: they run in `folder`, the policy file's.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl Commands for Shell {
    async fn run(&self, command: &Invocation, watcher: &Watcher) -> Result<(), Failure> {
        let (mut child, output) = self.start(command).map_err(|error| unstarted(command, &error))?;
        let mut group = Group::of(&child);
        let mut lines = Lines { watcher, last: VecDeque::new() };
        let ended = {
            let mut reading = pin!(lines.follow(output));
            tokio::select! {
                ended = child.wait() => {
                    // Late output is worth a moment and no more; that it did not end is no failure of the command.
                    drop(tokio::time::timeout(AFTER_THE_END, reading).await);
                    ended
                }
                read = &mut reading => match read {
                    Ok(()) => child.wait().await,
                    Err(error) => Err(error),
                },
            }
        };
        let status = ended.map_err(|error| unstarted(command, &error))?;
        group.ended();
        if status.success() { Ok(()) } else { Err(failed(command, status, &lines.last)) }
    }
}

impl Shell {
    fn start(&self, command: &Invocation) -> Result<(Child, Receiver), Error> {
        let (reader, writer) = pipe()?;
        let child = Command::new("sh")
            .args(["-c", &command.line])
            .current_dir(command.folder.as_ref().unwrap_or(&self.folder))
            .envs(&command.environment)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok((child, Receiver::from_owned_fd(reader.into())?))
    }
}

/// The process group of a running command, killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    /// The shell was waited for, so its number may belong to somebody else by now.
    fn ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // A group that is gone already is what was wanted.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

/// What a command writes, on its way to the watcher.
struct Lines<'a> {
    watcher: &'a Watcher,
    last: VecDeque<String>,
}

impl Lines<'_> {
    /// Hands on every line until the output ends.
    async fn follow(&mut self, output: Receiver) -> Result<(), Error> {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            let bytes = output.fill_buf().await?;
            if bytes.is_empty() {
                break;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let room = LONGEST_LINE.saturating_sub(line.len());
            let part = &bytes[..end.unwrap_or(bytes.len())];
            line.extend_from_slice(&part[..part.len().min(room)]);
            let used = end.map_or(bytes.len(), |end| end + 1);
            output.consume(used);
            if end.is_some() {
                self.line(&line);
                line.clear();
            }
        }
        if !line.is_empty() {
            self.line(&line);
        }
        Ok(())
    }

    fn line(&mut self, bytes: &[u8]) {
        let text = readable(bytes);
        self.watcher.line(&text);
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(text);
    }
}

/// A line as a terminal would leave it: what a carriage return was written over is gone, and no byte can move the cursor.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\r');
    let text = text.rsplit_once('\r').map_or(text, |(_, last)| last);
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() && char != '\t' {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}

fn unstarted(command: &Invocation, error: &Error) -> Failure {
    Fault::from_io(format_args!("running `{}`", command.line), error).into()
}

fn failed(command: &Invocation, status: ExitStatus, last: &VecDeque<String>) -> Failure {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("with exit code {code}"),
        (None, Some(signal)) => format!("by signal {signal}"),
        (None, None) => "in an unknown way".to_owned(),
    };
    let mut message = format!("the command `{}` ended {how}", command.line);
    for line in last {
        message.push_str("\n  ");
        message.push_str(line);
    }
    let help = match status.code() {
        Some(127) => "the shell did not find a program: install it, or say where it is",
        Some(126) => "the shell found a file that it may not execute: `chmod +x` it and commit that",
        _ if last.is_empty() => "it wrote nothing; run it by hand to see why",
        _ => "the lines above are the last it wrote",
    };
    Refusal::new(Code::CommandFailed, message).help(help).into()
}
