//! Every fact in a line of words.

use crate::deployment::{Artifacts, Bytes};
use crate::fact::{Cause, Claim, Deploy, Fact, Revision};
use crate::ids::{Commit, Name, TagName, Time};
use crate::plan::{SHORT, short};

/// What happened, in a line; a refusal's own lines may follow.
pub fn tell(fact: &Fact) -> String {
    match fact {
        Fact::PolicySeen { .. }
        | Fact::PolicyRefused { .. }
        | Fact::LineMoved { .. }
        | Fact::LineRewritten { .. }
        | Fact::LineRestored { .. }
        | Fact::LineGone { .. }
        | Fact::TagSeen { .. }
        | Fact::TagGone { .. }
        | Fact::Drifted { .. } => observed(fact),
        Fact::Recorded { .. }
        | Fact::Yanked { .. }
        | Fact::Unyanked { .. }
        | Fact::Held { .. }
        | Fact::Released { .. }
        | Fact::DeployOrdered { .. }
        | Fact::RollbackOrdered { .. }
        | Fact::BuildOrdered { .. }
        | Fact::Accepted { .. } => ordered(fact),
        _ => done(fact),
    }
}

fn observed(fact: &Fact) -> String {
    match fact {
        Fact::PolicySeen { commit, .. } => format!("the policy of {} is in force", id(commit)),
        Fact::PolicyRefused { commit, refusal } => format!("refused the policy of {}: {refusal}", id(commit)),
        Fact::LineMoved { line, revisions, .. } => format!("{line} moved: {}", course(revisions)),
        Fact::LineRewritten { line, from, revisions, .. } => {
            format!("{line} was rewritten: {} is left behind for {}", id(from), course(revisions))
        }
        Fact::LineRestored { line } => format!("{line} is back where it was"),
        Fact::LineGone { line } => format!("{line} is not there any more"),
        Fact::TagSeen { tag, commit, by, adopted, .. } => {
            let by = by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
            let adopted = if *adopted { ", from before adoption" } else { "" };
            format!("tag {tag} names {}{by}{adopted}", id(commit))
        }
        Fact::TagGone { tag } => format!("tag {tag} is gone"),
        Fact::Drifted { environment, artifact, found: Some(found) } => {
            format!("{environment}: {artifact} was changed by another hand: {found}")
        }
        Fact::Drifted { environment, artifact, found: None } => {
            format!("{environment}: {artifact} is as it should be again")
        }
        _ => String::new(),
    }
}

fn course(revisions: &[Revision]) -> String {
    let told = |revision: &Revision| format!("{} {} ({})", id(&revision.commit), revision.subject, revision.author);
    match revisions {
        [] => "an earlier commit".to_owned(),
        [only] => told(only),
        [first, .., last] => format!("{} commits, {} to {}", revisions.len(), id(&first.commit), told(last)),
    }
}

fn done(fact: &Fact) -> String {
    match fact {
        Fact::Started { claim, .. } => format!("began to {}", purpose(claim)),
        Fact::Leased { claim, worker, until } => format!("#{claim} goes on with {worker} until {}", iso(*until)),
        Fact::Waiting { claim, until, why } => format!("#{claim} waits until {}: {why}", iso(*until)),
        Fact::Built { artifact, commit, bytes, size, .. } => {
            format!("built {artifact} from {}: {}, {}", id(commit), digest(bytes), amount(*size))
        }
        Fact::BuildFailed { artifact, commit, refusal, .. } => {
            format!("could not build {artifact} from {}: {refusal}", id(commit))
        }
        Fact::Tagged { repository, digest, tag, .. } => {
            format!("tagged {repository}@{} as {tag}", short(digest.as_str()))
        }
        Fact::TagFailed { repository, tag, refusal, .. } => format!("could not tag {repository}:{tag}: {refusal}"),
        Fact::Written { claim, environment } => format!("{environment}: every place is written (#{claim})"),
        Fact::Running { environment, deployment } => format!("{environment}: it runs (#{deployment})"),
        Fact::DeployFailed { claim, environment, refusal, torn } => {
            let how = if *torn { "failed, and going back failed too" } else { "failed and was taken back" };
            format!("{environment}: the deployment {how} (#{claim}): {refusal}")
        }
        Fact::Judged { environment, deployment, check, passed, reason, .. } => {
            let verdict = if *passed { "passed" } else { "failed" };
            format!("{environment}: {check} {verdict} (#{deployment}){}", because(reason.as_deref()))
        }
        Fact::Abandoned { claim, why } => format!("#{claim} is given up: {why}"),
        Fact::Refused { subject, refusal } => format!("refused {subject}: {refusal}"),
        Fact::Condemned { artifact, bytes } => {
            format!("condemned {artifact} {}: erased in a day if nothing needs it", digest(bytes))
        }
        Fact::Spared { artifact, bytes } => format!("spared {artifact} {}: it is needed again", digest(bytes)),
        Fact::Erased { artifact, bytes, .. } => format!("erased {artifact} {}", digest(bytes)),
        _ => "something that a newer version of Trunkline knows".to_owned(),
    }
}

