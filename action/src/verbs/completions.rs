//! `completions`: what a shell needs to complete our command line.

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;
use trunkline_ports::failure::Failure;

use crate::answer::Answer;
use crate::arguments::Arguments;

pub(super) fn completions(shell: Shell) -> Result<Answer, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "trunkline", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let json = json!({ "shell": shell.to_string(), "script": text });
    Answer::done(&text, &json)
}
