//! Folding a ledger and deciding, at growing lengths, against itself: what a wake-up costs must not grow with the ledger.
//!
//! A wake-up is what a worker does before it acts: it reads the newest checkpoint, the entries since, and decides.

use std::hint::black_box;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use trunkline_core::decide::decide;
use trunkline_core::fact::Entry;
use trunkline_core::policy::Policy;
use trunkline_core::state::State;

use crate::Outcome;
use crate::ledger::{Busy, POLICY};
use crate::measure::median;
use crate::stand::Stand;
use crate::table::{Row, seconds};

/// How many entries a wake-up finds after the checkpoint.
const TAIL: usize = 5;

/// What was measured at one length.
struct Taken {
    length: usize,
    /// Entries folded in a second.
    rate: f64,
    /// Seconds to decide.
    decide: f64,
    /// Seconds from a checkpoint to a plan.
    wake: f64,
    /// The checkpoint's size in bytes.
    checkpoint: usize,
}

pub(crate) fn rows(stand: &Stand) -> Outcome<Vec<Row>> {
    let lengths: &[usize] = if stand.quick { &[1000, 10_000] } else { &[1000, 10_000, 100_000] };
    let mut busy = Busy::new()?;
    let mut all = Vec::new();
    for length in lengths {
        busy.reach(*length)?;
        all.push(take(&busy)?);
    }
    // The state is full, and forgets, from some ten thousand entries on: that is where flat begins.
    let full = all.iter().find(|taken| taken.length >= 10_000).map_or(f64::INFINITY, |taken| taken.wake);
    let rows = all.iter().map(|taken| row(taken, full)).collect();
    Ok(rows)
}

fn row(taken: &Taken, full: f64) -> Row {
    let Taken { length, rate, decide, wake, checkpoint } = taken;
    let ours = format!(
        "fold {:.2} M/s, decide {}, wake-up {} (checkpoint {} KB)",
        rate / 1e6,
        seconds(*decide),
        seconds(*wake),
        checkpoint / 1024
    );
    let met = *rate >= 1e6 && *wake < 1.5 * full;
    Row::fact(format!("a ledger of {length} entries"), ours, "≥ 1 M/s; wake-up flat", met)
}

fn take(busy: &Busy) -> Outcome<Taken> {
    let (before, tail) = busy.entries.split_at(busy.entries.len() - TAIL);
    let checkpoint = State::fold(before).to_checkpoint()?;
    if woken(&checkpoint, tail)? != busy.state {
        return Err("a wake-up from a checkpoint ends in another state".into());
    }
    let length = busy.entries.len();
    let fold = timed(9, || Ok(State::fold(&busy.entries)))?;
    let decided = timed(21, || Ok(decide(&busy.state, &busy.policy, busy.now)))?;
    let wake = timed(21, || {
        let state = woken(&checkpoint, tail)?;
        let policy = Policy::parse(POLICY)?;
        Ok((decide(&state, &policy, busy.now), state))
    })?;
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
    let rate = length as f64 / fold;
    Ok(Taken { length, rate, decide: decided, wake, checkpoint: checkpoint.len() })
}

/// The state after a checkpoint and the entries since.
fn woken(checkpoint: &str, tail: &[Entry]) -> Outcome<State> {
    let mut state = State::from_checkpoint(checkpoint)?;
    for entry in tail {
        state.apply(entry);
    }
    Ok(state)
}

/// The median of some runs, in seconds of processor time: nothing here waits, and others may be busy on this machine.
fn timed<T>(runs: usize, mut work: impl FnMut() -> Outcome<T>) -> Outcome<f64> {
    let now = || -> Outcome<Duration> { Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into()) };
    let mut taken = Vec::new();
    for _ in 0..runs {
        let began = now()?;
        let made = black_box(work()?);
        taken.push(now()?.saturating_sub(began).as_secs_f64());
        drop(made);
    }
    Ok(median(taken))
}
