//! What the judge's own books say of commits: what was built of them, whether they are barred.

use std::collections::BTreeSet;

use trunkline_core::ids::{Commit, Digest, Key, Name};

use super::judge::Judge;

impl Judge {
    /// Whether a commit is barred, by these books.
    pub(super) fn barred(&self, commit: &Commit) -> bool {
        if self.yanks.contains_key(commit) {
            return true;
        }
        let Some(known) = self.state.revisions.get(commit) else { return false };
        let keys: BTreeSet<&Key> = known.revision.keys.values().collect();
        let built = known.revision.keys.iter().filter_map(|(name, key)| self.builds.get(&(name.clone(), key.clone())));
        let recorded = self.recorded.iter().filter(|((recorded, _), _)| recorded == commit);
        let digests: BTreeSet<&Digest> = built.chain(recorded.map(|(_, digest)| digest)).collect();
        self.yanks.values().any(|(barred_keys, barred)| {
            (!barred.is_empty() && barred.iter().all(|digest| digests.contains(digest)))
                || (!barred_keys.is_empty() && barred_keys.iter().all(|key| keys.contains(key)))
        })
    }

    /// What was recorded for a commit, or built of it.
    pub(super) fn built(&self, commit: &Commit, artifact: &Name) -> Option<&Digest> {
        if let Some(recorded) = self.recorded.get(&(commit.clone(), artifact.clone())) {
            return Some(recorded);
        }
        let key = self.state.revisions.get(commit)?.revision.keys.get(artifact)?;
        self.builds.get(&(artifact.clone(), key.clone()))
    }
}
