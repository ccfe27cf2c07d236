//! Entries from text, in the order and form that the ledger keeps.

use trunkline_core::fact::{Entry, FORMAT};
use trunkline_core::refusal::{Code, Refusal};

/// The entries of a ledger, from the first one on: a JSON array, or entry after entry.
///
/// # Errors
/// [`Code::LedgerCorrupt`] when the text is no entries, or one is missing; [`Code::TooOld`] when a newer version wrote one.
pub(crate) fn read(text: &str) -> Result<Vec<Entry>, Refusal> {
    let entries: Vec<Entry> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::Deserializer::from_str(text).into_iter().collect()
    }
    .map_err(|error| {
        Refusal::new(Code::LedgerCorrupt, format!("the entries cannot be read: {error}"))
            .help("give a JSON array of the ledger's entries, or one entry after another")
    })?;
    for (next, entry) in (1..).zip(&entries) {
        if entry.number != next {
            let message = format!("entry {next} is missing: entry {} stands in its place", entry.number);
            return Err(Refusal::new(Code::LedgerCorrupt, message)
                .help("give every entry from the first one on, in the order of their numbers"));
        }
        if entry.format > FORMAT {
            let message = format!("entry {next} was written by a newer version");
            return Err(Refusal::new(Code::TooOld, message).help("use this module in that version"));
        }
    }
    Ok(entries)
}
