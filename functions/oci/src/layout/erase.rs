//! Erasing an image: off the list first, then whatever nothing on the list can reach any more.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::time::Duration;

use trunkline_core::ids::Digest;
use trunkline_ports::artifacts::Outcome;
use trunkline_ports::failure::Failure;

use super::Layout;
use super::index::Index;
use crate::layers::BEGUN;
use crate::problem;

/// How old a file must be that was begun and never finished, before it counts as abandoned. No build takes that long.
const ABANDONED: Duration = Duration::from_hours(24);

impl Layout {
    /// Deletes the image `digest`, its tags, and those of its manifests and blobs that no other image here refers to.
    ///
    /// The list is written first: a process that ends halfway leaves blobs that nothing names, never an image without its blobs.
    pub(crate) fn erase(&self, digest: &Digest) -> Result<Outcome, Failure> {
        if !self.folder.join("index.json").is_file() {
            return Ok(Outcome::Already);
        }
        let _lock = self.lock()?;
        self.sweep()?;
        let mut index = self.index()?;
        let mut doomed = BTreeSet::new();
        self.reach(digest, &mut doomed)?;
        if doomed.is_empty() && !index.holds(digest) {
            return Ok(Outcome::Already);
        }
        let kept = self.reachable_without(&index, digest)?;
        let mut outcome = Outcome::Already;
        if index.remove(digest) {
            self.write_index(&index)?;
            outcome = Outcome::Changed;
        }
        for blob in doomed.difference(&kept) {
            let path = self.blob_path(blob);
            match fs::remove_file(&path) {
                Ok(()) => outcome = Outcome::Changed,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(problem::file("cannot delete", &path, &error)),
            }
        }
        Ok(outcome)
    }

    /// Removes what processes that ended early left here: files begun for blobs that nobody has touched for a day.
    fn sweep(&self) -> Result<(), Failure> {
        let failed = |error: io::Error| problem::file("cannot tidy", &self.folder, &error);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let begun = entry.file_name().to_string_lossy().starts_with(BEGUN);
            // One that is gone already was finished by whoever wrote it.
            let Ok(metadata) = entry.metadata() else { continue };
            let age = metadata.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
            if begun && age > ABANDONED {
                let path = entry.path();
                let removed = if metadata.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.map_err(failed)?;
            }
        }
        Ok(())
    }

    /// What all other images reach. One that cannot be read stops the erasing: its blobs would be taken for unused.
    fn reachable_without(&self, index: &Index, digest: &Digest) -> Result<BTreeSet<Digest>, Failure> {
        let mut kept = BTreeSet::new();
        for entry in index.manifests.iter().filter(|entry| entry.digest != *digest) {
            self.reach(&entry.digest, &mut kept)?;
        }
        Ok(kept)
    }

    /// Adds a manifest and all it refers to.
    fn reach(&self, digest: &Digest, reached: &mut BTreeSet<Digest>) -> Result<(), Failure> {
        if reached.contains(digest) {
            return Ok(());
        }
        let Some(known) = self.manifest(digest)? else { return Ok(()) };
        reached.insert(digest.clone());
        reached.extend(known.references.blobs().map(|blob| blob.digest.clone()));
        for child in &known.references.manifests {
            self.reach(&child.digest, reached)?;
        }
        Ok(())
    }
}
