//! What a verb answers, how it is written, and the exit codes.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};
use trunkline_core::refusal::Refusal;
use trunkline_ports::failure::{Failure, Fault};

/// The exit codes: workflows branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Something did not work this time: try again.
    Fault = 1,
    /// Something must be mended first.
    Refused = 2,
    /// The command line is wrong.
    Usage = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What a verb answers, in both forms.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The text for people; whole lines.
    pub(crate) text: String,
    /// The document for programs.
    pub(crate) json: Value,
    /// How it ended.
    pub(crate) exit: Exit,
}

impl Answer {
    /// An answer that is all well.
    pub(crate) fn done(text: &impl ToString, json: &impl Serialize) -> Result<Self, Failure> {
        Ok(Self { text: text.to_string(), json: document(json)?, exit: Exit::Done })
    }
}

/// A value as JSON.
pub(crate) fn document(value: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|error| Fault::lasting(format!("the answer is no JSON: {error}")).into())
}

/// Writes an answer to the standard output, or a failure to where it belongs. Gives the exit code.
pub(crate) fn show(answer: Result<Answer, Failure>, as_json: bool) -> Exit {
    match answer {
        Ok(answer) => {
            let text = if as_json { pretty(&answer.json) } else { answer.text };
            write(&text).unwrap_or(answer.exit)
        }
        Err(failure) => {
            let exit = if matches!(failure, Failure::Refused(_)) { Exit::Refused } else { Exit::Fault };
            if as_json {
                return write(&pretty(&error_document(&failure))).unwrap_or(exit);
            }
            note(&told(&failure));
            exit
        }
    }
}

/// `{"error": {"kind", "code", "message", "help", "place"}}`; a fault has no code, and says whether to try `again`.
fn error_document(failure: &Failure) -> Value {
    match failure {
        Failure::Refused(Refusal { code, message, help, place }) => json!({
            "error": { "kind": "refusal", "code": code, "message": message, "help": help, "place": place }
        }),
        Failure::Fault(Fault { message, again }) => json!({
            "error": { "kind": "fault", "code": null, "message": message, "help": null, "place": null, "again": again }
        }),
    }
}

/// A failure as people read it: what happened, then `help:`.
pub(crate) fn told(failure: &Failure) -> String {
    let style = Style::of(std::io::stderr().is_terminal());
    match failure {
        Failure::Refused(refusal) => format!("{} {}", style.bad("refused:"), style.help(&refusal.to_string())),
        Failure::Fault(fault) => {
            let help = if fault.again { "it may pass: run this again" } else { "someone has to look at it first" };
            format!("{} {}\n{}", style.bad("fault:"), fault.message, style.help(&format!("help: {help}")))
        }
    }
}

/// A line for people, to the standard error.
pub(crate) fn note(text: &str) {
    // When nobody listens any more, there is nothing to be done about it.
    drop(writeln!(std::io::stderr().lock(), "{}", text.trim_end()));
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Writes to the standard output. A reader that left early, as `head` does, is no failure.
fn write(text: &str) -> Option<Exit> {
    let mut output = std::io::stdout().lock();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            note(&format!("fault: the answer cannot be written: {error}"));
            Some(Exit::Fault)
        }
        _ => None,
    }
}

/// Colours: only on a terminal, and not where `NO_COLOR` is set. Source: <https://no-color.org>
pub(crate) struct Style {
    colours: bool,
}

impl Style {
    pub(crate) fn of(terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colours: terminal && !unwanted }
    }

    fn bad(&self, text: &str) -> String {
        if self.colours { format!("\x1b[1;31m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn help(&self, text: &str) -> String {
        let painted = "\x1b[36mhelp:\x1b[0m";
        if self.colours { text.replacen("help:", painted, 1) } else { text.to_owned() }
    }
}
