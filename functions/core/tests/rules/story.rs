//! A ledger to write facts into, and a world in which every action succeeds at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use trunkline_core::decide::decide;
use trunkline_core::deployment::Bytes;
use trunkline_core::fact::{Cause, Claim, Deploy, Entry, FORMAT, Fact, Revision};
use trunkline_core::ids::{Commit, Digest, Key, Name, Time};
use trunkline_core::plan::Plan;
use trunkline_core::policy::{Kind, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::state::State;

/// A shop with an image and a package, and three environments.
pub(crate) const SHOP: &str = r#"
project: shop
artifacts:
  api:
    image: shop/api
    build: { base: scratch, layers: [{ from: api, to: /api }] }
    deploy: { kustomize: "api/{environment}" }
  site:
    package: { directory: site }
    deploy: { folder: "/srv/{environment}" }
environments:
  stage: { on: trunk, verify: { checks: [e2e], on_failure: yank } }
  demo: { on: "rc-*", after: [stage] }
  prod: { on: "v*", after: [stage], soak: 1h }
manifests: { repository: manifests }
"#;

/// The same with one environment that anything on trunk reaches.
pub(crate) const PLAIN: &str = r#"
project: shop
release_branches: ["release/*"]
artifacts:
  site: { package: { directory: site }, deploy: { folder: "/srv/{environment}" } }
environments:
  stage: { on: trunk }
  prod: { on: "v*" }
"#;

pub(crate) struct Story {
    pub(crate) state: State,
    pub(crate) policy: Policy,
    pub(crate) now: Time,
    /// Everything that was done, in order, as the plan prints it.
    pub(crate) done: Vec<String>,
}

impl Story {
    pub(crate) fn new(policy: &str) -> Self {
        let parsed = Policy::parse(policy).unwrap();
        let mut story = Self { state: State::default(), policy: parsed, now: Time(0), done: Vec::new() };
        let digest = Policy::digest(policy);
        story.say(Fact::PolicySeen { commit: commit(0), digest, text: policy.to_owned() });
        story
    }

    /// Writes a fact into the ledger.
    pub(crate) fn say(&mut self, fact: Fact) {
        let number = self.state.number + 1;
        let entry = Entry {
            format: FORMAT,
            number,
            id: number.to_string(),
            at: self.now,
            by: "tester".to_owned(),
            facts: vec![fact],
        };
        self.state.apply(&entry);
    }

    /// Trunk moves on by commits, each with the content of its artifacts: `(1, "api=a site=a")`.
    pub(crate) fn trunk(&mut self, commits: &[(u8, &str)]) {
        self.line("main", false, None, commits);
    }

    pub(crate) fn line(&mut self, line: &str, release: bool, base: Option<u8>, commits: &[(u8, &str)]) {
        let known = self.state.lines.get(line).and_then(|line| line.commits.last()).cloned();
        let base = base.map(commit).or(known);
        let revisions = commits.iter().map(|(id, contents)| revision(*id, contents)).collect();
        self.say(Fact::LineMoved { line: line.to_owned(), release, base, revisions });
    }

    /// Trunk is seen to be rewritten: after `base` come other commits.
    pub(crate) fn rewritten(&mut self, from: u8, base: u8, commits: &[(u8, &str)]) {
        let revisions = commits.iter().map(|(id, contents)| revision(*id, contents)).collect();
        let (from, base) = (commit(from), Some(commit(base)));
        self.say(Fact::LineRewritten { line: "main".to_owned(), from, base, revisions });
    }

    /// A person accepts that trunk was rewritten.
    pub(crate) fn accepted(&mut self) {
        self.order(|state, _, _| trunkline_core::orders::accept(state, "main", "a secret was removed"));
    }

    /// A tag is set on a commit of trunk.
    pub(crate) fn tag(&mut self, tag: &str, id: u8) {
        self.tag_on(tag, id, &["main"], None);
    }

    pub(crate) fn tag_on(&mut self, tag: &str, id: u8, lines: &[&str], nearest: Option<u8>) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        let (tag, commit, nearest) = (tag.parse().unwrap(), commit(id), nearest.map(commit));
        self.say(Fact::TagSeen { tag, commit, by: None, lines, nearest, adopted: false });
    }

    pub(crate) fn verdict(&mut self, environment: &str, id: u8, passed: bool) {
        let (environment, check) = (name(environment), name("e2e"));
        let judged =
            trunkline_core::orders::verdict(&self.state, &self.policy, &environment, &commit(id), &check, passed, None);
        self.say(judged.unwrap());
    }

    /// A person's order, which must be taken.
    pub(crate) fn order(&mut self, order: impl FnOnce(&State, &Policy, Time) -> Result<Fact, Refusal>) {
        let fact = order(&self.state, &self.policy, self.now).unwrap();
        self.say(fact);
    }

    pub(crate) fn plan(&self) -> Plan {
        decide(&self.state, &self.policy, self.now)
    }

    pub(crate) fn later(&mut self, seconds: i64) {
        self.now = Time(self.now.0 + seconds * 1000);
    }

    /// Does everything that is outstanding; nothing fails.
    pub(crate) fn settle(&mut self) -> &mut Self {
        for _ in 0..200 {
            let plan = self.plan();
            if let Some(record) = plan.records.first() {
                self.say(record.clone());
            } else if let Some(action) = plan.actions.first() {
                self.done.push(action.to_string().lines().next().unwrap().to_owned());
                self.act(&action.claim, action.open);
            } else {
                return self;
            }
        }
        panic!("it never settles:\n{}", self.plan());
    }

    /// Claims an action and leaves it open.
    pub(crate) fn start(&mut self, claim: &Claim) -> u64 {
        let policy = self.state.policy.as_ref().unwrap().digest.clone();
        let until = Time(self.now.0 + 60_000);
        self.say(Fact::Started { claim: claim.clone(), worker: "worker".to_owned(), until, policy });
        self.state.number
    }

    /// Builds the site of a commit and deploys it to stage, without deciding.
    pub(crate) fn deploy_at_once(&mut self, environment: &str, commit: Commit) {
        let key = self.state.revisions[&commit].revision.keys[&name("site")].clone();
        self.act(&Claim::Build { artifact: name("site"), key, commit: commit.clone() }, None);
        let artifacts = self.state.contents(&commit).artifacts;
        let deploy = Deploy {
            environment: name(environment),
            commit,
            tag: None,
            cause: Cause::Line,
            artifacts,
            checks: BTreeSet::new(),
            passed: Vec::new(),
        };
        self.act(&Claim::Deploy(deploy), None);
    }

    /// Carries one action out.
    pub(crate) fn settle_one(&mut self, claim: &Claim) {
        self.act(claim, None);
    }

    fn act(&mut self, action: &Claim, open: Option<u64>) {
        let claim = open.unwrap_or_else(|| self.start(action));
        let fact = match action.clone() {
            Claim::Build { artifact, key, commit } => {
                let image = ["api", "web"].contains(&artifact.as_str());
                let bytes = Bytes {
                    kind: if image { Kind::Image } else { Kind::Package },
                    digest: digest(&key),
                    repository: image.then(|| format!("shop/{artifact}")),
                    tag: None,
                };
                Fact::Built { claim, artifact, key, commit, bytes, size: 1, manifest: None }
            }
            Claim::Tag { repository, digest, tag } => Fact::Tagged { claim, repository, digest, tag },
            Claim::Deploy(deploy) => {
                self.say(Fact::Written { claim, environment: deploy.environment.clone() });
                if !self.policy.observes(&deploy.environment).is_empty() {
                    return;
                }
                Fact::Running { environment: deploy.environment, deployment: claim }
            }
            Claim::Verify { environment, deployment, check } => {
                Fact::Judged { claim: Some(claim), environment, deployment, check, passed: true, reason: None }
            }
            Claim::Observe { .. } => Fact::Abandoned { claim, why: "not in this story".to_owned() },
            Claim::Erase { artifact, bytes } => Fact::Erased { claim, artifact, bytes },
        };
        self.say(fact);
    }

    /// The commit an environment runs.
    pub(crate) fn runs(&self, environment: &str) -> Option<u8> {
        let current = self.state.environments.get(&name(environment))?.current()?;
        u8::from_str_radix(&current.deploy.commit.as_str()[..2], 16).ok()
    }

    /// The code of what stands refused under a subject.
    pub(crate) fn refused(&self, subject: &str) -> Option<Code> {
        self.plan().refusals.into_iter().find(|refused| refused.subject == subject).map(|refused| refused.refusal.code)
    }

    /// Why a subject is refused, with its help.
    #[track_caller]
    pub(crate) fn why(&self, subject: &str) -> String {
        let plan = self.plan();
        let refused = plan.refusals.iter().find(|refused| refused.subject == subject);
        refused.unwrap_or_else(|| panic!("{subject} is not refused:\n{plan}")).refusal.to_string()
    }

    /// What a subject waits for.
    pub(crate) fn waits(&self, subject: &str) -> Option<String> {
        self.plan().waiting.into_iter().find(|waiting| waiting.subject == subject).map(|waiting| waiting.why)
    }
}

