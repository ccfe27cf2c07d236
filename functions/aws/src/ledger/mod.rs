//! The ledger in a bucket: one object for each entry, created if no other has its number.
//!
//! ```text
//! s3://BUCKET/PREFIX/ledger/project/NAME/00000000000000000001.json   entry 1, and so on without a gap
//! s3://BUCKET/PREFIX/ledger/project/NAME/checkpoints/…               see [`checkpoint`]
//! ```
//!
//! The entries are those of a folder's ledger, byte for byte, so that one can be copied to the other.
//!
//! **What it costs.** Looking for something new is one request: a list that begins with the last known entry. It also tells that
//! this one is still there, and it is a list of versions, so it shows what was deleted or written over; nothing else has to be
//! asked for that. Every new entry is one more request, thirty-two of them at a time, save one that this process wrote itself.
//! Appending is one request.
//!
//! **What is deleted.** In a bucket with versions, S3 lets an object be created again over its deletion mark, and says nothing. An
//! append cannot see that, but every read that passes the number does, the one that follows the append to begin with; from then
//! on the ledger is refused until someone has looked. Without versions, the deletion of the last entries leaves no trace: turn
//! versions on. Nobody but a person deletes entries, and the roles that need to may not.

mod checkpoint;
mod listing;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, TryStreamExt, stream};
use trunkline_core::fact::Entry;
use trunkline_core::ids::Name;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::{Append, Checkpoint, Ledger, text};

use crate::bucket::{Bucket, Condition, Kept};
use checkpoint::Held;

/// How many entries are read at once.
const AT_ONCE: usize = 32;

/// What the objects are.
const JSON: &str = "application/json";

/// One project's ledger in a bucket.
#[derive(Debug)]
pub struct S3Ledger {
    folder: Bucket,
    known: Mutex<Known>,
}

/// What this process knows of the ledger, so that it need not ask again.
#[derive(Debug, Default)]
struct Known {
    /// The last entry that was seen here. Entries are never deleted, so all before it are there.
    last: u64,
    /// The last entry that was written from here, and what names its content.
    written: Option<(Entry, String)>,
    /// The newest checkpoint of each version of the fold.
    checkpoints: BTreeMap<u32, Held>,
}

impl S3Ledger {
    /// The ledger of `project` in the place `store`. Asks nothing: one that does not exist reads as empty.
    pub fn open(store: &Bucket, project: &Name) -> Self {
        Self { folder: store.below("ledger/project").below(project.as_str()), known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What it holds is replaced whole, so a panic elsewhere leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self, number: u64) -> String {
        self.folder.shown(&text::name(number))
    }

    /// The entry `number`, when it is there.
    async fn get(&self, number: u64) -> Result<Option<Entry>, Failure> {
        let Some(object) = self.folder.get(&text::name(number), text::LONGEST).await? else { return Ok(None) };
        Ok(Some(text::read(&object.bytes, number, &self.shown(number))?))
    }

    /// An entry that was listed.
    async fn listed(&self, number: u64, kept: Kept) -> Result<Entry, Failure> {
        let written = self.known().written.clone();
        if let Some((written, _)) = written.filter(|(written, etag)| (written.number, etag) == (number, &kept.etag)) {
            return Ok(written);
        }
        if kept.size > text::LONGEST {
            return Err(text::damaged(&self.shown(number), "is longer than an entry can be").into());
        }
        self.get(number).await?.ok_or_else(|| listing::deleted(&self.shown(number)).into())
    }

    /// Whether entry `number` is there, asking only when this process does not know.
    async fn follows(&self, number: u64) -> Result<bool, Failure> {
        let last = self.known().last;
        Ok(number <= last || self.folder.has(&text::name(number)).await?)
    }
}

impl Ledger for S3Ledger {
    async fn read(&self, from: u64) -> Result<Vec<Entry>, Failure> {
        let listed = self.list(from.max(1)).await?;
        let entries = stream::iter(listed).map(|(number, kept)| self.listed(number, kept));
        let entries: Vec<Entry> = entries.buffered(AT_ONCE).try_collect().await?;
        if let Some(last) = entries.last() {
            let mut known = self.known();
            known.last = known.last.max(last.number);
        }
        Ok(entries)
    }

    async fn append(&self, entry: &Entry) -> Result<Append, Failure> {
        let (number, text) = (entry.number, text::write(entry)?);
        if number > 1 && !self.follows(number - 1).await? {
            return Err(text::gap(&self.shown(number - 1), number).into());
        }
        if let Some(created) = self.folder.put(&text::name(number), text, JSON, &Condition::Absent).await? {
            let mut known = self.known();
            known.last = known.last.max(number);
            known.written = Some((entry.clone(), created.etag));
            return Ok(Append::Written);
        }
        match self.get(number).await? {
            Some(standing) if standing.id == entry.id => Ok(Append::Written),
            Some(_) => Ok(Append::Taken),
            None => Err(listing::deleted(&self.shown(number)).into()),
        }
    }

    async fn checkpoint(&self, version: u32) -> Result<Option<Checkpoint>, Failure> {
        let (checkpoint, held) = checkpoint::read(&self.folder, version).await?;
        self.known().checkpoints.insert(version, held);
        Ok(checkpoint)
    }

    async fn keep(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let version = checkpoint.version;
        let held = self.known().checkpoints.remove(&version);
        let held = match held {
            Some(held) => held,
            None => checkpoint::read(&self.folder, version).await?.1,
        };
        let held = checkpoint::keep(&self.folder, checkpoint, held).await?;
        self.known().checkpoints.extend(held.map(|held| (version, held)));
        Ok(())
    }
}
