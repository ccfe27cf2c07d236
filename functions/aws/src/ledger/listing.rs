//! Which entries are there, in one look: consecutive, each written once and never touched again, and nothing else beside them.

use std::collections::BTreeMap;

use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::text;

use super::S3Ledger;
use crate::bucket::{Kept, Listed};

/// The only folder beside the entries.
const CHECKPOINTS: &str = "checkpoints/";

impl S3Ledger {
    /// The entries from `first` on.
    pub(super) async fn list(&self, first: u64) -> Result<Vec<(u64, Kept)>, Failure> {
        match self.look(first).await? {
            Ok(listed) => Ok(listed),
            // A list is no snapshot: entries that were written while it was made may show the later one only.
            Err(_) => Ok(self.look(first).await??),
        }
    }

    /// One look. What may be different at the next one is the inner error.
    async fn look(&self, first: u64) -> Result<Result<Vec<(u64, Kept)>, Refusal>, Failure> {
        // The entry before the first is listed as well: it must be there, whoever read it before.
        let before = first - 1;
        let after = before.checked_sub(1).filter(|after| *after > 0).map(text::name);
        let listed = self.folder.versions(after.as_deref()).await?;
        let mut expected = before.max(1);
        let mut entries = Vec::new();
        for (number, kept) in self.entries(listed)?.range(expected..) {
            if *number != expected {
                return Ok(Err(text::gap(&self.shown(expected), *number)));
            }
            expected += 1;
            if *number >= first {
                entries.push((*number, kept.clone()));
            }
        }
        if expected < first {
            return Ok(Err(text::gap(&self.shown(before), first)));
        }
        Ok(Ok(entries))
    }

    /// What was listed, by number.
    fn entries(&self, listed: Listed) -> Result<BTreeMap<u64, Kept>, Refusal> {
        if let Some(folder) = listed.folders.iter().find(|folder| *folder != CHECKPOINTS) {
            return Err(text::foreign(&self.folder.shown(folder)));
        }
        let mut entries = BTreeMap::new();
        let mut deleted = None;
        for version in listed.versions {
            match (text::number(&version.name), version.kept) {
                (Some(number), Some(kept)) => {
                    if entries.insert(number, kept).is_some() {
                        return Err(written_over(&self.shown(number)));
                    }
                }
                (Some(number), None) => deleted = Some(number),
                // The place itself: consoles make an object for a folder.
                (None, _) if version.name.is_empty() => {}
                (None, Some(_)) if version.latest => return Err(text::foreign(&self.folder.shown(&version.name))),
                // It was there, and someone took it away.
                (None, _) => {}
            }
        }
        match deleted {
            Some(number) => Err(deleted_once(&self.shown(number))),
            None => Ok(entries),
        }
    }
}

const RESTORE: &str = "`aws s3api list-object-versions` shows its versions: delete the deletion mark and every version but the first one, which is the entry; entries are never deleted or written over";

/// An entry is gone since it was listed.
pub(super) fn deleted(place: &str) -> Refusal {
    Refusal::new(Code::LedgerCorrupt, format!("the ledger's entry `{place}` was deleted")).help(RESTORE)
}

fn deleted_once(place: &str) -> Refusal {
    let message = format!("the ledger's entry `{place}` was deleted, whether it was written again or not");
    Refusal::new(Code::LedgerCorrupt, message).help(RESTORE)
}

fn written_over(place: &str) -> Refusal {
    Refusal::new(Code::LedgerCorrupt, format!("the ledger's entry `{place}` was written over")).help(RESTORE)
}
