//! What a package's manifest says: which bytes it is, or that it was erased.

use serde::{Deserialize, Serialize};
use trunkline_core::ids::Digest;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use super::{FILE, MANIFEST};
use crate::bucket::{Bucket, Condition, Created};

/// The longest manifest, in bytes (64 KiB): a hundred times what one has.
const LONGEST: u64 = 64 << 10;

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Record {
    /// The package is there.
    Kept {
        /// The name of its bytes, beside the manifest.
        file: String,
        /// Their length.
        size: u64,
        /// The 64 hex digits of their digest.
        sha256: String,
        /// Their version, in a bucket that has versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// It was there, and never will be again.
    Erased,
}

impl Record {
    /// The manifest of bytes that were just sent.
    pub(super) fn kept(digest: &Digest, size: u64, sent: Created) -> Self {
        Self::Kept { file: FILE.to_owned(), size, sha256: digest.hex().to_owned(), version: sent.version }
    }

    /// Writes it on `condition`. Gives nothing when that does not hold.
    pub(super) async fn write(&self, folder: &Bucket, condition: &Condition) -> Result<Option<Created>, Failure> {
        let text = serde_json::to_vec_pretty(self);
        let text = text.map_err(|error| Fault::lasting(format!("a manifest cannot be written: {error}")))?;
        folder.put(MANIFEST, text, "application/json", condition).await
    }
}

/// The manifest of the package `digest`, if there is one.
///
/// # Errors
/// [`Code::ArtifactChanged`] when it is not one, or another package's.
pub(super) async fn read(folder: &Bucket, digest: &Digest) -> Result<Option<Record>, Failure> {
    let Some(object) = folder.get(MANIFEST, LONGEST).await? else { return Ok(None) };
    let place = folder.shown(MANIFEST);
    let record: Record = serde_json::from_slice(&object.bytes)
        .map_err(|error| changed(format!("the manifest `{place}` cannot be read: {error}")))?;
    match &record {
        Record::Kept { file, sha256, .. } if file != FILE || sha256 != digest.hex() => {
            Err(changed(format!("the manifest `{place}` is of other bytes")).into())
        }
        _ => Ok(Some(record)),
    }
}

pub(super) fn changed(message: String) -> Refusal {
    Refusal::new(Code::ArtifactChanged, message)
        .help("delete that object and build the package's commit again: the same sources give the same bytes")
}
