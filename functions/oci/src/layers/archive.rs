//! A layer's list becomes a compressed tar archive, hashed before and after compression as it is written.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tar::{Builder, EntryType, Header};
use tempfile::NamedTempFile;
use trunkline_core::policy::Compression;
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::{Failure, Fault};

use super::Made;
use super::compress::Compressor;
use super::list::{Content, Entry};
use crate::digest::Summing;
use crate::problem;

/// How much is read from a file at once, in bytes. Large enough that calls into the system do not count.
const READ: usize = 256 * 1024;

/// How the names of files and folders begin that are being written and are no blobs yet.
pub(crate) const BEGUN: &str = ".incoming-";

/// Begins a file of a blob store that is not yet under its name. Its mode is that of other blobs, readable for all who may.
pub(crate) fn begin(staging: &Path) -> Result<NamedTempFile, Failure> {
    tempfile::Builder::new()
        .prefix(BEGUN)
        .permissions(std::fs::Permissions::from_mode(0o644))
        .tempfile_in(staging)
        .map_err(|error| problem::file("cannot write to", staging, &error))
}

/// Writes the archive.
pub(super) fn write(
    entries: &[Entry],
    compression: Compression,
    staging: &Path,
    watcher: &Watcher,
) -> Result<Made, Failure> {
    let file = begin(staging)?;
    let path = file.path().to_owned();
    let failed = |error: &io::Error| problem::file("cannot write", &path, error);

    let compressed = Summing::new(BufWriter::with_capacity(READ, file));
    let compressor = Compressor::new(compressed, compression).map_err(|error| failed(&error))?;
    let mut archive = Builder::new(Summing::new(compressor));
    let total: u64 = entries.iter().map(Entry::size).sum();
    let mut done = 0;
    let mut buffer = vec![0; READ];
    for entry in entries {
        append(&mut archive, entry, &mut buffer, &path)?;
        done += entry.size();
        if entry.size() > 0 {
            watcher.amount(done, total);
        }
    }
    let (compressor, diff, _) = archive.into_inner().map_err(|error| failed(&error))?.finish();
    let (buffered, digest, size) = compressor.finish().map_err(|error| failed(&error))?.finish();
    let file = buffered.into_inner().map_err(|error| failed(error.error()))?;
    Ok(Made { file, digest, size, diff })
}

fn append<W: Write>(archive: &mut Builder<W>, entry: &Entry, buffer: &mut [u8], staged: &Path) -> Result<(), Failure> {
    let mut header = header(entry);
    let written = match &entry.content {
        Content::Folder => archive.append_data(&mut header, &entry.path, io::empty()),
        Content::Link { target } => archive.append_link(&mut header, &entry.path, target),
        Content::File { source, size, .. } => {
            let file = File::open(source).map_err(|error| problem::file("cannot read", source, &error))?;
            let mut exact = Exact { file, left: *size, problem: None };
            let written = write_file(archive, &mut header, entry, &mut exact, buffer);
            if let Some(error) = exact.problem.take() {
                return Err(problem::file("cannot read", source, &error));
            }
            if exact.left > 0 || exact.file.read(&mut buffer[..1]).is_ok_and(|more| more > 0) {
                return Err(Fault::passing(format!("`{}` changed while it was read", source.display())).into());
            }
            written
        }
    };
    written.map_err(|error| problem::file("cannot write", staged, &error))
}

/// Writes a file's entry in large pieces: `tar` itself copies 8 KiB at a time.
fn write_file<W: Write>(
    archive: &mut Builder<W>,
    header: &mut Header,
    entry: &Entry,
    exact: &mut Exact,
    buffer: &mut [u8],
) -> io::Result<()> {
    header.set_size(entry.size());
    let size = entry.size();
    // The header, with whatever a long name needs, is written around an empty body; the body and its padding follow.
    archive.append_data(header, &entry.path, io::empty())?;
    let inner = archive.get_mut();
    loop {
        let read = exact.read(buffer)?;
        if read == 0 {
            break;
        }
        inner.write_all(&buffer[..read])?;
    }
    let padding = (512 - size % 512) % 512;
    inner.write_all(&[0; 512][..usize::try_from(padding).unwrap_or(0)])
}

fn header(entry: &Entry) -> Header {
    let mut header = Header::new_gnu();
    let (kind, mode) = match &entry.content {
        Content::Folder => (EntryType::Directory, 0o755),
        Content::Link { .. } => (EntryType::Symlink, 0o777),
        Content::File { executable: true, .. } => (EntryType::Regular, 0o755),
        Content::File { .. } => (EntryType::Regular, 0o644),
    };
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header
}

impl Entry {
    /// The bytes of a file; nothing of anything else.
    fn size(&self) -> u64 {
        match &self.content {
            Content::File { size, .. } => *size,
            Content::Folder | Content::Link { .. } => 0,
        }
    }
}

/// A file as long as it was when it was listed, so that the archive stays whole whatever happens to it.
struct Exact {
    file: File,
    left: u64,
    /// Why reading failed, apart from why writing may have.
    problem: Option<io::Error>,
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        match self.file.read(&mut buffer[..most]) {
            Ok(read) => {
                self.left -= read as u64;
                Ok(read)
            }
            Err(error) => {
                self.problem = Some(io::Error::from(error.kind()));
                Err(error)
            }
        }
    }
}
