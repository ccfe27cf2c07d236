//! Entries as text, the same in every store that keeps them as files: how one is named, written and read, and how a store that
//! was tampered with is refused.

use serde::Deserialize;
use trunkline_core::fact::{Entry, FORMAT};
use trunkline_core::refusal::{Code, Refusal};

use crate::failure::Failure;

/// The longest entry, in bytes (1 MiB). The longest honest one holds a policy and some hundred commits: a tenth of that.
pub const LONGEST: u64 = 1 << 20;

/// The name of entry `number`: 20 digits, so that names sort as numbers do.
pub fn name(number: u64) -> String {
    format!("{number:020}.json")
}

/// The number in an entry's name; nothing when it is not the name of an entry.
pub fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let all_digits = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| all_digits && *number > 0)
}

/// An entry as it is kept.
///
/// # Errors
/// [`Code::LedgerCorrupt`] for number 0, which no entry has, [`Code::InputTooLarge`] when it is longer than [`LONGEST`].
pub fn write(entry: &Entry) -> Result<Vec<u8>, Failure> {
    if entry.number == 0 {
        let refusal = Refusal::new(Code::LedgerCorrupt, "entry number 0 cannot be written");
        return Err(refusal.help("entries start at 1").into());
    }
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

/// Reads what is kept at `place` as entry `number`.
///
/// # Errors
/// [`Code::LedgerCorrupt`] when it is torn, changed or another number's, [`Code::TooOld`] when a newer version wrote it.
pub fn read(text: &[u8], number: u64, place: &str) -> Result<Entry, Refusal> {
    if text.len() as u64 > LONGEST {
        return Err(damaged(place, "is longer than an entry can be"));
    }
    let head = |text: &[u8]| serde_json::from_slice::<Head>(text);
    let entry: Entry = match serde_json::from_slice(text) {
        Ok(entry) => entry,
        Err(_) if head(text).is_ok_and(|head| head.format > FORMAT) => return Err(too_old(place)),
        Err(error) => return Err(damaged(place, &format!("is torn or was changed: {error}"))),
    };
    if entry.format > FORMAT {
        return Err(too_old(place));
    }
    if entry.number != number {
        return Err(damaged(place, &format!("says that it is number {}", entry.number)));
    }
    Ok(entry)
}

/// What every format keeps.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// The entry at `place` is not what was written.
pub fn damaged(place: &str, why: &str) -> Refusal {
    Refusal::new(Code::LedgerCorrupt, format!("the ledger's entry `{place}` {why}"))
        .help("restore that file from a backup; nothing is decided on a ledger that cannot be read whole")
}

/// The entry at `place` is missing, and entry `later` is there or about to be written.
pub fn gap(place: &str, later: u64) -> Refusal {
    Refusal::new(
        Code::LedgerCorrupt,
        format!("the ledger's entry `{place}` is missing, and number {later} builds on it"),
    )
    .help("restore that file from a backup; entries are never deleted")
}

/// What is at `place` has no business there.
pub fn foreign(place: &str) -> Refusal {
    Refusal::new(Code::LedgerForeign, format!("`{place}` is no entry of the ledger"))
        .help("move it out of the ledger's folder")
}

fn too_old(place: &str) -> Refusal {
    Refusal::new(Code::TooOld, format!("the ledger's entry `{place}` was written by a newer version"))
        .help("install the newest version of trunkline here")
}
