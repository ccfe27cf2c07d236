//! Deployments as commits to a manifest repository on GitHub, in one step on the head that was read.
//!
//! Looking is one question, for the branch's head and all files; writing is one mutation, `createCommitOnBranch`, which GitHub does
//! only on that head. What was read is remembered until it is written, so looking and writing are two requests for any number of
//! files. The commits are GitHub's own signed ones, in the App's name; their trailers say whose effect they are.

mod commit;
mod effect;
mod files;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use trunkline_core::deployment::{Destination, Mark, Unit};
use trunkline_core::ids::Commit;
use trunkline_manifests::message::{self, ENTRY, Moved, UNDO};
use trunkline_manifests::{Change, Spot, edit_all};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::{Put, Sight, Standing, Targets, Version};

use crate::client::Client;
use crate::name::RepositoryName;
use commit::Offer;
use files::Files;

/// How many sights are remembered until they are written.
const REMEMBERED: usize = 32;

/// Manifest repositories on GitHub, whichever a unit names.
pub struct GitHubManifests {
    client: Arc<Client>,
    /// The newest last.
    seen: Mutex<Vec<(Branch, Commit, Files)>>,
}

/// A branch of a repository on GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) name: RepositoryName,
    /// Without `refs/heads/`.
    pub(crate) branch: String,
}

impl Branch {
    /// The branch that a unit goes to; nothing when that is not on GitHub.
    fn of(unit: &Unit) -> Option<Self> {
        let Destination::Manifests { repository, branch } = &unit.destination else { return None };
        Some(Self { name: RepositoryName::read(repository)?, branch: branch.clone() })
    }

    /// How people call it.
    pub(crate) fn shown(&self) -> String {
        format!("branch `{}` of `{}`", self.branch, self.name)
    }
}

impl GitHubManifests {
    /// All that `client` may write to.
    pub fn new(client: Arc<Client>) -> Self {
        Self { client, seen: Mutex::default() }
    }

    /// Whether a unit goes to a repository on GitHub.
    pub fn takes(unit: &Unit) -> bool {
        Branch::of(unit).is_some()
    }

    fn branch(unit: &Unit) -> Result<Branch, Fault> {
        Branch::of(unit).ok_or_else(|| Fault::lasting("this destination is not a manifest repository on GitHub"))
    }

    /// The head, and the files that the unit's pieces may be in.
    async fn visit(&self, branch: &Branch, unit: &Unit) -> Result<(Commit, Files), Failure> {
        files::read(&self.client, branch, unit).await
    }

    /// The files at a head that was looked at, once.
    fn recall(&self, branch: &Branch, head: &Version, unit: &Unit) -> Option<Files> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is = |(of, at, files): &(Branch, Commit, Files)| of == branch && at.as_str() == head.0 && files.hold(unit);
        let position = seen.iter().rposition(is)?;
        Some(seen.remove(position).2)
    }

    fn remember(&self, branch: Branch, head: Commit, files: Files) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((branch, head, files));
        if seen.len() > REMEMBERED {
            seen.remove(0);
        }
    }
}

impl Targets for GitHubManifests {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        let branch = Self::branch(unit)?;
        let (head, files) = self.visit(&branch, unit).await?;
        let mut pieces = BTreeMap::new();
        for spot in &files.spots(unit, &branch)? {
            pieces.insert(spot.piece.artifact.clone(), standing(spot)?);
        }
        let version = Version(head.to_string());
        self.remember(branch, head, files);
        Ok(Sight { version, pieces })
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        let branch = Self::branch(unit)?;
        let recalled = self.recall(&branch, on, unit);
        let fresh = recalled.is_none();
        let files = match recalled {
            Some(files) => files,
            None => match self.visit(&branch, unit).await? {
                (head, files) if head.as_str() == on.0 => files,
                _ => return Ok(Put::Moved),
            },
        };
        match ship(&files, unit, &branch, mark) {
            Ok(Some((message, changes))) => {
                Offer { branch: &branch, on, message, changes: &changes, mark, trailer: ENTRY }.make(&self.client).await
            }
            // No mutation compares the version, and what was remembered may hold no more.
            found => {
                let stands = fresh || files::head(&self.client, &branch).await?.as_str() == on.0;
                if stands { found.map(|_| Put::Already) } else { Ok(Put::Moved) }
            }
        }
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        let branch = Self::branch(unit)?;
        let (head, found) = effect::find(&self.client, &branch, mark).await?;
        if head.as_str() != on.0 {
            return Ok(Put::Moved);
        }
        let changes = match found {
            effect::Found::Undone => return Ok(Put::Already),
            effect::Found::Nothing => Vec::new(),
            effect::Found::Effect { commit, before } => {
                let [now, then, old] = files::at(&self.client, &branch, unit, [&head, &commit, &before]).await?;
                let spots = |files: &'_ Files| files.spots(unit, &branch);
                trunkline_manifests::restore(&spots(&now)?, &spots(&then)?, &spots(&old)?, mark)?
            }
        };
        let message = message::undone(mark);
        Offer { branch: &branch, on, message, changes: &changes, mark, trailer: UNDO }.make(&self.client).await
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        let branch = Self::branch(unit)?;
        let (_, files) = self.visit(&branch, unit).await?;
        let spots = files.spots(unit, &branch)?;
        let changes = edit_all(&spots, &unit.commit)?;
        let diffs = changes.iter().map(|change| {
            let before = spots.iter().find(|spot| spot.path == change.path).map_or("", |spot| spot.text.as_str());
            trunkline_manifests::diff(&change.path, before, &change.text)
        });
        Ok(diffs.collect())
    }
}

/// What is to be written, and what the commit says; nothing when everything is there.
fn ship(files: &Files, unit: &Unit, branch: &Branch, mark: &Mark) -> Result<Option<(String, Vec<Change>)>, Failure> {
    let spots = files.spots(unit, branch)?;
    let changes = edit_all(&spots, &unit.commit)?;
    if changes.is_empty() {
        return Ok(None);
    }
    let moved = spots.iter().map(Moved::new).collect::<Result<Vec<_>, _>>()?;
    Ok(Some((message::shipped(mark, &moved), changes)))
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