/// The commit with this number.
pub(crate) fn commit(id: u8) -> Commit {
    format!("{id:02x}").repeat(20).parse().unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The commit with this number, of more than there are bytes.
pub(crate) fn long_commit(id: usize) -> Commit {
    format!("{id:040x}").parse().unwrap()
}

/// That commit as observed, with a content of its own.
pub(crate) fn long_revision(id: usize) -> Revision {
    Revision { commit: long_commit(id), ..revision(0, &format!("site=c{id}")) }
}

/// The bytes that a key gives.
pub(crate) fn digest(key: &Key) -> Digest {
    format!("sha256:{key}").parse().unwrap()
}

/// The key of an artifact whose content is known by a letter.
pub(crate) fn key(artifact: &str, content: &str) -> Key {
    let mut text = String::new();
    format!("{artifact}{content}").bytes().for_each(|byte| write!(text, "{byte:02x}").unwrap());
    format!("{text:0<64}").parse().unwrap()
}

fn revision(id: u8, contents: &str) -> Revision {
    let pairs = contents.split_whitespace().filter_map(|pair| pair.split_once('='));
    let keys: BTreeMap<Name, Key> = pairs.map(|(artifact, content)| (name(artifact), key(artifact, content))).collect();
    let (time, author, subject) =
        (Time(i64::from(id)), "developer <dev@example.com>".to_owned(), format!("change {id}"));
    Revision { commit: commit(id), time, author, subject, keys, adopted: Vec::new(), refused: None }
}
