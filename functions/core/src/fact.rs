//! Facts: what happened, as the ledger keeps it. Closed enums with plain fields.
//!
//! Facts are never changed. A new capability adds a variant; an older worker that meets one acts on nothing and says `too-old`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::deployment::{Artifacts, Bytes};
use crate::ids::{Commit, Digest, ImageTag, Key, Name, TagName, Time};
use crate::refusal::Refusal;

/// The version of the entries' form.
pub const FORMAT: u32 = 1;

/// One entry of the ledger: facts that were seen or done together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of this form.
    pub format: u32,
    /// Its number, from 1, without a gap.
    pub number: u64,
    /// Unique to this attempt to write: a writer whose answer was lost finds out by it whether it won.
    pub id: String,
    /// When, by the store's clock.
    pub at: Time,
    /// Who: a worker, or a person.
    pub by: String,
    /// What happened. A [`Fact::Started`] always stands alone, since the entry's number is its claim's.
    pub facts: Vec<Fact>,
}

/// One thing that happened: observed, done, decided or ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fact {
    /// Trunk's newest observed head has this policy.
    PolicySeen { commit: Commit, digest: Digest, text: String },
    /// Trunk's newest observed head has a policy that cannot be read; the one before stays in force.
    PolicyRefused { commit: Commit, refusal: Refusal },
    /// A line moved on: `revisions`, oldest first, came after `base`.
    LineMoved { line: String, release: bool, base: Option<Commit>, revisions: Vec<Revision> },
    /// A line was rewritten: `from`, its known head, is no first-parent ancestor of its head any more. Nothing of it counts until accepted.
    LineRewritten { line: String, from: Commit, base: Option<Commit>, revisions: Vec<Revision> },
    /// A line that had been rewritten is back at its known head.
    LineRestored { line: String },
    /// A line is no longer there. What it brought stays.
    LineGone { line: String },
    /// A tag names a commit. `lines` are those whose first parents hold it, `nearest` is trunk's newest commit among its ancestors.
    /// `adopted` tags were there before the project was adopted, on commits from before: they bring nothing.
    TagSeen {
        tag: TagName,
        commit: Commit,
        by: Option<String>,
        lines: Vec<String>,
        nearest: Option<Commit>,
        #[serde(default)]
        adopted: bool,
    },
    /// A tag is no longer there: what waits for it is withdrawn.
    TagGone { tag: TagName },
    /// Something stands at an artifact's place that Trunkline did not put there; without `found`, it is gone again.
    Drifted { environment: Name, artifact: Name, found: Option<String> },

    /// A worker claims a lane. The claim's number is the entry's; it stays until an outcome.
    Started { claim: Claim, worker: String, until: Time, policy: Digest },
    /// A worker renews its lease on a claim, or another takes the same claim over.
    Leased { claim: u64, worker: String, until: Time },
    /// The lease ends and the claim stays; any worker may go on with it from `until`.
    Waiting { claim: u64, until: Time, why: String },

    /// An artifact was built. The first of a key wins.
    Built {
        claim: u64,
        artifact: Name,
        key: Key,
        commit: Commit,
        bytes: Bytes,
        size: u64,
        manifest: Option<ManifestText>,
    },
    /// An artifact cannot be built from what the commit holds.
    BuildFailed { claim: u64, artifact: Name, key: Key, commit: Commit, refusal: Refusal },
    /// An image has a tag.
    Tagged { claim: u64, repository: String, digest: Digest, tag: ImageTag },
    /// An image cannot have a tag.
    TagFailed { claim: u64, repository: String, digest: Digest, tag: ImageTag, refusal: Refusal },
    /// Every place of a deployment is written.
    Written { claim: u64, environment: Name },
    /// What was written is running.
    Running { environment: Name, deployment: u64 },
    /// A deployment did not come about; everything that had moved went back, unless `torn`.
    DeployFailed { claim: u64, environment: Name, refusal: Refusal, torn: bool },
    /// A check judged a deployment.
    Judged { claim: Option<u64>, environment: Name, deployment: u64, check: Name, passed: bool, reason: Option<String> },
    /// A claim ended without an effect: what it was for is no longer wanted.
    Abandoned { claim: u64, why: String },

    /// Something that was asked for cannot be.
    Refused { subject: String, refusal: Refusal },
    /// Bytes that are barred and that nothing needs: their use is barred for good, and a day later they are erased.
    Condemned { artifact: Name, bytes: Bytes },
    /// Condemned bytes are needed again: they stay.
    Spared { artifact: Name, bytes: Bytes },
    /// Bytes are gone. The tombstone stays.
    Erased { claim: u64, artifact: Name, bytes: Bytes },

    /// A person adopts bytes that something else built.
    Recorded {
        commit: Commit,
        artifact: Name,
        bytes: Bytes,
        size: u64,
        manifest: Option<ManifestText>,
        reason: Option<String>,
    },
    /// A commit is barred, with what it brought: the keys and digests that were not in the newest set verified before it.
    /// `because` names the deployment that a check failed, when automation asks.
    Yanked { commit: Commit, keys: BTreeSet<Key>, digests: BTreeSet<Digest>, reason: String, because: Option<u64> },
    /// A commit is no longer barred.
    Unyanked { commit: Commit, reason: String },
    /// An environment stays as it is until released. `because` names the deployment that a check failed, when automation asks.
    Held { environment: Name, reason: String, because: Option<u64> },
    /// An environment is automation's again.
    Released { environment: Name, reason: Option<String> },
    /// A person asks for a commit in an environment, under the same rules.
    DeployOrdered { environment: Name, commit: Commit, reason: Option<String> },
    /// A person asks for an earlier good commit in an environment, and holds it there.
    RollbackOrdered { environment: Name, commit: Commit, reason: String },
    /// A person asks for builds that failed to be tried again.
    BuildOrdered { commit: Commit, reason: Option<String> },
    /// A person accepts that a line was rewritten, with the head it had when they looked.
    Accepted { line: String, head: Commit, reason: String },

    /// A fact of a newer version, which this one does not know.
    #[serde(other)]
    Unknown,
}

