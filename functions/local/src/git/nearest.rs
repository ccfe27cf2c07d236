//! The newest commit of trunk that a commit beside it comes from.

use std::collections::HashMap;

use trunkline_core::ids::Commit;
use trunkline_ports::failure::Failure;

use super::commit;
use super::objects::{MAX_OBJECT, Objects};

/// The most commits beside trunk that are read in one look; what is not found by then is not told.
const MAX_READ: usize = 50_000;

/// The position of a commit that does not come from trunk.
const NOWHERE: usize = usize::MAX;

/// Searches ancestors of commits beside trunk, each of them once.
#[derive(Debug)]
pub(crate) struct Nearest<'a> {
    /// Trunk's first parents and where they stand: 0 is the head.
    trunk: &'a HashMap<Commit, usize>,
    /// The smallest position that each commit's ancestors reach; [`NOWHERE`] when they do not reach trunk.
    reached: HashMap<Commit, usize>,
}

impl<'a> Nearest<'a> {
    pub(crate) fn new(trunk: &'a HashMap<Commit, usize>) -> Self {
        Self { trunk, reached: HashMap::new() }
    }

    /// The position on trunk of the newest of its first parents that is an ancestor of `commit`.
    ///
    /// # Errors
    /// A fault when git ends early.
    pub(crate) async fn of(&mut self, objects: &mut Objects, commit: &Commit) -> Result<Option<usize>, Failure> {
        let mut open = vec![(commit.clone(), None::<Vec<Commit>>)];
        while let Some((commit, parents)) = open.pop() {
            if self.known(&commit).is_some() {
                continue;
            }
            if let Some(parents) = parents {
                let best = parents.iter().filter_map(|parent| self.known(parent)).min();
                self.reached.insert(commit, best.unwrap_or(NOWHERE));
                continue;
            }
            let parents = self.parents(objects, &commit).await?;
            let unknown: Vec<_> = parents.iter().filter(|parent| self.known(parent).is_none()).cloned().collect();
            open.push((commit, Some(parents)));
            open.extend(unknown.into_iter().map(|parent| (parent, None)));
        }
        Ok(self.known(commit).filter(|position| *position != NOWHERE))
    }

    fn known(&self, commit: &Commit) -> Option<usize> {
        self.trunk.get(commit).or_else(|| self.reached.get(commit)).copied()
    }

    async fn parents(&mut self, objects: &mut Objects, commit: &Commit) -> Result<Vec<Commit>, Failure> {
        if self.reached.len() >= MAX_READ {
            return Ok(Vec::new());
        }
        let object = objects.get(commit.as_str(), MAX_OBJECT).await?;
        let said = object.and_then(|object| object.body).and_then(|body| commit::read(&body));
        Ok(said.map(|said| said.parents).unwrap_or_default())
    }
}
