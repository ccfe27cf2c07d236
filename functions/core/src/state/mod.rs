//! The state: everything that is remembered, as a fold over the ledger's entries.
//!
//! Plain data; [`State::apply`] is the only way it changes. What can be derived from it is not in it: see [`line`](mod@line),
//! [`artifacts`] and [`environment`].

pub mod artifacts;
pub mod environment;
mod fold;
mod kept;
pub mod line;

use std::collections::{BTreeMap, BTreeSet};

pub use fold::{DEPLOYMENTS, REMEMBERED};

use serde::{Deserialize, Serialize};

use crate::deployment::Bytes;
use crate::fact::{Cause, Claim, ManifestText, Revision};
use crate::ids::{Commit, Digest, ImageTag, Key, Name, TagName, Time};
use crate::policy::Policy;
use crate::refusal::Refusal;

/// The version of the fold: a checkpoint made by another is not read.
pub const VERSION: u32 = 2;

/// What the ledger adds up to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The number of the last entry; 0 before the first.
    pub number: u64,
    /// When that entry was written.
    pub at: Time,
    /// The first entry with a fact of a newer version, if there is one: then nothing may be done.
    pub too_new: Option<u64>,
    /// The policy in force.
    pub policy: Option<PolicyInForce>,
    /// Why trunk's head's own policy is not in force.
    pub policy_refused: Option<(Commit, Refusal)>,
    /// Trunk and the release branches, by name.
    pub lines: BTreeMap<String, Line>,
    /// Every commit of every line.
    #[serde(with = "kept::revisions")]
    pub revisions: BTreeMap<Commit, Known>,
    /// Every tag ever seen.
    pub tags: BTreeMap<TagName, Tag>,
    /// The tags that may bring something: they are there, and not from before adoption. Kept beside what it follows from, so that
    /// deciding does not read every tag.
    pub live: BTreeSet<TagName>,
    /// What was built, by artifact and key.
    pub builds: BTreeMap<Name, BTreeMap<Key, Build>>,
    /// Commits of which something is not built: likewise.
    pub unbuilt: BTreeSet<Commit>,
    /// Images that have no tag of the commit they were built from, by digest: likewise.
    pub untagged: BTreeMap<Digest, Commit>,
    /// What a person recorded, by commit and artifact.
    pub recorded: BTreeMap<Commit, BTreeMap<Name, Bytes>>,
    /// The manifests of images, by digest.
    pub manifests: BTreeMap<Digest, ManifestText>,
    /// The tags that images have, by repository: those we know of.
    pub image_tags: BTreeMap<String, BTreeMap<ImageTag, Digest>>,
    /// Tags that a registry refused, by `repository:tag`.
    pub tag_refusals: BTreeMap<String, Refusal>,
    /// Open claims, by lane.
    pub claims: BTreeMap<String, Open>,
    /// What runs where.
    pub environments: BTreeMap<Name, Environment>,
    /// Barred commits.
    pub yanks: BTreeMap<Commit, Yank>,
    /// When commits were last released from a bar: the entry's number.
    pub unyanks: BTreeMap<Commit, u64>,
    /// Bytes condemned to be erased, and since when.
    pub condemned: BTreeMap<Digest, Time>,
    /// Tombstones: bytes that are erased, or being erased.
    pub erased: BTreeSet<Digest>,
    /// Deployments whose failed check has been answered by a yank or a hold.
    pub answered: BTreeSet<u64>,
    /// What stands refused, by subject, as last recorded.
    pub refused: BTreeMap<String, Refusal>,
    /// Whether nothing is forgotten, for those who tell history: see [`State::whole`].
    #[serde(skip)]
    unforgetting: bool,
}

impl State {
    /// The policy in force, read. Nothing when trunk never had a readable one.
    pub fn policy(&self) -> Option<Policy> {
        // It was readable when it was put in force; a version that reads less acts on nothing.
        self.policy.as_ref().and_then(|policy| Policy::parse(&policy.text).ok())
    }
}

/// The policy of trunk's newest head that has a readable one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyInForce {
    /// The commit it was read at.
    pub commit: Commit,
    /// Its digest: `Started` names it.
    pub digest: Digest,
    /// Its text.
    pub text: String,
}