/// One commit of a line, as observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// The commit.
    pub commit: Commit,
    /// When it was committed.
    pub time: Time,
    /// Its author: `Name <address>`.
    pub author: String,
    /// The first line of its message, 200 characters at most.
    pub subject: String,
    /// What each of its artifacts is built from: [`key::keys`](crate::key::keys).
    pub keys: BTreeMap<Name, Key>,
    /// The artifacts that something else builds: [`key::adopted`](crate::key::adopted).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<Name>,
    /// Why its policy cannot be read, if so; then it has no artifacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// A manifest or index, byte for byte, kept with the build's record so that a tag costs one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestText {
    /// Its media type.
    pub media_type: String,
    /// Its text.
    pub text: String,
}

/// The longest manifest kept in the ledger, in bytes (16 KiB: an index of some twenty platforms). A longer one is fetched when needed.
pub const MAX_MANIFEST: usize = 16 * 1024;

/// What a worker claims: one lane of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Claim {
    /// Build an artifact.
    Build { artifact: Name, key: Key, commit: Commit },
    /// Put a tag on an image.
    Tag { repository: String, digest: Digest, tag: ImageTag },
    /// Bring a commit's artifacts to an environment.
    Deploy(Deploy),
    /// See whether what was written is running.
    Observe { environment: Name, deployment: u64 },
    /// Make a check.
    Verify { environment: Name, deployment: u64, check: Name },
    /// Erase bytes.
    Erase { artifact: Name, bytes: Bytes },
}

/// A deployment that is claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deploy {
    /// Where.
    pub environment: Name,
    /// Which commit.
    pub commit: Commit,
    /// The tag that brings it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<TagName>,
    /// Why it moves.
    pub cause: Cause,
    /// What it brings.
    pub artifacts: Artifacts,
    /// The checks that must pass for it to be verified.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub checks: BTreeSet<Name>,
    /// The commits that waited for this environment and are passed over with it, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Commit>,
}

/// Why an environment moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A line moved.
    Line,
    /// A tag was set.
    Tag,
    /// A person asked for the commit.
    Order,
    /// A person rolled back.
    Rollback,
    /// What ran there was yanked.
    Yank,
}

impl Claim {
    /// The lane: one claim at a time is open in it.
    pub fn lane(&self) -> String {
        match self {
            Self::Build { artifact, key, .. } => format!("build {artifact} {key}"),
            Self::Tag { repository, tag, .. } => format!("tag {repository}:{tag}"),
            Self::Deploy(deploy) => format!("deploy {}", deploy.environment),
            Self::Observe { environment, deployment } => format!("observe {environment} {deployment}"),
            Self::Verify { environment, deployment, check } => format!("verify {environment} {deployment} {check}"),
            Self::Erase { artifact, bytes } => format!("erase {artifact} {}", bytes.digest),
        }
    }

    /// Whether both have one lane: what [`Claim::lane`] would say, without writing it down.
    pub fn shares_lane(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Build { artifact, key, .. }, Self::Build { artifact: other, key: other_key, .. }) => {
                artifact == other && key == other_key
            }
            (Self::Tag { repository, tag, .. }, Self::Tag { repository: other, tag: other_tag, .. }) => {
                repository == other && tag == other_tag
            }
            (Self::Deploy(deploy), Self::Deploy(other)) => deploy.environment == other.environment,
            (Self::Observe { .. }, Self::Observe { .. }) | (Self::Verify { .. }, Self::Verify { .. }) => self == other,
            (Self::Erase { artifact, bytes }, Self::Erase { artifact: other, bytes: other_bytes }) => {
                artifact == other && bytes.digest == other_bytes.digest
            }
            _ => false,
        }
    }
}

impl Fact {
    /// The claim that this fact ends, if it ends one.
    pub fn ends(&self) -> Option<u64> {
        match self {
            Self::Built { claim, .. }
            | Self::BuildFailed { claim, .. }
            | Self::Tagged { claim, .. }
            | Self::TagFailed { claim, .. }
            | Self::Written { claim, .. }
            | Self::DeployFailed { claim, .. }
            | Self::Abandoned { claim, .. }
            | Self::Erased { claim, .. } => Some(*claim),
            Self::Judged { claim, .. } => *claim,
            _ => None,
        }
    }
}
