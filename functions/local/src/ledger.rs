//! The ledger in a folder: one file for each entry, created if no other has its number.
//!
//! ```text
//! STORE/.gitignore                                      `*`: a store inside a repository is not part of it
//! STORE/ledger/project/NAME/00000000000000000001.json   entry 1, and so on without a gap
//! STORE/ledger/project/NAME/checkpoints/…               see [`checkpoints`]
//! STORE/ledger/project/NAME/pending/…                   what is being written
//! ```
//!
//! An entry is written to `pending`, synced, and linked under its number. A link is made whole or not at all, and never over
//! another, so an entry cannot be torn or overwritten by any crash of ours; one that is torn all the same is reported by name.

mod checkpoints;
mod entries;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use trunkline_core::fact::Entry;
use trunkline_core::ids::Name;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::{Append, Checkpoint, Ledger, text};

use crate::clock::unique;
use crate::files::{self, blocking, fault};

/// How old a file in `pending` is when its writer is surely gone.
const STALE: Duration = Duration::from_hours(1);

/// One project's ledger in a store's folder.
#[derive(Clone, Debug)]
pub struct Folder {
    folder: PathBuf,
}

impl Folder {
    /// The ledger of `project` in the folder `store`. Touches nothing: one that does not exist reads as empty.
    pub fn open(store: &Path, project: &Name) -> Self {
        Self { folder: store.join("ledger/project").join(project.as_str()) }
    }

    /// The same, making the folders that are missing. A store that it makes gets a `.gitignore` that hides it all.
    ///
    /// # Errors
    /// [`Code::StoreUnusable`] when something else stands there, a fault when the folders cannot be made.
    pub async fn create(store: &Path, project: &Name) -> Result<Self, Failure> {
        let ledger = Self::open(store, project);
        let (store, folder) = (store.to_owned(), ledger.folder.clone());
        blocking(move || make(&store, &folder)).await?;
        Ok(ledger)
    }

    /// The folder that holds the entries.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Ledger for Folder {
    async fn read(&self, from: u64) -> Result<Vec<Entry>, Failure> {
        let folder = self.folder.clone();
        blocking(move || entries::read(&folder, from)).await
    }

    async fn append(&self, entry: &Entry) -> Result<Append, Failure> {
        let (folder, number, id) = (self.folder.clone(), entry.number, entry.id.clone());
        let text = text::write(entry)?;
        blocking(move || entries::append(&folder, number, &id, &text)).await
    }

    async fn checkpoint(&self, version: u32) -> Result<Option<Checkpoint>, Failure> {
        let folder = self.folder.clone();
        blocking(move || checkpoints::newest(&folder, version)).await
    }

    async fn keep(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let (folder, checkpoint) = (self.folder.clone(), checkpoint.clone());
        blocking(move || checkpoints::keep(&folder, &checkpoint)).await
    }
}

/// Makes a store's folder unless it is there. One that it makes gets a `.gitignore` that hides it all.
///
/// # Errors
/// As [`Folder::create`].
pub async fn make_store(store: &Path) -> Result<(), Failure> {
    let store = store.to_owned();
    blocking(move || make_folder(&store, &store)).await
}

fn make(store: &Path, folder: &Path) -> Result<(), Failure> {
    let pending = folder.join("pending");
    make_folder(store, &pending)?;
    sweep(&pending)
}

/// Makes `folder` in `store`, and hides the store if it is new.
fn make_folder(store: &Path, folder: &Path) -> Result<(), Failure> {
    let ours = !store.exists();
    fs::create_dir_all(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => unusable(folder),
        _ => fault("making", folder, &error),
    })?;
    let ignore = store.join(".gitignore");
    if ours && !ignore.exists() {
        files::replace(&ignore, &folder.join(unique()), b"*\n").map_err(|error| fault("writing", &ignore, &error))?;
    }
    Ok(())
}

fn unusable(path: &Path) -> Failure {
    Refusal::new(
        Code::StoreUnusable,
        format!("the store needs a folder at `{}`, and a file stands there", path.display()),
    )
    .help("move the file away, or give the policy another `store`")
    .into()
}

/// What became of [`place`].
#[derive(Debug, PartialEq, Eq)]
enum Placed {
    /// The file is there now.
    New,
    /// A file of that name was there already, and stays.
    Stands,
}

/// Creates `folder/name` with `bytes`, whole or not at all, unless it is there already.
fn place(folder: &Path, name: &Path, bytes: &[u8]) -> Result<Placed, Failure> {
    let (pending, path) = (folder.join("pending").join(unique()), folder.join(name));
    files::write_new(&pending, bytes).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => missing(folder),
        _ => fault("writing", &path, &error),
    })?;
    let linked = fs::hard_link(&pending, &path);
    // The entry is what counts. A pending file that stays behind is swept up later.
    drop(fs::remove_file(&pending));
    let placed = match linked {
        Ok(()) => Placed::New,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Placed::Stands,
        Err(error) if error.kind() == ErrorKind::Unsupported => return Err(no_links(folder)),
        Err(error) => return Err(fault("writing", &path, &error)),
    };
    // Also when it stood: whoever wrote it may have died before its name was on the disk.
    files::sync_parent(&path).map_err(|error| fault("syncing", folder, &error))?;
    Ok(placed)
}

fn missing(folder: &Path) -> Failure {
    Refusal::new(Code::StoreUnusable, format!("the ledger's folder `{}` is not there any more", folder.display()))
        .help("put it back where it was; a new ledger would forget everything that was deployed")
        .into()
}

fn no_links(folder: &Path) -> Failure {
    Refusal::new(Code::StoreUnusable, format!("the file system of `{}` has no hard links", folder.display()))
        .help("keep the store on a file system that has them: ext4, xfs, btrfs, apfs")
        .into()
}

/// Removes what writers that died left in `pending`.
fn sweep(pending: &Path) -> Result<(), Failure> {
    let now = SystemTime::now();
    for name in files::names(pending).map_err(|error| fault("reading", pending, &error))? {
        let path = pending.join(name);
        let written = fs::symlink_metadata(&path).and_then(|metadata| metadata.modified());
        if written.is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age > STALE)) {
            // Another process may sweep at the same time; what cannot be removed harms nobody.
            drop(fs::remove_file(&path));
        }
    }
    Ok(())
}