/// Trunk, or a release branch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Whether it is a release branch.
    pub release: bool,
    /// The commit before its first: of a release branch, where it left trunk or another release branch.
    pub base: Option<Commit>,
    /// Its first parents since adoption that are remembered, oldest first.
    pub commits: Vec<Commit>,
    /// The place on the line of the first of `commits`: how many came before it.
    #[serde(default)]
    pub first: usize,
    /// A new course that nobody has accepted yet.
    pub rewritten: Option<Rewritten>,
    /// Whether the branch is there no longer.
    pub gone: bool,
    /// The entry that last told of it.
    #[serde(default)]
    pub seen: u64,
}

/// The course of a line that was rewritten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rewritten {
    /// The newest commit that both courses have.
    pub base: Option<Commit>,
    /// What came after it, oldest first.
    pub revisions: Vec<Revision>,
}

/// A commit of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The line it is on; nothing when a rewrite left it behind.
    pub line: Option<String>,
    /// The commit before it on its line, when a rewrite left it behind.
    pub left_at: Option<Commit>,
    /// Its place on the line, from 0.
    pub position: usize,
    /// The entry that showed it: commits that were pushed together share it.
    pub seen: u64,
    /// What was observed of it.
    pub revision: Revision,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// The commit it names for ever.
    pub commit: Commit,
    /// Another commit that it stands on now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Commit>,
    /// Whether it is there no longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Whether it is from before adoption.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The lines that held its commit when it was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Trunk's newest commit among the commit's ancestors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Commit>,
    /// The entry that showed it first.
    pub number: u64,
}

/// What became of building a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Build {
    /// It gave these bytes, built from that commit.
    Done { bytes: Bytes, commit: Commit },
    /// It cannot be built.
    Failed { refusal: Refusal, commit: Commit },
}

/// An open claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// Its number: that of the entry that started it.
    pub number: u64,
    /// What it is for.
    pub claim: Claim,
    /// Who acts.
    pub worker: String,
    /// Until when nobody else may: the lease's end, or the end of a wait.
    pub until: Time,
    /// Why it waits, when it waits.
    pub waiting: Option<String>,
}

/// What runs in an environment, what did, and who holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Every deployment that is remembered, oldest first.
    pub deployments: Vec<Deployment>,
    /// Those of them that a check judged bad, by number. Kept beside what it follows from, so that deciding does not read every one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub disproved: BTreeSet<u64>,
    /// Whether it is held.
    pub held: Option<Hold>,
    /// Why it is torn: neither the new nor the old set is there as a whole.
    pub torn: Option<Refusal>,
    /// What a person asked for and is not done yet.
    pub order: Option<Order>,
    /// What stands at an artifact's place instead of ours.
    pub drift: BTreeMap<Name, String>,
}

/// One deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its number: that of the claim's entry.
    pub number: u64,
    /// What was claimed, without the commits it passed over: the ledger tells them.
    pub deploy: crate::fact::Deploy,
    /// When it was started.
    pub started: Time,
    /// When every place was written.
    pub written: Option<Time>,
    /// When it was running.
    pub running: Option<Time>,
    /// When another took its place.
    pub ended: Option<Time>,
    /// Why it did not come about.
    pub failed: Option<Refusal>,
    /// What checks said, by check.
    pub judgements: BTreeMap<Name, Judgement>,
}

/// What a check said.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whether it passed.
    pub passed: bool,
    /// Why, in words.
    pub reason: Option<String>,
    /// When.
    pub at: Time,
    /// Who said so.
    pub by: String,
}

/// Why an environment is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// In words.
    pub reason: String,
    /// Who held it.
    pub by: String,
    /// Since when.
    pub at: Time,
}

/// A person's order for an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The entry that holds it.
    pub number: u64,
    /// The commit.
    pub commit: Commit,
    /// [`Cause::Order`] or [`Cause::Rollback`].
    pub cause: Cause,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub by: String,
}

/// A bar on a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Yank {
    /// The keys it brought.
    pub keys: BTreeSet<Key>,
    /// The digests it brought.
    pub digests: BTreeSet<Digest>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Time,
}
