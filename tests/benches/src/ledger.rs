//! The ledger of a busy project, as long as one likes: commits that are built, deployed and verified, every tenth one tagged.

use std::collections::BTreeMap;

use trunkline_core::decide::decide;
use trunkline_core::deployment::Bytes;
use trunkline_core::fact::{Claim, Entry, FORMAT, Fact, Revision};
use trunkline_core::ids::{Commit, Key, Name, Time};
use trunkline_core::policy::{Kind, Policy};
use trunkline_core::state::State;

use crate::Outcome;

/// The project's policy.
pub(crate) const POLICY: &str = r#"
project: shop
artifacts:
  api: { image: shop/api, build: { base: scratch, layers: [{ from: api, to: / }] }, deploy: { kustomize: "api/{environment}" } }
  site: { package: { directory: site }, deploy: { folder: "/srv/{environment}" } }
environments:
  stage: { on: trunk, verify: { checks: [e2e], on_failure: yank } }
  demo: { on: "rc-*", after: [stage] }
  prod: { on: "v*", after: [stage] }
manifests: { repository: manifests }
"#;

/// How many entries one commit brings at most: far more than it ever should.
const ENOUGH: usize = 500;

/// How long a lease lasts, in milliseconds.
const LEASE: i64 = 60_000;

/// A ledger being written.
pub(crate) struct Busy {
    pub(crate) entries: Vec<Entry>,
    pub(crate) state: State,
    pub(crate) policy: Policy,
    pub(crate) now: Time,
    commits: usize,
}

impl Busy {
    pub(crate) fn new() -> Outcome<Self> {
        let policy = Policy::parse(POLICY)?;
        let mut busy = Self { entries: Vec::new(), state: State::default(), policy, now: Time(0), commits: 0 };
        let seen = Fact::PolicySeen { commit: commit(0)?, digest: Policy::digest(POLICY), text: POLICY.to_owned() };
        busy.say(seen);
        Ok(busy)
    }

    /// Writes on until there are at least `length` entries and nothing is outstanding.
    pub(crate) fn reach(&mut self, length: usize) -> Outcome {
        while self.entries.len() < length {
            self.commit()?;
            let before = self.entries.len();
            while self.step()? {
                if self.entries.len() > before + ENOUGH {
                    let plan = decide(&self.state, &self.policy, self.now);
                    return Err(format!("commit {} is never done with: {plan:#?}", self.commits).into());
                }
            }
        }
        Ok(())
    }

    /// Pushes a commit to trunk, and tags every tenth.
    pub(crate) fn commit(&mut self) -> Outcome {
        self.now = Time(self.now.0 + 1000);
        self.commits += 1;
        let number = self.commits;
        let keys: BTreeMap<Name, Key> = BTreeMap::from([
            ("api".parse()?, format!("{number:064x}").parse()?),
            // The site changes with every third commit only.
            ("site".parse()?, format!("f{:063x}", number / 3).parse()?),
        ]);
        let revision = Revision {
            commit: commit(number)?,
            time: self.now,
            author: "Ada Developer <ada@example.com>".to_owned(),
            subject: format!("Change {number}: make it a little better than before"),
            keys,
            adopted: Vec::new(),
            refused: None,
        };
        let base = self.state.lines.get("main").and_then(|line| line.commits.last()).cloned();
        self.say(Fact::LineMoved { line: "main".to_owned(), release: false, base, revisions: vec![revision] });
        if number.is_multiple_of(10) {
            let (tag, lines) = (format!("rc-{number}").parse()?, vec!["main".to_owned()]);
            let commit = commit(number)?;
            self.say(Fact::TagSeen { tag, commit, by: None, lines, nearest: None, adopted: false });
        }
        Ok(())
    }

    /// Does one thing that is outstanding, as a worker would record it. Nothing left: `false`.
    fn step(&mut self) -> Outcome<bool> {
        let plan = decide(&self.state, &self.policy, self.now);
        if let Some(record) = plan.records.first() {
            self.say(record.clone());
        } else if let Some(action) = plan.actions.first() {
            self.act(action.claim.clone())?;
        } else {
            let stage: Name = "stage".parse()?;
            let current = self.state.environments.get(&stage).and_then(|environment| environment.current());
            let Some(deployment) = current.filter(|current| current.judgements.is_empty()) else { return Ok(false) };
            let (deployment, check) = (deployment.number, "e2e".parse()?);
            self.say(Fact::Judged { claim: None, environment: stage, deployment, check, passed: true, reason: None });
        }
        Ok(true)
    }

    fn act(&mut self, claim: Claim) -> Outcome {
        let (until, policy) = (Time(self.now.0 + LEASE), Policy::digest(POLICY));
        let number = self.say(Fact::Started { claim: claim.clone(), worker: "worker".to_owned(), until, policy });
        match claim {
            Claim::Build { artifact, key, commit } => {
                let image = artifact.as_str() == "api";
                let bytes = Bytes {
                    kind: if image { Kind::Image } else { Kind::Package },
                    digest: format!("sha256:{key}").parse()?,
                    repository: image.then(|| "shop/api".to_owned()),
                    tag: None,
                };
                self.say(Fact::Built { claim: number, artifact, key, commit, bytes, size: 1, manifest: None });
            }
            Claim::Tag { repository, digest, tag } => {
                self.say(Fact::Tagged { claim: number, repository, digest, tag });
            }
            Claim::Deploy(deploy) => {
                let environment = deploy.environment;
                self.say(Fact::Written { claim: number, environment: environment.clone() });
                self.say(Fact::Running { environment, deployment: number });
            }
            other => return Err(format!("nothing here asks for {}", other.lane()).into()),
        }
        Ok(())
    }

    fn say(&mut self, fact: Fact) -> u64 {
        let number = self.state.number + 1;
        let (id, by) = (format!("worker {number}"), "worker".to_owned());
        let entry = Entry { format: FORMAT, number, id, at: self.now, by, facts: vec![fact] };
        self.state.apply(&entry);
        self.entries.push(entry);
        number
    }
}

fn commit(number: usize) -> Outcome<Commit> {
    // A commit's short id is its first twelve digits: they must differ.
    Ok(format!("{number:012x}{:028x}", 0).parse()?)
}