fn ordered(fact: &Fact) -> String {
    match fact {
        Fact::Recorded { commit, artifact, bytes, reason, .. } => {
            format!("recorded {artifact} of {}: {}{}", id(commit), digest(bytes), because(reason.as_deref()))
        }
        Fact::Yanked { commit, reason, because, .. } => {
            let who = because.map(|number| format!(" (#{number})")).unwrap_or_default();
            format!("yanked {}: {reason}{who}", id(commit))
        }
        Fact::Unyanked { commit, reason } => format!("unyanked {}: {reason}", id(commit)),
        Fact::Held { environment, reason, .. } => format!("{environment}: held: {reason}"),
        Fact::Released { environment, reason } => format!("{environment}: released{}", because(reason.as_deref())),
        Fact::DeployOrdered { environment, commit, reason } => {
            format!("{environment}: asked for {}{}", id(commit), because(reason.as_deref()))
        }
        Fact::RollbackOrdered { environment, commit, reason } => {
            format!("{environment}: asked to go back to {} and stay there: {reason}", id(commit))
        }
        Fact::BuildOrdered { commit, reason } => {
            format!("asked to build {} again{}", id(commit), because(reason.as_deref()))
        }
        Fact::Accepted { line, head, reason } => format!("accepted that {line} goes on at {}: {reason}", id(head)),
        _ => String::new(),
    }
}

/// What a claim is for: `build api from 0123456789ab`.
pub fn purpose(claim: &Claim) -> String {
    match claim {
        Claim::Build { artifact, commit, .. } => format!("build {artifact} from {}", id(commit)),
        Claim::Tag { repository, digest, tag } => format!("tag {repository}@{} as {tag}", short(digest.as_str())),
        Claim::Deploy(deploy) => deployment(deploy),
        Claim::Observe { environment, .. } => format!("see whether {environment} runs what was written"),
        Claim::Verify { environment, check, .. } => format!("check {check} in {environment}"),
        Claim::Erase { artifact, bytes } => format!("erase {artifact} {}", digest(bytes)),
    }
}

fn deployment(deploy: &Deploy) -> String {
    let Deploy { environment, commit, tag, cause, artifacts, passed, .. } = deploy;
    let tag = tag.as_ref().map(|tag: &TagName| format!(" as {tag}")).unwrap_or_default();
    let why = match cause {
        Cause::Line | Cause::Tag => "",
        Cause::Order => ", as ordered",
        Cause::Rollback => ", rolling back",
        Cause::Yank => ", back to the last good commit",
    };
    let passed = match passed.len() {
        0 => String::new(),
        1 => ", passing over 1 commit".to_owned(),
        many => format!(", passing over {many} commits"),
    };
    format!("deploy {} to {environment}{tag}{why}{passed}: {}", id(commit), list(artifacts))
}

fn list(artifacts: &Artifacts) -> String {
    let one = |(name, bytes): (&Name, &Bytes)| format!("{name} {}", digest(bytes));
    artifacts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

fn id(commit: &Commit) -> &str {
    commit.short(SHORT)
}

fn digest(bytes: &Bytes) -> &str {
    short(bytes.digest.as_str())
}

fn iso(time: Time) -> Time {
    time
}

/// A size for people, in units of 1000 bytes.
pub fn amount(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match UNITS.iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size),
        None => format!("{bytes} bytes"),
    }
}
