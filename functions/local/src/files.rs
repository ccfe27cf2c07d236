//! Files that are there whole or not at all, and reads that have an end.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use trunkline_ports::failure::{Failure, Fault};

/// Runs work that blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Fault::passing(format!("a worker's thread ended early: {error}")).into()),
    }
}

/// What the system answered while `doing` something to `path`.
pub(crate) fn fault(doing: &str, path: &Path, error: &Error) -> Failure {
    Fault::from_io(format_args!("{doing} `{}`", path.display()), error).into()
}

/// A file's content, or nothing when the file is not there. One that is longer than `limit` bytes is cut after one byte more.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Writes `bytes` to a new file and waits until they are on the disk. What was written of it is removed if that fails.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create_new(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // The first error is the one to tell; a file that stays behind is swept up later.
        drop(fs::remove_file(path));
    }
    written
}

/// Puts `bytes` at `path` in one step, whatever stood there: written beside, then renamed.
pub(crate) fn replace(path: &Path, beside: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_new(beside, bytes)?;
    fs::rename(beside, path).inspect_err(|_| drop(fs::remove_file(beside)))?;
    sync_parent(path)
}

/// Waits until a folder's names are on the disk.
pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder)?.sync_all()
}

/// Waits until the name of a file is on the disk.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    path.parent().map_or(Ok(()), sync)
}

/// The names in a folder, sorted; none when the folder is not there.
pub(crate) fn names(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(PathBuf::from(entry?.file_name()));
    }
    names.sort();
    Ok(names)
}
