//! `trunkline`: carries one commit from main to production without building it twice.
//!
//! This binary wires adapters to the loop that acts, and shows what comes of it. It has no rules of its own.

mod answer;
mod arguments;
mod console;
mod demo;
mod init;
mod outcome;
mod person;
mod project;
mod session;
mod verbs;

use std::process::ExitCode;

use answer::Exit;

fn main() -> ExitCode {
    match arguments::parse() {
        Ok(arguments) => verbs::run(arguments),
        Err(error) => usage(&error),
    }
    .into()
}

/// Shows help, the version, or what is wrong with the command line.
fn usage(error: &clap::Error) -> Exit {
    // Nobody is left to be told when this cannot be written.
    drop(error.print());
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}
