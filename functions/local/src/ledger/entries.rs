//! Entries as files: reading them in order without skipping any, and writing one if its number is free.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use trunkline_core::fact::{Entry, FORMAT};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::Append;

use super::{Placed, missing, place};
use crate::files::{self, fault};

/// The longest entry, in bytes (1 MiB). The longest honest one holds a policy and some hundred commits: a tenth of that.
pub(super) const LONGEST: u64 = 1 << 20;

/// Up to this number, a read also looks through the whole folder for files that do not belong there.
///
/// Listing 2,000 names takes about a millisecond; 100,000 would be paid for at every wake-up. Beyond it, only a read from
/// the first entry on lists the folder, since that one is as long anyway.
const LISTED: u64 = 2000;

/// How far past the end, in doubling steps, a read looks for entries behind a gap.
const PROBED: u32 = 16;

/// The file that holds entry `number`: 20 digits, so that names sort as numbers do.
pub(super) fn name(number: u64) -> PathBuf {
    PathBuf::from(format!("{number:020}.json"))
}

/// The number in an entry's file name.
fn number_of(name: &Path) -> Option<u64> {
    let digits = name.to_str()?.strip_suffix(".json")?;
    let all_digits = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| all_digits && *number > 0)
}

/// An entry as its file holds it.
pub(super) fn text(entry: &Entry) -> Result<Vec<u8>, Failure> {
    let unwritable = |why: String| Failure::from(Refusal::new(Code::InputTooLarge, why));
    let mut text =
        serde_json::to_vec_pretty(entry).map_err(|error| unwritable(format!("an entry is no JSON: {error}")))?;
    text.push(b'\n');
    if text.len() as u64 > LONGEST {
        let length = text.len();
        return Err(unwritable(format!("an entry of {length} bytes is longer than the ledger takes ({LONGEST})")));
    }
    Ok(text)
}

/// Writes an entry's text under its number if that is free.
pub(super) fn append(folder: &Path, number: u64, id: &str, text: &[u8]) -> Result<Append, Failure> {
    if number == 0 {
        return Err(corrupt("entry number 0 cannot be written".to_owned()).help("entries start at 1").into());
    }
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
    let refuse = |why: &str| {
        corrupt(format!("the ledger's entry `{}` {why}", path.display()))
            .help("restore that file from a backup; nothing is decided on a ledger that cannot be read whole")
    };
    let text = match files::read(&path, LONGEST) {
        Ok(Some(text)) if text.len() as u64 > LONGEST => return Err(refuse("is longer than an entry can be").into()),
        Ok(Some(text)) => text,
        Ok(None) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::IsADirectory => return Err(refuse("is a folder").into()),
        Err(error) => return Err(fault("reading", &path, &error)),
    };
    let head = |text: &[u8]| serde_json::from_slice::<Head>(text);
    let entry: Entry = match serde_json::from_slice(&text) {
        Ok(entry) => entry,
        Err(_) if head(&text).is_ok_and(|head| head.format > FORMAT) => return Err(too_old(&path)),
        Err(error) => return Err(refuse(&format!("is torn or was changed: {error}")).into()),
    };
    if entry.format > FORMAT {
        return Err(too_old(&path));
    }
    if entry.number != number {
        return Err(refuse(&format!("says that it is number {}", entry.number)).into());
    }
    Ok(Some(entry))
}

/// What every format keeps.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// Looks through all names of the folder; gives the highest number.
fn list(folder: &Path) -> Result<u64, Failure> {
    let names = files::names(folder).map_err(|error| fault("reading", folder, &error))?;
    let mut highest = 0;
    for name in names {
        match number_of(&name) {
            Some(number) => highest = highest.max(number),
            None if matches!(name.to_str(), Some("checkpoints" | "pending")) => {}
            None => return Err(foreign(&folder.join(name))),
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

fn corrupt(message: String) -> Refusal {
    Refusal::new(Code::LedgerCorrupt, message)
}

fn gap(folder: &Path, number: u64, later: u64) -> Failure {
    let path = folder.join(name(number));
    corrupt(format!("the ledger's entry `{}` is missing, and number {later} builds on it", path.display()))
        .help("restore that file from a backup; entries are never deleted")
        .into()
}

fn foreign(path: &Path) -> Failure {
    Refusal::new(Code::LedgerForeign, format!("`{}` is no entry of the ledger", path.display()))
        .help("move it out of the ledger's folder")
        .into()
}

fn too_old(path: &Path) -> Failure {
    Refusal::new(Code::TooOld, format!("the ledger's entry `{}` was written by a newer version", path.display()))
        .help("install the newest version of trunkline here")
        .into()
}
