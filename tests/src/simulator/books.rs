//! What the judge's own books say of commits: what was built of them, whether they are barred, whether their bytes are proven.

use std::collections::BTreeSet;

use trunkline_core::deployment::Artifacts;
use trunkline_core::ids::{Commit, Digest, Key, Name};
use trunkline_core::state::environment::same;

use super::judge::{Judge, Ran};

impl Judge {
    /// Whether a commit is barred, by these books.
    pub(super) fn barred(&self, commit: &Commit) -> bool {
        if self.yanks.contains_key(commit) {
            return true;
        }
        let Some(known) = self.state.revisions.get(commit) else { return false };
        let keys: BTreeSet<&Key> = known.revision.keys.values().collect();
        let digests: BTreeSet<&Digest> = known
            .revision
            .keys
            .iter()
            .filter_map(|(name, key)| self.builds.get(&(name.clone(), key.clone())))
            .collect();
        self.yanks.values().any(|(barred_keys, barred)| {
            (!barred.is_empty() && barred.iter().all(|digest| digests.contains(digest)))
                || (!barred_keys.is_empty() && barred_keys.iter().all(|key| keys.contains(key)))
        })
    }

    /// What was built of a commit.
    pub(super) fn built(&self, commit: &Commit, artifact: &Name) -> Option<&Digest> {
        let key = self.state.revisions.get(commit)?.revision.keys.get(artifact)?;
        self.builds.get(&(artifact.clone(), key.clone()))
    }

    /// Whether exactly these bytes were seen to run in an environment and passed all of its checks.
    pub(super) fn proven(&self, environment: &Name, artifacts: &Artifacts) -> bool {
        let good = |ran: &Ran| {
            let passed = ran.checks.iter().all(|check| ran.said.get(check) == Some(&true));
            ran.running && passed && ran.said.values().all(|passed| *passed) && same(&ran.artifacts, artifacts)
        };
        self.ran.get(environment).is_some_and(|ran| ran.values().any(good))
    }

    /// Notes what was seen or said of a deployment.
    pub(super) fn judged(&mut self, environment: &Name, deployment: u64, change: impl FnOnce(&mut Ran)) {
        if let Some(ran) = self.ran.get_mut(environment).and_then(|ran| ran.get_mut(&deployment)) {
            change(ran);
        }
    }
}
