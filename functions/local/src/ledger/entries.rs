//! Entries as files: reading them in order without skipping any, and writing one if its number is free.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use trunkline_core::fact::Entry;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::{Append, text};

use super::{Placed, missing, place};
use crate::files::{self, fault};

/// Up to this number, a read also looks through the whole folder for files that do not belong there.
///
/// Listing 2,000 names takes about a millisecond; 100,000 would be paid for at every wake-up. Beyond it, only a read from
/// the first entry on lists the folder, since that one is as long anyway.
const LISTED: u64 = 2000;

/// How far past the end, in doubling steps, a read looks for entries behind a gap.
const PROBED: u32 = 16;

/// The file that holds entry `number`.
fn name(number: u64) -> PathBuf {
    PathBuf::from(text::name(number))
}

/// Writes an entry's text under its number if that is free.
pub(super) fn append(folder: &Path, number: u64, id: &str, text: &[u8]) -> Result<Append, Failure> {
    if number > 1 && !is_there(folder, number - 1)? {
        return Err(gap(folder, number - 1, number));
    }
    let name = name(number);
    if place(folder, &name, text)? == Placed::New {
        return Ok(Append::Written);
    }
    match read_one(folder, number)? {
        Some(standing) if standing.id == id => Ok(Append::Written),
        Some(_) => Ok(Append::Taken),
        None => Err(missing(folder)),
    }
}

/// The entries from number `from` on.
pub(super) fn read(folder: &Path, from: u64) -> Result<Vec<Entry>, Failure> {
    let first = from.max(1);
    if first > 1 && !is_there(folder, first - 1)? {
        return Err(gap(folder, first - 1, first));
    }
    // Listed first: whatever is listed must be met on the way, and what comes later is no gap.
    let listed = if first <= LISTED { list(folder)? } else { 0 };
    let mut entries = Vec::new();
    let mut number = first;
    loop {
        if let Some(entry) = read_one(folder, number)? {
            entries.push(entry);
            number += 1;
        } else {
            let beyond = (0..PROBED).map(|step| number.saturating_add(1 << step));
            let later = beyond.map(|beyond| is_there(folder, beyond).map(|there| there.then_some(beyond)));
            let later =
                later.chain([Ok((listed > number).then_some(listed))]).find_map(Result::transpose).transpose()?;
            match later {
                None => return Ok(entries),
                // It may have been written between the two looks.
                Some(_) if is_there(folder, number)? => {}
                Some(later) => return Err(gap(folder, number, later)),
            }
        }
    }
}

/// Reads entry `number`, or nothing when it is not there.
fn read_one(folder: &Path, number: u64) -> Result<Option<Entry>, Failure> {
    let path = folder.join(name(number));
    let shown = path.display().to_string();
    match files::read(&path, text::LONGEST) {
        Ok(Some(text)) => Ok(Some(text::read(&text, number, &shown)?)),
        Ok(None) => Ok(None),
        Err(error) if error.kind() == ErrorKind::IsADirectory => Err(text::damaged(&shown, "is a folder").into()),
        Err(error) => Err(fault("reading", &path, &error)),
    }
}

/// Looks through all names of the folder; gives the highest number.
fn list(folder: &Path) -> Result<u64, Failure> {
    let names = files::names(folder).map_err(|error| fault("reading", folder, &error))?;
    let mut highest = 0;
    for name in names {
        match name.to_str().and_then(text::number) {
            Some(number) => highest = highest.max(number),
            None if matches!(name.to_str(), Some("checkpoints" | "pending")) => {}
            None => return Err(text::foreign(&folder.join(name).display().to_string()).into()),
        }
    }
    Ok(highest)
}

fn is_there(folder: &Path, number: u64) -> Result<bool, Failure> {
    let path = folder.join(name(number));
    match fs::symlink_metadata(&path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fault("reading", &path, &error)),
    }
}

fn gap(folder: &Path, number: u64, later: u64) -> Failure {
    text::gap(&folder.join(name(number)).display().to_string(), later).into()
}
