//! Taking turns and taking times.
//!
//! A measured command is started by a process that does nothing else, so that the processor time and the memory that the
//! system counts for its children are the command's own, its children's included.

use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::Outcome;
use crate::proxy::{Proxy, Seen};
use crate::stand::run;

/// Someone who does the work in question.
pub(crate) struct Contestant<'a> {
    /// Prepares a round (not measured) and gives the command that is.
    pub(crate) start: Box<dyn FnMut(usize) -> Outcome<Command> + 'a>,
    /// Whether the round's result is right.
    pub(crate) check: Box<dyn FnMut(usize) -> Outcome + 'a>,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new(
        start: impl FnMut(usize) -> Outcome<Command> + 'a,
        check: impl FnMut(usize) -> Outcome + 'a,
    ) -> Self {
        Self { start: Box::new(start), check: Box::new(check) }
    }
}

/// One contestant's medians.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// Seconds by the clock.
    pub(crate) wall: f64,
    /// Seconds of processor time, user and system, of the command and its children.
    pub(crate) cpu: f64,
    /// The most memory that one of its processes held, in KiB.
    pub(crate) peak: f64,
    /// What the proxy saw of the last round.
    pub(crate) seen: Seen,
}

/// Lets the contestants take turns, and gives each one's medians. The first round warms up and does not count.
pub(crate) fn race(rounds: usize, proxy: Option<&Proxy>, contestants: &mut [Contestant<'_>]) -> Outcome<Vec<Figures>> {
    let mut runs = vec![Vec::new(); contestants.len()];
    let mut seen = vec![Seen::default(); contestants.len()];
    for round in 0..=rounds {
        for (number, contestant) in contestants.iter_mut().enumerate() {
            let command = (contestant.start)(round)?;
            proxy.map(Proxy::taken);
            let taken = measured(&command)?;
            seen[number] = proxy.map(Proxy::taken).unwrap_or_default();
            (contestant.check)(round)?;
            if round > 0 {
                runs[number].push(taken);
            }
        }
    }
    let median = |runs: &[[f64; 3]], which: usize| median(runs.iter().map(|run| run[which]).collect());
    let figures = runs.iter().zip(seen).map(|(runs, seen)| Figures {
        wall: median(runs, 0),
        cpu: median(runs, 1),
        peak: median(runs, 2),
        seen,
    });
    Ok(figures.collect())
}

/// The middle of some numbers; 0 of none.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// Runs a command in the process that measures it.
fn measured(command: &Command) -> Outcome<[f64; 3]> {
    let mut outer = Command::new(std::env::current_exe()?);
    outer.arg("measured").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            outer.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    let printed = run(&mut outer)?;
    let numbers: Vec<f64> = printed.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    numbers.try_into().map_err(|_| "a measured run did not say what it took".into())
}

/// The process that measures: runs a program, and prints seconds, seconds of processor time, and peak memory in KiB.
pub(crate) fn inside(program: &str, arguments: &[&str]) -> Outcome {
    let began = Instant::now();
    let mut command = Command::new(program);
    let status = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let wall = began.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{program} {}: {status}", arguments.join(" ")).into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    let cpu = std::time::Duration::from_micros(micros.try_into()?).as_secs_f64();
    crate::table::print(&format!("{wall} {cpu} {}\n", usage.max_rss()))
}
