//! The ledger, wherever the store is.

use trunkline_aws::ledger::S3Ledger;
use trunkline_core::fact::Entry;
use trunkline_local::ledger::Folder;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::{Append, Checkpoint, Ledger};

/// A project's ledger.
#[derive(Debug)]
pub enum Ledgers {
    /// In a folder.
    Folder(Folder),
    /// In a bucket.
    Bucket(Box<S3Ledger>),
}

impl Ledger for Ledgers {
    async fn read(&self, from: u64) -> Result<Vec<Entry>, Failure> {
        match self {
            Self::Folder(ledger) => ledger.read(from).await,
            Self::Bucket(ledger) => ledger.read(from).await,
        }
    }

    async fn append(&self, entry: &Entry) -> Result<Append, Failure> {
        match self {
            Self::Folder(ledger) => ledger.append(entry).await,
            Self::Bucket(ledger) => ledger.append(entry).await,
        }
    }

    async fn checkpoint(&self, version: u32) -> Result<Option<Checkpoint>, Failure> {
        match self {
            Self::Folder(ledger) => ledger.checkpoint(version).await,
            Self::Bucket(ledger) => ledger.checkpoint(version).await,
        }
    }

    async fn keep(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        match self {
            Self::Folder(ledger) => ledger.keep(checkpoint).await,
            Self::Bucket(ledger) => ledger.keep(checkpoint).await,
        }
    }
}
