//! Forgetting: the state is bounded, however long the ledger grows, so that a wake-up costs the same in the tenth year.
//!
//! The ledger forgets nothing. What the rules no longer need is left out of the state: commits far behind their line's head,
//! deployments far back, and the builds that only they have. A tag that is set that far back is refused like one from before adoption.

use std::collections::BTreeSet;

use crate::fact::Claim;
use crate::ids::{Commit, Digest, Key};
use crate::state::{Build, State};

/// How many commits of a line and deployments of an environment are remembered at least. Up to twice as many are, so that
/// forgetting costs little.
pub const REMEMBERED: usize = 1000;

impl State {
    /// A state that forgets nothing, for those who tell history.
    pub fn whole() -> Self {
        Self { unforgetting: true, ..Self::default() }
    }

    pub(super) fn forget(&mut self) {
        let long = |length: usize| length >= 2 * REMEMBERED;
        let due = self.lines.values().any(|line| long(line.commits.len()))
            || self.environments.values().any(|environment| long(environment.deployments.len()));
        if self.unforgetting || !due {
            return;
        }
        for line in self.lines.values_mut().filter(|line| long(line.commits.len())) {
            let old = line.commits.len() - REMEMBERED;
            line.commits.drain(..old);
            line.first += old;
        }
        for environment in self.environments.values_mut().filter(|environment| long(environment.deployments.len())) {
            let old = environment.deployments.len() - REMEMBERED;
            // What stands there is never forgotten, however often something newer failed to come.
            let current = environment.current().map_or(u64::MAX, |current| current.number);
            let mut index = 0;
            environment.deployments.retain(|deployment| {
                index += 1;
                index > old || deployment.number >= current
            });
        }
        self.sweep();
    }

    fn sweep(&mut self) {
        let commits = self.needed_commits();
        self.revisions.retain(|commit, _| commits.contains(commit));
        self.unbuilt.retain(|commit| commits.contains(commit));
        self.recorded.retain(|commit, _| commits.contains(commit));
        self.unyanks.retain(|commit, _| commits.contains(commit));
        for tag in self.tags.values_mut() {
            tag.adopted |= !commits.contains(&tag.commit) && tag.moved.is_none();
        }
        let (keys, digests) = self.needed_bytes();
        for builds in self.builds.values_mut() {
            builds.retain(|key, build| match build {
                Build::Done { bytes, .. } => keys.contains(key) || digests.contains(&bytes.digest),
                Build::Failed { .. } => keys.contains(key),
            });
        }
        let built: BTreeSet<&Digest> = (self.builds.values().flat_map(|builds| builds.values()))
            .filter_map(|build| if let Build::Done { bytes, .. } = build { Some(&bytes.digest) } else { None })
            .chain(&digests)
            .collect();
        self.untagged.retain(|digest, _| built.contains(digest));
        self.manifests.retain(|digest, _| built.contains(digest));
        for tags in self.image_tags.values_mut() {
            tags.retain(|_, digest| built.contains(digest));
        }
        let deployments = self.environments.values().flat_map(|environment| &environment.deployments);
        let numbers: BTreeSet<u64> = deployments.map(|deployment| deployment.number).collect();
        self.answered.retain(|number| numbers.contains(number));
    }

    fn needed_commits(&self) -> BTreeSet<Commit> {
        let lines = self.lines.values().flat_map(|line| line.commits.iter().chain(&line.base));
        let mut commits: BTreeSet<Commit> = lines.cloned().collect();
        for environment in self.environments.values() {
            commits.extend(environment.deployments.iter().map(|deployment| deployment.deploy.commit.clone()));
            commits.extend(environment.order.iter().map(|order| order.commit.clone()));
        }
        commits.extend(self.claims.values().filter_map(|open| match &open.claim {
            Claim::Build { commit, .. } => Some(commit.clone()),
            _ => None,
        }));
        commits.extend(self.yanks.keys().cloned());
        // Where what a rewrite left behind stands: back to the first that is on a line.
        let mut open: Vec<&Commit> = commits.iter().collect();
        let mut left = BTreeSet::new();
        while let Some(commit) = open.pop() {
            let before = self.revisions.get(commit).and_then(|known| known.left_at.as_ref());
            open.extend(before.filter(|before| left.insert(Commit::clone(before))));
        }
        commits.extend(left);
        commits
    }

    /// The keys and digests that remembered commits, deployments and bars name.
    fn needed_bytes(&self) -> (BTreeSet<Key>, BTreeSet<Digest>) {
        let keys = self.revisions.values().flat_map(|known| known.revision.keys.values()).cloned().collect();
        let deployments = self.environments.values().flat_map(|environment| &environment.deployments);
        let deployed =
            deployments.flat_map(|deployment| deployment.deploy.artifacts.values()).map(|bytes| &bytes.digest);
        let recorded = self.recorded.values().flat_map(|artifacts| artifacts.values()).map(|bytes| &bytes.digest);
        let barred = self.yanks.values().flat_map(|yank| &yank.digests);
        (keys, deployed.chain(recorded).chain(barred).chain(self.condemned.keys()).cloned().collect())
    }
}
