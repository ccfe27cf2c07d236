//! Bytes that are barred and that nothing needs are condemned, and a day later erased. The tombstone stays.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Known;
use crate::deployment::Bytes;
use crate::fact::{Claim, Fact};
use crate::ids::{Digest, Name};
use crate::plan::Plan;
use crate::state::{Build, State};

/// How long condemned bytes are kept: a day, in which a person can take a yank back.
const GRACE: Duration = Duration::from_hours(24);

pub(super) fn erase(known: Known<'_>, plan: &mut Plan) {
    let state = known.state;
    if state.yanks.is_empty() {
        return;
    }
    let barred: BTreeSet<&Digest> = state.yanks.values().flat_map(|yank| &yank.digests).collect();
    let kept: Vec<_> = kept(state, &barred).collect();
    // What is needed takes long to say, and is asked only of what is there.
    let there = kept.iter().any(|(_, bytes)| !state.erased.contains(&bytes.digest));
    let needed = if there { needed(state) } else { BTreeSet::new() };
    for (artifact, bytes) in kept {
        let (artifact, bytes) = (artifact.clone(), bytes.clone());
        match (needed.contains(&bytes.digest), state.condemned.get(&bytes.digest)) {
            // What is erased, or about to be, stays so.
            _ if state.erased.contains(&bytes.digest) => go_on(known, artifact, bytes, plan),
            (true, Some(_)) => plan.records.push(Fact::Spared { artifact, bytes }),
            (false, None) => plan.records.push(Fact::Condemned { artifact, bytes }),
            (false, Some(since)) if known.now >= since.plus(GRACE) => {
                plan.outstanding(known, Claim::Erase { artifact, bytes });
            }
            _ => {}
        }
    }
}

/// An erasure that was begun is finished.
fn go_on(known: Known<'_>, artifact: Name, bytes: Bytes, plan: &mut Plan) {
    let claim = Claim::Erase { artifact, bytes };
    if known.state.claims.contains_key(&claim.lane()) {
        plan.outstanding(known, claim);
    }
}

/// What was built and is barred, once for each artifact and digest.
fn kept<'a>(state: &'a State, barred: &BTreeSet<&Digest>) -> impl Iterator<Item = (&'a Name, &'a Bytes)> {
    let mut seen = BTreeSet::new();
    let built = state.builds.iter().flat_map(|(artifact, builds)| builds.values().map(move |build| (artifact, build)));
    let done = built.filter_map(|(artifact, build)| match build {
        Build::Done { bytes, .. } if barred.contains(&bytes.digest) => Some((artifact, bytes)),
        Build::Done { .. } | Build::Failed { .. } => None,
    });
    done.filter(move |(artifact, bytes)| seen.insert((*artifact, &bytes.digest)))
}

/// What an environment runs or may go back to, what a deployment under way brings, and what any commit that is free has.
fn needed(state: &State) -> BTreeSet<&Digest> {
    let free = state.revisions.keys().filter(|commit| state.bar(commit).is_none());
    let mut needed: BTreeSet<&Digest> = free.flat_map(|commit| state.digests(commit)).collect();
    for environment in state.environments.values() {
        let there = [environment.newest(), environment.current()].into_iter().flatten();
        let under_way = environment.deployments.last().filter(|last| last.failed.is_none());
        for deployment in there.chain(under_way) {
            needed.extend(deployment.deploy.artifacts.values().map(|bytes| &bytes.digest));
        }
        // While an environment is torn, both sets are kept.
        if environment.torn.is_some() {
            let both = environment.deployments.iter().rev().take(2);
            needed.extend(both.flat_map(|deployment| deployment.deploy.artifacts.values()).map(|bytes| &bytes.digest));
        }
    }
    needed
}
