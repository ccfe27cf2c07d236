//! The simulator: how we know that nothing is lost.
//!
//! A seed makes a [`Script`] of what happens: commits, tags, workers that start, crash, stall and wake, faults
//! before and after effects, people's orders, destinations that refuse. The [`stage`] plays it over the ports in memory, on one
//! thread and by its own clock, so that the same seed always gives the same history. After every step the [`judge`] asks what must
//! always be true; in the end the weather clears, and [`rest`] asks what must be true when nothing is left to do.
//! A script that breaks a rule is made shorter as long as it still breaks one.

mod books;
mod claims;
mod effects;
mod files;
mod git;
pub mod history;
pub mod judge;
mod may;
pub mod order;
mod people;
mod ran;
pub mod random;
pub mod rest;
pub mod script;
pub mod shop;
pub mod stage;
mod weather;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use script::Script;
use stage::Stage;

/// A script that broke a rule.
#[derive(Debug)]
pub struct Failed {
    /// Its seed.
    pub seed: u64,
    /// The rule.
    pub broken: String,
    /// The steps that were left when it could not be made shorter, of how many.
    pub steps: (usize, usize),
    /// What happened.
    pub history: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, all) = self.steps;
        writeln!(formatter, "seed {} breaks a rule: {}", self.seed, self.broken)?;
        writeln!(formatter, "what happened ({left} of {all} steps):\n{}", self.history)?;
        writeln!(formatter, "seed {} breaks a rule: {}", self.seed, self.broken)?;
        write!(formatter, "play it again: scripts/simulate --seed {}", self.seed)
    }
}

/// What a run amounts to: so that one sees that it was about something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries in the ledger.
    pub entries: usize,
    /// Deployments that were written.
    pub deployments: usize,
}

/// How much of a history is told, in characters.
const LONG: usize = 200_000;

/// Plays a script.
///
/// # Errors
/// The rule it broke, and what happened.
pub fn play(script: &Script) -> Result<Counts, (String, String)> {
    let mut stage = Stage::new(script.seed);
    let played = catch_unwind(AssertUnwindSafe(|| stage.play(script)));
    let broken = match played {
        Ok(Ok(())) => {
            let deployments = stage.judge.state.environments.values().flat_map(|here| &here.deployments);
            let deployments = deployments.filter(|deployment| deployment.written.is_some()).count();
            let entries = usize::try_from(stage.judge.state.number).unwrap_or(usize::MAX);
            return Ok(Counts { entries, deployments });
        }
        Ok(Err(broken)) => broken,
        Err(panic) => {
            let _ = stage.judge.catch_up();
            let said = panic.downcast_ref::<String>().cloned();
            said.or_else(|| panic.downcast_ref::<&str>().map(|&said| said.to_owned())).unwrap_or_default()
        }
    };
    Err((broken, stage.judge.history.chars().take(LONG).collect()))
}

/// Plays the script of a seed; one that breaks a rule is made shorter first.
///
/// # Errors
/// What it broke.
pub fn simulate(seed: u64) -> Result<Counts, Box<Failed>> {
    let script = Script::new(seed);
    let first = match play(&script) {
        Ok(counts) => return Ok(counts),
        Err(first) => first,
    };
    let all = script.steps.len();
    let (script, (broken, history)) = shorter(script, first);
    Err(Box::new(Failed { seed, broken, steps: (script.steps.len(), all), history }))
}

/// How many runs are spent on making a script shorter.
const PATIENCE: usize = 600;

/// Leaves steps out, in ever smaller pieces, as long as a rule is still broken.
fn shorter(mut script: Script, mut failure: (String, String)) -> (Script, (String, String)) {
    let mut tries = 0;
    let mut size = script.steps.len() / 2;
    while size > 0 && tries < PATIENCE {
        let mut start = 0;
        let mut left_out = false;
        while start < script.steps.len() && tries < PATIENCE {
            let mut less = script.clone();
            less.steps.drain(start..(start + size).min(less.steps.len()));
            tries += 1;
            match play(&less) {
                Err(found) => (script, failure, left_out) = (less, found, true),
                Ok(_) => start += size,
            }
        }
        if !left_out || size > 1 {
            size /= 2;
        }
    }
    (script, failure)
}
