//! Every commit of a line has each of its artifacts, built once for each key; and images have their commit's tag.

use super::{Known, words};
use crate::deployment::Bytes;
use crate::fact::{Claim, Fact};
use crate::ids::{Digest, ImageTag};
use crate::plan::Plan;
use crate::state::{Build, State};

pub(super) fn builds(known: Known<'_>, plan: &mut Plan) {
    let state = known.state;
    for line in state.lines.values() {
        // Newest first: that is what people wait for.
        for commit in line.commits.iter().rev() {
            let Some(revision) = state.on_line(commit).map(|on_line| &on_line.revision) else { continue };
            if let Some(refusal) = &revision.refused {
                plan.refuse(format!("commit {}", commit.short(crate::plan::SHORT)), refusal.clone());
                continue;
            }
            if state.suspended(commit) || state.bar(commit).is_some() {
                continue;
            }
            for (artifact, key) in &revision.keys {
                match state.build(artifact, key) {
                    Some(Build::Done { bytes, commit, .. }) => tag_with_commit(known, commit, bytes, plan),
                    Some(Build::Failed { refusal, commit }) => {
                        let subject = format!("build of {artifact} from {}", commit.short(crate::plan::SHORT));
                        if !plan.refusals.iter().any(|refused| refused.subject == subject) {
                            plan.refuse(subject, words::build_failed(artifact, commit, refusal));
                        }
                    }
                    None => {
                        let claim =
                            Claim::Build { artifact: artifact.clone(), key: key.clone(), commit: commit.clone() };
                        plan.outstanding(known, claim);
                    }
                }
            }
        }
    }
    give_up(known, plan);
}

/// A build that nobody acts on any more and nobody wants is given up, so that its lane is free.
fn give_up(known: Known<'_>, plan: &mut Plan) {
    for (lane, open) in &known.state.claims {
        let wanted = plan.actions.iter().any(|action| action.claim.lane() == *lane);
        if matches!(open.claim, Claim::Build { .. }) && open.until <= known.now && !wanted {
            plan.records.push(Fact::Abandoned { claim: open.number, why: "nothing needs it any more".to_owned() });
        }
    }
}

/// The commit's short id is a tag of the image it built; other commits with the same image are tagged when promoted.
fn tag_with_commit(known: Known<'_>, commit: &crate::ids::Commit, bytes: &Bytes, plan: &mut Plan) {
    let tag = commit.tag(known.policy.sha_length);
    if known.state.bar(commit).is_some() || known.state.lost(bytes) {
        return;
    }
    if let Err(refusal) = ensure_tag(known, bytes, &tag, plan) {
        let subject = format!("tag {}:{tag}", bytes.repository.as_deref().unwrap_or_default());
        if !plan.refusals.iter().any(|refused| refused.subject == subject) {
            plan.refuse(subject, refusal);
        }
    }
}

/// Whether the image has the tag; if not, what is outstanding is in the plan.
pub(super) fn ensure_tag(
    known: Known<'_>,
    bytes: &Bytes,
    tag: &ImageTag,
    plan: &mut Plan,
) -> Result<bool, crate::refusal::Refusal> {
    let Some(repository) = &bytes.repository else { return Ok(true) };
    match known.state.tagged(repository, tag) {
        Some(digest) if *digest == bytes.digest => return Ok(true),
        Some(other) => return Err(words::tag_taken(repository, tag, other)),
        None => {}
    }
    if let Some(refusal) = known.state.tag_refusals.get(&format!("{repository}:{tag}")) {
        return Err(refusal.clone());
    }
    let claim = Claim::Tag { repository: repository.clone(), digest: bytes.digest.clone(), tag: tag.clone() };
    plan.outstanding(known, claim);
    Ok(false)
}

impl State {
    /// The image that has a tag, as far as we know.
    pub(crate) fn tagged(&self, repository: &str, tag: &ImageTag) -> Option<&Digest> {
        self.image_tags.get(repository)?.get(tag)
    }
}
