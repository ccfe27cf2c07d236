//! Deployments as commits to a manifest repository: a path on this machine or a git URL.
//!
//! Nothing is ever checked out. A bare cache holds what was fetched of the branch (its newest commit and trees, and only
//! those files that are edited); an edit makes the new commit from the old one's tree, and a plain push offers it. The
//! branch's head is the destination's version: whoever pushes onto another head is told that it moved, and looks again.
//!
//! A repository with a work tree is pushed to like any other. When the branch is checked out there, git refuses unless that
//! repository sets `receive.denyCurrentBranch` to `updateInstead`; a bare repository has no such question.
//!
//! Commits are made in the name that `git config` gives at the root, else as `Trunkline <trunkline@localhost>`. They are not
//! signed.

mod address;
mod cache;
mod files;
mod message;
mod push;
#[cfg(test)]
mod tests;
mod undo;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trunkline_core::deployment::{Destination, Mark, Unit};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::{Put, Sight, Standing, Targets, Version};

use crate::git::Git;
use address::Address;
use cache::Cache;
use files::{Change, Files, Spot};
use message::Moved;

/// Manifest repositories, whichever a unit names.
#[derive(Clone, Debug)]
pub struct ManifestRepository {
    /// What paths are relative to, and whose `git config` says who commits.
    root: PathBuf,
    /// Where caches are kept.
    cache: PathBuf,
    git: fn(Git) -> Git,
}

impl ManifestRepository {
    /// Manifest repositories relative to `root` (the policy file's folder), with their caches in `<cache>/manifests`.
    ///
    /// A cache may be removed at any time, and shared by any number of processes.
    pub fn new(root: &Path, cache: &Path) -> Self {
        Self { root: root.to_owned(), cache: cache.join("manifests"), git: |git| git }
    }

    /// Opens the unit's repository and fetches its branch. The cache stays locked until the visit ends.
    async fn visit(&self, unit: &Unit) -> Result<Visit, Failure> {
        let Destination::Manifests { repository, branch } = &unit.destination else {
            return Err(Fault::lasting("this destination is not a manifest repository").into());
        };
        let address = Address::new(&self.root, repository, branch)?;
        let cache = Cache::open(&self.cache, address, self.git).await?;
        let (head, objects) = cache.fetch().await?;
        Ok(Visit { head, files: Files::new(cache, objects) })
    }

    /// Makes a commit of what changed and offers it; the head must still be what the visit saw.
    async fn commit(&self, visit: &Visit, message: &str, changes: &[Change]) -> Result<Put, Failure> {
        let identity = write::identity(&(self.git)(Git::at(&self.root))).await?;
        let cache = visit.files.cache();
        let commit = write::commit(&cache.plain, &visit.head, &identity, message, changes).await?;
        push::push(cache, &commit).await
    }
}

/// A repository that was fetched and is locked.
struct Visit {
    head: trunkline_core::ids::Commit,
    files: Files,
}

impl Targets for ManifestRepository {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        let mut visit = self.visit(unit).await?;
        let spots = visit.files.spots(&visit.head, unit).await?;
        let mut pieces = BTreeMap::new();
        for spot in &spots {
            pieces.insert(spot.piece.artifact.clone(), standing(spot)?);
        }
        Ok(Sight { version: Version(visit.head.to_string()), pieces })
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        let mut visit = self.visit(unit).await?;
        if visit.head.as_str() != on.0 {
            return Ok(Put::Moved);
        }
        let spots = visit.files.spots(&visit.head, unit).await?;
        let changes = files::edit(&spots, &unit.commit)?;
        if changes.is_empty() {
            return Ok(Put::Already);
        }
        let moved: Result<Vec<Moved>, Failure> = spots.iter().map(|spot| Moved::new(spot)).collect();
        self.commit(&visit, &message::shipped(mark, &moved?), &changes).await
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        let mut visit = self.visit(unit).await?;
        if visit.head.as_str() != on.0 {
            return Ok(Put::Moved);
        }
        let changes = match undo::find(visit.files.cache(), &visit.head, mark).await? {
            undo::Found::Undone => return Ok(Put::Already),
            undo::Found::Nothing => Vec::new(),
            undo::Found::Effect { commit, before } => {
                undo::restore(&mut visit.files, unit, &visit.head, &commit, &before, mark).await?
            }
        };
        self.commit(&visit, &message::undone(mark), &changes).await
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        let mut visit = self.visit(unit).await?;
        let spots = visit.files.spots(&visit.head, unit).await?;
        let changes = files::edit(&spots, &unit.commit)?;
        let diffs = changes.iter().map(|change| {
            let before = spots.iter().find(|spot| spot.path == change.path).map_or("", |spot| spot.text.as_str());
            trunkline_manifests::diff(&change.path, before, &change.text)
        });
        Ok(diffs.collect())
    }
}

/// What stands at a piece's place.
fn standing(spot: &Spot<'_>) -> Result<Standing, Failure> {
    let found = spot.read()?;
    Ok(match found.digest {
        Some(digest) => Standing::At(digest),
        None if found.text.is_empty() => Standing::Nothing,
        None => Standing::Other(found.text),
    })
}
