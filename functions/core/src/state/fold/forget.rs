//! Forgetting: the state is bounded, however long the ledger grows, so that a wake-up costs the same in the tenth year.
//!
//! The ledger forgets nothing. What the rules no longer need is left out of the state: commits far behind their line's head,
//! deployments far back, and the builds that only they have. A tag that is set that far back is refused like one from before adoption.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher};

use crate::fact::Claim;
use crate::ids::{Commit, Digest, Key, Name};
use crate::state::{Build, Environment, Line, Open, State, Yank};

/// How many commits of a line are remembered at least, and deployments of commits that are.
pub const REMEMBERED: usize = 512;

/// How many deployments of an environment are remembered at least, however old their commits are.
pub const DEPLOYMENTS: usize = 64;

/// How many more may be remembered: forgetting looks at the whole state, so it is done for as many at once.
const SLACK: usize = 512;

/// What is only asked whether something is in it.
type Named<T> = HashSet<T, BuildHasherDefault<DefaultHasher>>;

impl State {
    /// A state that forgets nothing, for those who tell history.
    pub fn whole() -> Self {
        Self { unforgetting: true, ..Self::default() }
    }

    pub(super) fn forget(&mut self) {
        let long = |length: usize| length >= REMEMBERED + SLACK;
        let due = self.lines.values().any(|line| long(line.commits.len()))
            || self.environments.values().any(|environment| long(environment.deployments.len()));
        if self.unforgetting || !due {
            return;
        }
        // What is far behind in one place goes with what is in another, so that the state is looked at once.
        for line in self.lines.values_mut() {
            let old = line.commits.len().saturating_sub(REMEMBERED);
            line.commits.drain(..old);
            line.first += old;
        }
        let on_line: Named<&Commit> = self.lines.values().flat_map(|line| &line.commits).collect();
        for environment in self.environments.values_mut() {
            environment.forget(&on_line);
        }
        self.sweep_commits();
        self.sweep_bytes();
        let environments = &self.environments;
        self.answered
            .retain(|number| environments.values().any(|environment| environment.deployment(*number).is_some()));
    }

    fn sweep_commits(&mut self) {
        let Self { lines, environments, claims, yanks, revisions, .. } = self;
        let mut commits = needed_commits(lines, environments, claims, yanks);
        // Where what a rewrite left behind stands: back to the first that is on a line.
        let mut open: Vec<&Commit> = commits.iter().copied().collect();
        let mut left: BTreeSet<Commit> = BTreeSet::new();
        while let Some(commit) = open.pop() {
            let before = revisions.get(commit).and_then(|known| known.left_at.as_ref());
            open.extend(before.filter(|before| left.insert(Commit::clone(before))));
        }
        commits.extend(&left);
        revisions.retain(|commit, _| commits.contains(commit));
        self.unbuilt.retain(|commit| commits.contains(commit));
        self.recorded.retain(|commit, _| commits.contains(commit));
        self.unyanks.retain(|commit, _| commits.contains(commit));
        for (name, tag) in self.tags.iter_mut().filter(|(_, tag)| !tag.adopted && tag.moved.is_none()) {
            if !commits.contains(&tag.commit) {
                // Of a tag that brings nothing, only where it stands is looked at again.
                (tag.adopted, tag.by, tag.lines, tag.nearest) = (true, None, Vec::new(), None);
                self.live.remove(name);
            }
        }
    }

    fn sweep_bytes(&mut self) {
        let Self { revisions, recorded, environments, yanks, condemned, .. } = self;
        let keys: Named<&Key> = revisions.values().flat_map(|known| known.revision.keys.values()).collect();
        let deployments = environments.values().flat_map(|environment| &environment.deployments);
        let deployed = deployments.flat_map(|deployment| deployment.deploy.artifacts.values());
        let named = recorded.values().flat_map(BTreeMap::values).chain(deployed).map(|bytes| &bytes.digest);
        let barred = yanks.values().flat_map(|yank| &yank.digests);
        let mut kept: Named<&Digest> = named.chain(barred).chain(condemned.keys()).collect();
        for builds in self.builds.values_mut() {
            builds.retain(|key, build| match build {
                Build::Done { bytes, .. } => keys.contains(key) || kept.contains(&bytes.digest),
                Build::Failed { .. } => keys.contains(key),
            });
        }
        kept.extend(self.builds.values().flat_map(BTreeMap::values).filter_map(|build| match build {
            Build::Done { bytes, .. } => Some(&bytes.digest),
            Build::Failed { .. } => None,
        }));
        self.untagged.retain(|digest, _| kept.contains(digest));
        self.manifests.retain(|digest, _| kept.contains(digest));
        for tags in self.image_tags.values_mut() {
            tags.retain(|_, digest| kept.contains(digest));
        }
    }
}

impl Environment {
    /// Forgets old deployments, save those of commits that are still on a line.
    fn forget(&mut self, on_line: &Named<&Commit>) {
        let length = self.deployments.len();
        // What stands there is never forgotten, however often something newer failed to come.
        let current = self.current().map_or(u64::MAX, |current| current.number);
        let mut newer = length;
        self.deployments.retain(|deployment| {
            newer -= 1;
            let recent = newer < DEPLOYMENTS || newer < REMEMBERED && on_line.contains(&deployment.deploy.commit);
            recent || deployment.number >= current
        });
        if self.deployments.len() < length {
            let mut disproved = std::mem::take(&mut self.disproved);
            disproved.retain(|number| self.deployment(*number).is_some());
            self.disproved = disproved;
        }
    }
}

/// The commits that lines, deployments, orders, builds under way and bars name.
fn needed_commits<'a>(
    lines: &'a BTreeMap<String, Line>,
    environments: &'a BTreeMap<Name, Environment>,
    claims: &'a BTreeMap<String, Open>,
    yanks: &'a BTreeMap<Commit, Yank>,
) -> Named<&'a Commit> {
    let on_lines = lines.values().flat_map(|line| line.commits.iter().chain(&line.base));
    let deployments = environments.values().flat_map(|environment| &environment.deployments);
    let deployed = deployments.map(|deployment| &deployment.deploy.commit);
    let ordered = environments.values().filter_map(|environment| environment.order.as_ref()).map(|order| &order.commit);
    let building = claims.values().filter_map(|open| match &open.claim {
        Claim::Build { commit, .. } => Some(commit),
        _ => None,
    });
    on_lines.chain(deployed).chain(ordered).chain(building).chain(yanks.keys()).collect()
}
