//! Which bytes a commit has, and which are barred.

use std::collections::{BTreeMap, BTreeSet};

use super::{Build, State, Yank};
use crate::deployment::{Artifacts, Bytes};
use crate::ids::{Commit, Digest, Key, Name};
use crate::refusal::Refusal;

/// What a commit is made of, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// What is there.
    pub artifacts: Artifacts,
    /// What is still to be built.
    pub unbuilt: Vec<Name>,
    /// What is still to be recorded, since something else builds it.
    pub unrecorded: Vec<Name>,
    /// What cannot be built.
    pub failed: Vec<(Name, Refusal)>,
}

impl State {
    /// What a known commit is made of. A later commit with the same key has the same artifact, by record.
    pub fn contents(&self, commit: &Commit) -> Contents {
        let mut contents = Contents::default();
        let Some(known) = self.revisions.get(commit) else { return contents };
        let recorded = self.recorded.get(commit);
        for (name, key) in &known.revision.keys {
            match (recorded.and_then(|recorded| recorded.get(name)), self.build(name, key)) {
                (Some(bytes), _) | (None, Some(Build::Done { bytes, .. })) => {
                    contents.artifacts.insert(name.clone(), bytes.clone());
                }
                (None, Some(Build::Failed { refusal, .. })) => contents.failed.push((name.clone(), refusal.clone())),
                (None, None) => contents.unbuilt.push(name.clone()),
            }
        }
        for name in &known.revision.adopted {
            match recorded.and_then(|recorded| recorded.get(name)) {
                Some(bytes) => {
                    contents.artifacts.insert(name.clone(), bytes.clone());
                }
                None => contents.unrecorded.push(name.clone()),
            }
        }
        contents
    }

    /// Takes a commit off the list of those of which something is not built, when everything is.
    pub(super) fn settle(&mut self, commit: &Commit) {
        let Some(known) = self.revisions.get(commit) else { return };
        let recorded = self.recorded.get(commit);
        let there = |name: &Name| recorded.is_some_and(|recorded| recorded.contains_key(name));
        let built = |(name, key)| there(name) || matches!(self.build(name, key), Some(Build::Done { .. }));
        let revision = &known.revision;
        if revision.refused.is_none() && revision.keys.iter().all(built) && revision.adopted.iter().all(there) {
            self.unbuilt.remove(commit);
        }
    }

    /// The same for every commit on the list that a build serves.
    pub(super) fn settle_built(&mut self, artifact: &Name, key: &Key) {
        let keys = |commit: &Commit| self.revisions.get(commit).map(|known| &known.revision.keys);
        let served = |commit: &&Commit| keys(commit).is_some_and(|keys| keys.get(artifact) == Some(key));
        let served: Vec<Commit> = self.unbuilt.iter().filter(served).cloned().collect();
        for commit in served {
            self.settle(&commit);
        }
    }

    /// What became of building `key`.
    pub fn build(&self, artifact: &Name, key: &Key) -> Option<&Build> {
        self.builds.get(artifact)?.get(key)
    }

    /// The digests of what a known commit has.
    pub fn digests(&self, commit: &Commit) -> BTreeSet<&Digest> {
        let recorded = self.recorded.get(commit).into_iter().flat_map(BTreeMap::values).map(|bytes| &bytes.digest);
        let keys = self.revisions.get(commit).into_iter().flat_map(|known| &known.revision.keys);
        let built = keys.filter_map(|(name, key)| match self.build(name, key) {
            Some(Build::Done { bytes, .. }) => Some(&bytes.digest),
            _ => None,
        });
        recorded.chain(built).collect()
    }

    /// The bar on a commit: its own, or that of another whose bytes it carries, all of them.
    ///
    /// A commit that carries only some of what a barred commit brought is the way forward, and free.
    pub fn bar(&self, commit: &Commit) -> Option<(&Commit, &Yank)> {
        if self.yanks.is_empty() {
            return None;
        }
        if let Some(own) = self.yanks.get_key_value(commit) {
            return Some(own);
        }
        let known = self.revisions.get(commit)?;
        let keys: BTreeSet<&Key> = known.revision.keys.values().collect();
        let digests = self.digests(commit);
        self.yanks.iter().find(|(_, yank)| {
            let brought_digests =
                !yank.digests.is_empty() && yank.digests.iter().all(|digest| digests.contains(digest));
            let brought_keys = !yank.keys.is_empty() && yank.keys.iter().all(|key| keys.contains(key));
            brought_digests || brought_keys
        })
    }

    /// Whether the bytes may never be used again: condemned or erased.
    pub fn lost(&self, bytes: &Bytes) -> bool {
        self.condemned.contains_key(&bytes.digest) || self.erased.contains(&bytes.digest)
    }

    /// What yanking a commit bars: the keys and digests that the newest set verified before it does not have.
    pub fn brought(&self, commit: &Commit) -> (BTreeSet<Key>, BTreeSet<Digest>) {
        let Some(known) = self.revisions.get(commit) else { return Default::default() };
        let mut keys: BTreeSet<Key> = known.revision.keys.values().cloned().collect();
        let mut digests: BTreeSet<Digest> = self.digests(commit).into_iter().cloned().collect();
        if let Some(verified) = self.newest_verified_before(commit) {
            let before = &self.revisions[verified].revision;
            keys.retain(|key| !before.keys.values().any(|other| other == key));
            let before = self.digests(verified);
            digests.retain(|digest| !before.contains(digest));
        }
        (keys, digests)
    }

    /// The newest ancestor of `commit` whose bytes were verified somewhere.
    fn newest_verified_before(&self, commit: &Commit) -> Option<&Commit> {
        let known = self.on_line(commit)?;
        let line = self.lines.get(known.line.as_ref()?)?;
        let own = if known.position == 0 { &[] } else { line.between(0, known.position - 1) };
        let before_fork = |fork| self.line_of(fork).map_or(&[][..], |line| line.between(0, fork.position)).iter().rev();
        let before = own.iter().rev().chain(self.forks(known).flat_map(before_fork));
        before
            .filter(|candidate| !self.yanks.contains_key(*candidate))
            .find(|candidate| self.verified_anywhere(candidate))
    }

    fn verified_anywhere(&self, commit: &Commit) -> bool {
        let contents = self.contents(commit).artifacts;
        !contents.is_empty() && self.environments.values().any(|environment| environment.proven(&contents))
    }
}
