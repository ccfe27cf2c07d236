//! What happened, in lines people can read.

use std::fmt::Write as _;

use trunkline_core::fact::{Claim, Entry, Fact};
use trunkline_core::ids::Commit;
use trunkline_ports::memory::Effect;
use trunkline_ports::targets::Standing;

use super::shop::START;

fn short(commit: &Commit) -> &str {
    commit.short(7)
}

/// An entry, one line for each fact.
pub fn entry(entry: &Entry) -> String {
    let seconds = entry.at.since(START).as_secs();
    let mut text = String::new();
    for fact in &entry.facts {
        let _ = writeln!(text, "{:>5}s #{:<4} {:<11} {}", seconds, entry.number, entry.by, say(fact));
    }
    text
}

/// An effect on a destination.
pub fn effect(effect: &Effect, by: &str) -> String {
    let verb = if effect.undo { "takes back" } else { "writes" };
    let after: Vec<String> =
        effect.after.iter().map(|(artifact, standing)| format!("{artifact}={}", stands(standing))).collect();
    let (mark, destination) = (&effect.mark, &effect.destination);
    format!(
        "       effect     {by:<11} {verb} {destination:?} for #{} in {}: {}\n",
        mark.number,
        mark.environment,
        after.join(" ")
    )
}

/// What stands at a place.
pub fn stands(standing: &Standing) -> String {
    match standing {
        Standing::At(digest) => digest.hex()[..7].to_owned(),
        other => format!("{other:?}"),
    }
}

fn say(fact: &Fact) -> String {
    match fact {
        Fact::PolicySeen { commit, .. } => format!("sees the policy of {}", short(commit)),
        Fact::PolicyRefused { commit, .. } => format!("sees a broken policy at {}", short(commit)),
        Fact::LineMoved { line, revisions, .. } => {
            let commits: Vec<String> = revisions
                .iter()
                .map(|revision| format!("{} ({})", short(&revision.commit), revision.subject))
                .collect();
            format!("sees {line} move: {}", commits.join(", "))
        }
        Fact::LineRewritten { line, from, revisions, .. } => {
            format!("sees {line} rewritten from {} with {} commits", short(from), revisions.len())
        }
        Fact::TagSeen { tag, commit, .. } => format!("sees tag {tag} on {}", short(commit)),
        Fact::Started { claim, worker, .. } => format!("starts {} as `{worker}`", claimed(claim)),
        Fact::Leased { claim, worker, .. } => format!("leases claim {claim} as `{worker}`"),
        Fact::Waiting { claim, why, .. } => format!("puts claim {claim} off: {why}"),
        Fact::Built { claim, artifact, commit, bytes, .. } => {
            format!("built {artifact} of {}: {} (claim {claim})", short(commit), &bytes.digest.hex()[..7])
        }
        Fact::BuildFailed { claim, artifact, commit, .. } => {
            format!("cannot build {artifact} of {} (claim {claim})", short(commit))
        }
        Fact::Recorded { commit, artifact, bytes, .. } => {
            format!("records {artifact} of {}: {}", short(commit), &bytes.digest.hex()[..7])
        }
        Fact::Written { claim, environment } => format!("wrote {environment} (claim {claim})"),
        Fact::Running { environment, deployment } => format!("sees {environment} run deployment {deployment}"),
        Fact::DeployFailed { claim, environment, refusal, torn } => {
            let torn = if *torn { ", torn" } else { "" };
            format!("failed to deploy {environment} (claim {claim}{torn}): {}", refusal.message)
        }
        Fact::Judged { environment, deployment, check, passed, .. } => {
            format!(
                "judges deployment {deployment} of {environment}: {check} {}",
                if *passed { "passed" } else { "FAILED" }
            )
        }
        Fact::Refused { subject, refusal } => format!("refuses {subject}: {}", refusal.message),
        Fact::Yanked { commit, because, .. } => format!("yanks {} (because of {because:?})", short(commit)),
        Fact::Unyanked { commit, .. } => format!("takes the yank of {} back", short(commit)),
        Fact::DeployOrdered { environment, commit, .. } => format!("orders {} to {environment}", short(commit)),
        Fact::RollbackOrdered { environment, commit, .. } => format!("rolls {environment} back to {}", short(commit)),
        Fact::Held { environment, because, .. } => format!("holds {environment} (because of {because:?})"),
        other => {
            let text = format!("{other:?}");
            text.chars().take(160).collect()
        }
    }
}

fn claimed(claim: &Claim) -> String {
    match claim {
        Claim::Build { artifact, commit, .. } => format!("building {artifact} of {}", short(commit)),
        Claim::Tag { repository, digest, tag } => format!("tagging {repository}@{} as {tag}", &digest.hex()[..7]),
        Claim::Deploy(deploy) => {
            let bytes: Vec<String> =
                deploy.artifacts.iter().map(|(name, bytes)| format!("{name}={}", &bytes.digest.hex()[..7])).collect();
            let tag = deploy.tag.as_ref().map(|tag| format!(" as {tag}")).unwrap_or_default();
            format!(
                "deploying {} to {}{tag} ({:?}) {}",
                short(&deploy.commit),
                deploy.environment,
                deploy.cause,
                bytes.join(" ")
            )
        }
        other => other.lane(),
    }
}
