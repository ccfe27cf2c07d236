//! Layers: files of an export as tar archives whose bytes depend on nothing but names, contents and the executable bit.
//!
//! Entries are sorted, owners are 0, names of owners empty, modes 0644 or 0755, times 0. The time is not the commit's: two
//! commits with the same files then share their layers, which registries and nodes keep and fetch once.
//! The bytes do depend on the compressor, whose version `Cargo.lock` holds.

mod archive;
mod compress;
mod list;

use std::path::Path;

use tempfile::NamedTempFile;
use trunkline_core::ids::Digest;
use trunkline_core::policy::Compression;
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::Failure;

pub(crate) use archive::{BEGUN, begin};
pub(crate) use list::{Base, confined};

/// A layer that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    /// The file or folder of the export, platform words replaced.
    pub(crate) from: String,
    /// The absolute path it has in the image.
    pub(crate) to: String,
}

/// A layer that was made.
pub(crate) struct Made {
    /// Its compressed bytes, gone when dropped.
    pub(crate) file: NamedTempFile,
    /// The digest of the compressed bytes: the blob's.
    pub(crate) digest: Digest,
    /// The length of the compressed bytes.
    pub(crate) size: u64,
    /// The digest of the bare tar archive, which the configuration names.
    pub(crate) diff: Digest,
}

/// Makes a layer in a temporary file of `staging`. It blocks: call it on a thread for such work.
///
/// # Errors
/// Refusals for sources that are missing, lead out or cannot be in an image; faults for files that cannot be read or written.
pub(crate) fn make(
    export: &Path,
    wanted: &Wanted,
    base: Base,
    compression: Compression,
    staging: &Path,
    watcher: &Watcher,
) -> Result<Made, Failure> {
    let entries = list::list(export, wanted, base)?;
    archive::write(&entries, compression, staging, watcher)
}
