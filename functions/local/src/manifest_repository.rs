//! Deployments as commits to a manifest repository: a path on this machine or a git URL.
//!
//! Nothing is ever checked out. A bare cache holds what was fetched of the branch (its newest commit and trees, and only
//! those files that are edited); an edit makes the new commit from the old one's tree, and a push offers it. The branch's
//! head is the destination's version: a push that meets another head is refused, and whoever made it looks again. So a write
//! needs no fetch before it when the version it is made on was fetched by an earlier look. A repository on this machine is
//! not fetched from at all.
//!
//! A repository with a work tree is pushed to like any other. When the branch is checked out there, git refuses unless that
//! repository sets `receive.denyCurrentBranch` to `updateInstead`; a bare repository has no such question.
//!
//! Commits are made in the name that `git config` gives at the root, else as `Trunkline <trunkline@localhost>`. They are not
//! signed.

mod address;
mod cache;
mod files;
mod near;
mod place;
mod push;
#[cfg(test)]
mod tests;
mod undo;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trunkline_core::deployment::{Destination, Mark, Unit};
use trunkline_core::ids::Commit;
use trunkline_manifests::message::{self, Moved};
use trunkline_manifests::{Change, Spot, edit_all};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::{Put, Sight, Standing, Targets, Version};

use crate::git::Git;
use address::Address;
use cache::Cache;
use files::Files;

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

    /// Opens the cache of the unit's repository. It stays locked until it is dropped.
    async fn open(&self, unit: &Unit) -> Result<Cache, Failure> {
        let Destination::Manifests { repository, branch } = &unit.destination else {
            return Err(Fault::lasting("this destination is not a manifest repository").into());
        };
        Cache::open(&self.cache, Address::new(&self.root, repository, branch)?, self.git).await
    }

    /// The unit's branch, fetched now.
    async fn visit(&self, unit: &Unit) -> Result<Visit, Failure> {
        Visit::fetch(self.open(unit).await?).await
    }

    /// The unit's branch at the version `on`; nothing when it has to be fetched and is another by now.
    async fn visit_at(&self, unit: &Unit, on: &Version) -> Result<Option<Visit>, Failure> {
        let Ok(head) = on.0.parse::<Commit>() else { return Ok(None) };
        let cache = self.open(unit).await?;
        if let Some(objects) = cache.at(&head).await? {
            return Ok(Some(Visit { head, files: Files::new(cache, objects) }));
        }
        Ok(Some(Visit::fetch(cache).await?).filter(|visit| visit.head == head))
    }

    /// The commit that puts a unit's images where they belong; nothing when they are there.
    async fn ship(&self, visit: &mut Visit, unit: &Unit, mark: &Mark) -> Result<Option<Commit>, Failure> {
        let (identity, spots) = tokio::try_join!(self.identity(), visit.files.spots(&visit.head, unit))?;
        let changes = edit_all(&spots, &unit.commit)?;
        if changes.is_empty() {
            return Ok(None);
        }
        let moved: Vec<Moved> = spots.iter().map(Moved::new).collect::<Result<_, _>>()?;
        visit.commit(&identity, &message::shipped(mark, &moved), &changes).await.map(Some)
    }

    /// Who commits.
    async fn identity(&self) -> Result<String, Failure> {
        write::identity(&(self.git)(Git::at(&self.root))).await
    }
}

/// A branch at one of its heads, in a cache that is locked.
struct Visit {
    head: Commit,
    files: Files,
}

impl Visit {
    async fn fetch(cache: Cache) -> Result<Self, Failure> {
        let (head, objects) = cache.fetch().await?;
        Ok(Self { head, files: Files::new(cache, objects) })
    }

    /// Makes a commit of what changed.
    async fn commit(&self, identity: &str, message: &str, changes: &[Change]) -> Result<Commit, Failure> {
        write::commit(&self.files.cache().plain, &self.head, identity, message, changes).await
    }

    /// Offers a commit that follows the head, which must still be it.
    async fn push(&self, commit: &Commit) -> Result<Put, Failure> {
        push::push(self.files.cache(), &self.head, commit).await
    }
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
        let Some(mut visit) = self.visit_at(unit, on).await? else { return Ok(Put::Moved) };
        match self.ship(&mut visit, unit, mark).await {
            Ok(Some(commit)) => visit.push(&commit).await,
            // No push compares the version, and what was found may hold no more.
            found => {
                let (head, _) = visit.files.cache().fetch().await?;
                if head == visit.head { found.map(|_| Put::Already) } else { Ok(Put::Moved) }
            }
        }
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
        let commit = visit.commit(&self.identity().await?, &message::undone(mark), &changes).await?;
        visit.push(&commit).await
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        let mut visit = self.visit(unit).await?;
        let spots = visit.files.spots(&visit.head, unit).await?;
        let changes = edit_all(&spots, &unit.commit)?;
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
