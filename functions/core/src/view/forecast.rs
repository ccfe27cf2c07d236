//! What follows a plan if everything in it goes well, as far as that can be known.
//!
//! A plan holds what can be done now; what a build will give is not known, so the deployments after it are not in it. They are
//! foretold by folding what would happen into a copy of the state. That ends where somebody else has a say: at a check.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::decide::decide;
use crate::deployment::Bytes;
use crate::fact::{Claim, Deploy, Entry, FORMAT, Fact};
use crate::ids::{Commit, Digest, Key, Name, Time};
use crate::plan::{From, Plan, SHORT};
use crate::policy::{Kind, Policy};
use crate::state::State;

/// The most rounds that are foretold: every environment may follow every other.
const ROUNDS: usize = 64;

/// A deployment that follows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Then {
    /// What would be claimed. The digests of what is not built yet are not in it.
    #[serde(flatten)]
    pub deploy: Deploy,
    /// What the environment would run before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<From>,
    /// The artifacts that are not built yet.
    pub unbuilt: BTreeSet<Name>,
}

/// The deployments that follow `plan`, in order.
pub fn forecast(state: &State, policy: &Policy, plan: &Plan, now: Time) -> Vec<Then> {
    let mut future = Future { state: state.clone(), now, unbuilt: BTreeSet::new() };
    let mut plan = plan.clone();
    let mut then = Vec::new();
    for round in 0..ROUNDS {
        let before = future.state.number;
        for fact in plan.records.drain(..) {
            future.add(vec![fact]);
        }
        for action in std::mem::take(&mut plan.actions) {
            if let Claim::Deploy(deploy) = &action.claim
                && round > 0
            {
                then.push(future.told(deploy, action.from.clone()));
            }
            future.take(policy, &action.claim, action.open, action.undo.is_some());
        }
        if future.state.number == before {
            break;
        }
        plan = decide(&future.state, policy, now);
        // What is refused only in the foretold state is not foretold: it may come otherwise.
        plan.records.retain(|fact| !matches!(fact, Fact::Refused { .. }));
    }
    then
}

struct Future {
    state: State,
    now: Time,
    unbuilt: BTreeSet<Digest>,
}

impl Future {
    fn add(&mut self, facts: Vec<Fact>) {
        let number = self.state.number + 1;
        let entry = Entry { format: FORMAT, number, id: String::new(), at: self.now, by: String::new(), facts };
        self.state.apply(&entry);
    }

    /// Lets an action go well, if nobody else has a say in it.
    fn take(&mut self, policy: &Policy, claim: &Claim, open: Option<u64>, undo: bool) {
        if undo || matches!(claim, Claim::Observe { .. } | Claim::Verify { .. } | Claim::Erase { .. }) {
            return;
        }
        if open.is_none() {
            let worker = String::new();
            let policy = Policy::digest("");
            self.add(vec![Fact::Started { claim: claim.clone(), worker, until: self.now, policy }]);
        }
        let number = open.unwrap_or(self.state.number);
        match claim {
            Claim::Build { artifact, key, commit } => self.build(policy, number, artifact, key, commit),
            Claim::Tag { repository, digest, tag } => {
                let (repository, digest, tag) = (repository.clone(), digest.clone(), tag.clone());
                self.add(vec![Fact::Tagged { claim: number, repository, digest, tag }]);
            }
            Claim::Deploy(deploy) => {
                self.add(vec![Fact::Written { claim: number, environment: deploy.environment.clone() }]);
            }
            Claim::Observe { .. } | Claim::Verify { .. } | Claim::Erase { .. } => {}
        }
    }

    /// A build gives bytes that stand for those it will give: their digest is the key's, and is never shown.
    fn build(&mut self, policy: &Policy, claim: u64, artifact: &Name, key: &Key, commit: &Commit) {
        let recipe = policy.artifacts.get(artifact);
        let repository = recipe.and_then(|recipe| recipe.image.clone());
        let kind = if repository.is_some() { Kind::Image } else { Kind::Package };
        let digest = Policy::digest(&format!("{artifact} {key}"));
        self.unbuilt.insert(digest.clone());
        let bytes = Bytes { kind, digest, repository, tag: None };
        let (artifact, key, commit) = (artifact.clone(), key.clone(), commit.clone());
        self.add(vec![Fact::Built { claim, artifact, key, commit, bytes, size: 0, manifest: None }]);
    }

    fn told(&self, deploy: &Deploy, from: Option<From>) -> Then {
        let is_unbuilt = |bytes: &Bytes| self.unbuilt.contains(&bytes.digest);
        let (unbuilt, known): (BTreeMap<Name, Bytes>, BTreeMap<Name, Bytes>) =
            deploy.artifacts.clone().into_iter().partition(|(_, bytes)| is_unbuilt(bytes));
        let known_from = from.map(|mut from| {
            from.artifacts.retain(|_, bytes| !is_unbuilt(bytes));
            from
        });
        let deploy = Deploy { artifacts: known, ..deploy.clone() };
        Then { deploy, from: known_from, unbuilt: unbuilt.into_keys().collect() }
    }
}

impl fmt::Display for Then {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deploy = &self.deploy;
        write!(formatter, "then deploy {} to {}", deploy.commit.short(SHORT), deploy.environment)?;
        deploy.tag.iter().try_for_each(|tag| write!(formatter, " as {tag}"))?;
        writeln!(formatter)?;
        for (name, bytes) in &deploy.artifacts {
            let before = self.from.as_ref().and_then(|from| from.artifacts.get(name)).map(|before| &before.digest);
            match before {
                Some(before) if *before == bytes.digest => {
                    writeln!(formatter, "    {name} stays {}", super::brief(before))?;
                }
                Some(before) => {
                    writeln!(formatter, "    {name} {} → {}", super::brief(before), super::brief(&bytes.digest))?;
                }
                None => writeln!(formatter, "    {name} → {}", super::brief(&bytes.digest))?,
            }
        }
        self.unbuilt.iter().try_for_each(|name| writeln!(formatter, "    {name} → what is built"))
    }
}
