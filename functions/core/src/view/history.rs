//! What the ledger tells of one commit.

use std::collections::BTreeSet;

use super::log::{Line, lines};
use crate::fact::{Claim, Entry, Fact};
use crate::ids::{Commit, Digest};

/// The lines of the ledger that are about `commit`, oldest first.
///
/// Builds and tags of an image are told of every commit that has the bytes; what follows a claim is told with it.
pub fn history(entries: &[Entry], commit: &Commit, digests: &BTreeSet<Digest>) -> Vec<Line> {
    let mut claims: BTreeSet<u64> = BTreeSet::new();
    let mut told = Vec::new();
    for entry in entries {
        for fact in &entry.facts {
            if let Fact::Started { claim, .. } = fact {
                if claimed(claim, commit, digests) {
                    claims.insert(entry.number);
                } else {
                    continue;
                }
            } else if !about(fact, commit, digests, &claims) {
                continue;
            }
            // The claim alone tells nothing that its outcome does not, save where a commit goes.
            let quiet = matches!(fact, Fact::Leased { .. } | Fact::Waiting { .. })
                || matches!(fact, Fact::Started { claim, .. } if !matches!(claim, Claim::Deploy(_)));
            if !quiet {
                told.extend(lines([&Entry { facts: vec![moved_to(fact, commit)], ..entry.clone() }]));
            }
        }
    }
    told
}

fn claimed(claim: &Claim, commit: &Commit, digests: &BTreeSet<Digest>) -> bool {
    match claim {
        Claim::Build { commit: built, .. } => built == commit,
        Claim::Tag { digest, .. } => digests.contains(digest),
        Claim::Deploy(deploy) => deploy.commit == *commit || deploy.passed.contains(commit),
        Claim::Erase { bytes, .. } => digests.contains(&bytes.digest),
        Claim::Observe { .. } | Claim::Verify { .. } => false,
    }
}

fn about(fact: &Fact, commit: &Commit, digests: &BTreeSet<Digest>, claims: &BTreeSet<u64>) -> bool {
    match fact {
        Fact::LineMoved { revisions, .. } | Fact::LineRewritten { revisions, .. } => {
            revisions.iter().any(|revision| revision.commit == *commit)
        }
        Fact::TagSeen { commit: of, .. }
        | Fact::Recorded { commit: of, .. }
        | Fact::Yanked { commit: of, .. }
        | Fact::Unyanked { commit: of, .. }
        | Fact::DeployOrdered { commit: of, .. }
        | Fact::RollbackOrdered { commit: of, .. }
        | Fact::BuildOrdered { commit: of, .. }
        | Fact::BuildFailed { commit: of, .. } => of == commit,
        Fact::Built { bytes, commit: of, .. } => of == commit || digests.contains(&bytes.digest),
        Fact::Tagged { digest, .. } | Fact::TagFailed { digest, .. } => digests.contains(digest),
        Fact::Condemned { bytes, .. } | Fact::Spared { bytes, .. } | Fact::Erased { bytes, .. } => {
            digests.contains(&bytes.digest)
        }
        Fact::Running { deployment, .. } | Fact::Judged { deployment, .. } => claims.contains(deployment),
        Fact::Refused { subject, .. } => {
            subject.split_whitespace().any(|word| word == commit.short(crate::plan::SHORT))
        }
        other => other.ends().is_some_and(|claim| claims.contains(&claim)),
    }
}

/// Of a line that moved by many commits, only the one that is asked for.
fn moved_to(fact: &Fact, commit: &Commit) -> Fact {
    match fact {
        Fact::LineMoved { line, release, base, revisions } => Fact::LineMoved {
            line: line.clone(),
            release: *release,
            base: base.clone(),
            revisions: revisions.iter().filter(|revision| revision.commit == *commit).cloned().collect(),
        },
        other => other.clone(),
    }
}
