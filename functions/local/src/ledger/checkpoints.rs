//! Checkpoints as files: `checkpoints/<20-digit number>.<version>.json`, the state's JSON and nothing else.
//!
//! They only save time. One that is torn counts as none, and the one before it is taken.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::Checkpoint;

use super::{missing, place, sweep};
use crate::files::{self, fault};

/// How many checkpoints of a version are kept: the newest, and those to fall back on.
const KEPT: usize = 3;

/// The longest checkpoint, in bytes (256 MiB): far above any state, and far below a machine's memory.
const LONGEST: u64 = 256 << 20;

/// The newest checkpoint of `version` that can be read.
pub(super) fn newest(folder: &Path, version: u32) -> Result<Option<Checkpoint>, Failure> {
    let numbers = numbers(folder, version)?;
    Ok(numbers.into_iter().rev().find_map(|number| {
        let bytes = files::read(&folder.join(name(number, version)), LONGEST).ok()??;
        let state = String::from_utf8(bytes).ok().filter(|state| state.len() as u64 <= LONGEST)?;
        serde_json::from_str::<IgnoredAny>(&state).ok()?;
        Some(Checkpoint { number, version, state })
    }))
}

/// Writes a checkpoint unless it is there, and removes those of its version that are long superseded.
pub(super) fn keep(folder: &Path, checkpoint: &Checkpoint) -> Result<(), Failure> {
    let checkpoints = folder.join("checkpoints");
    match fs::create_dir(&checkpoints) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(folder)),
        Err(error) => return Err(fault("making", &checkpoints, &error)),
    }
    place(folder, &name(checkpoint.number, checkpoint.version), checkpoint.state.as_bytes())?;
    for number in numbers(folder, checkpoint.version)?.into_iter().rev().skip(KEPT) {
        // Another worker may remove it at the same time; one that stays takes room and nothing else.
        drop(fs::remove_file(folder.join(name(number, checkpoint.version))));
    }
    sweep(&folder.join("pending"))
}

/// The numbers that have a checkpoint of `version`, in order.
fn numbers(folder: &Path, version: u32) -> Result<Vec<u64>, Failure> {
    let checkpoints = folder.join("checkpoints");
    let names = files::names(&checkpoints).map_err(|error| fault("reading", &checkpoints, &error))?;
    let suffix = format!(".{version}.json");
    let number = |name: PathBuf| name.to_str()?.strip_suffix(&suffix).filter(|digits| digits.len() == 20)?.parse().ok();
    Ok(names.into_iter().filter_map(number).collect())
}

fn name(number: u64, version: u32) -> PathBuf {
    PathBuf::from(format!("checkpoints/{number:020}.{version}.json"))
}
