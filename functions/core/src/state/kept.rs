//! How a checkpoint keeps what there are many of: as rows, without the names of their fields, and nothing twice.
//!
//! A checkpoint is read by the version of the fold that wrote it and by no other, so nobody has to find out what stands where; and
//! most of what a wake-up takes is reading the checkpoint. Whoever changes a row counts [`VERSION`](super::VERSION) up.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Build, Deployment, Judgement, Known, State};
use crate::deployment::{Artifacts, Bytes};
use crate::fact::{Deploy, Revision};
use crate::ids::{Commit, Digest, ImageTag, Name, Time};
use crate::policy::Kind;
use crate::refusal::Refusal;

impl State {
    /// The state, from a checkpoint's text.
    ///
    /// # Errors
    /// What is wrong with the text: it is of another version, or no checkpoint at all.
    // Here and not where it is asked for, since this crate is built for speed.
    pub fn from_checkpoint(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The state as a checkpoint's text.
    ///
    /// # Errors
    /// None that a state can bring about; the serializer's, if it ever had one.
    pub fn to_checkpoint(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// Commits, without the map's keys: each tells its own.
pub(super) mod revisions {
    use super::{BTreeMap, Commit, Deserialize, Deserializer, Known, Serializer};

    type Revisions = BTreeMap<Commit, Known>;

    pub(in crate::state) fn serialize<S: Serializer>(revisions: &Revisions, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(revisions.values())
    }

    pub(in crate::state) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Revisions, D::Error> {
        let revisions = Vec::<Known>::deserialize(deserializer)?;
        Ok(revisions.into_iter().map(|known| (known.revision.commit.clone(), known)).collect())
    }
}

impl Serialize for Known {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { line, left_at, position, seen, revision } = self;
        let Revision { commit, time, author, subject, keys, adopted, refused } = revision;
        (line, left_at, position, seen, (commit, time, author, subject, keys, adopted, refused)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (line, left_at, position, seen, (commit, time, author, subject, keys, adopted, refused)) =
            Deserialize::deserialize(deserializer)?;
        let revision = Revision { commit, time, author, subject, keys, adopted, refused };
        Ok(Self { line, left_at, position, seen, revision })
    }
}

impl Serialize for Build {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Done { bytes, commit } => (commit, Ok::<_, &Refusal>(bytes_row(bytes))).serialize(serializer),
            Self::Failed { refusal, commit } => (commit, Err::<BytesRow<'_>, _>(refusal)).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Build {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Deserialize::deserialize(deserializer)? {
            (commit, Ok(row)) => Self::Done { bytes: bytes(row), commit },
            (commit, Err(refusal)) => Self::Failed { refusal, commit },
        })
    }
}

impl Serialize for Deployment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { number, deploy, started, written, running, ended, failed, judgements } = self;
        let Deploy { environment, commit, tag, cause, artifacts, checks, passed: _ } = deploy;
        let artifacts: Vec<_> = artifacts.iter().map(|(name, bytes)| (name, bytes_row(bytes))).collect();
        let judgements: Vec<_> = judgements.iter().map(|(check, said)| (check, judgement_row(said))).collect();
        let deploy = (environment, commit, tag, cause, artifacts, checks);
        (number, deploy, (started, written, running, ended), failed, judgements).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Deployment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        type Rows<T> = Vec<(Name, T)>;
        let (number, deploy, (started, written, running, ended), failed, judgements) =
            Deserialize::deserialize(deserializer)?;
        let (environment, commit, tag, cause, artifacts, checks) = deploy;
        let artifacts: Rows<_> = artifacts;
        let artifacts: Artifacts = artifacts.into_iter().map(|(name, row)| (name, bytes(row))).collect();
        let judgements: Rows<_> = judgements;
        let judgements = judgements.into_iter().map(|(check, row)| (check, judgement(row))).collect();
        let deploy = Deploy { environment, commit, tag, cause, artifacts, checks, passed: Vec::new() };
        Ok(Self { number, deploy, started, written, running, ended, failed, judgements })
    }
}

type BytesRow<'a> = (&'a Kind, &'a Digest, &'a Option<String>, &'a Option<ImageTag>);

fn bytes_row(Bytes { kind, digest, repository, tag }: &Bytes) -> BytesRow<'_> {
    (kind, digest, repository, tag)
}

fn bytes((kind, digest, repository, tag): (Kind, Digest, Option<String>, Option<ImageTag>)) -> Bytes {
    Bytes { kind, digest, repository, tag }
}

type JudgementRow<'a> = (&'a bool, &'a Option<String>, &'a Time, &'a String);

fn judgement_row(Judgement { passed, reason, at, by }: &Judgement) -> JudgementRow<'_> {
    (passed, reason, at, by)
}

fn judgement((passed, reason, at, by): (bool, Option<String>, Time, String)) -> Judgement {
    Judgement { passed, reason, at, by }
}
