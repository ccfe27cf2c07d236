//! Every commit of a line has each of its artifacts, built once for each key; and images have their commit's tag.

use std::collections::BTreeMap;

use super::{Known, words};
use crate::deployment::Bytes;
use crate::fact::{Claim, Fact};
use crate::ids::{Commit, Digest, ImageTag};
use crate::plan::{Plan, SHORT};
use crate::state::{self, Build, State};

pub(super) fn builds(known: Known<'_>, plan: &mut Plan) {
    let state = known.state;
    let mut unbuilt: Vec<&Commit> = state.unbuilt.iter().collect();
    // Newest first: that is what people wait for.
    unbuilt.sort_by_key(|commit| std::cmp::Reverse(state.place(commit)));
    for commit in unbuilt {
        let Some(on_line) = state.on_line(commit).filter(|_| !state.suspended(commit) && state.bar(commit).is_none())
        else {
            continue;
        };
        // What stands refused in a commit that newer ones have left behind is history.
        let told = !left_behind(state, on_line);
        if let Some(refusal) = on_line.revision.refused.as_ref().filter(|_| told) {
            plan.refuse(format!("commit {}", commit.short(SHORT)), refusal.clone());
        }
        for (artifact, key) in &on_line.revision.keys {
            match state.build(artifact, key) {
                None => {
                    let claim = Claim::Build { artifact: artifact.clone(), key: key.clone(), commit: commit.clone() };
                    plan.outstanding(known, claim);
                }
                Some(Build::Failed { refusal, commit }) if told => {
                    let subject = format!("build of {artifact} from {}", commit.short(SHORT));
                    if !plan.refusals.iter().any(|refused| refused.subject == subject) {
                        plan.refuse(subject, words::build_failed(artifact, commit, refusal));
                    }
                }
                Some(_) => {}
            }
        }
    }
    if state.untagged.is_empty() {
        return;
    }
    let images = images(state);
    for (digest, commit) in &state.untagged {
        if let Some(bytes) = images.get(digest) {
            tag_with_commit(known, bytes, commit, plan);
        }
    }
}

/// Whether a newer commit of the same line has everything.
fn left_behind(state: &State, known: &state::Known) -> bool {
    let line = known.line.as_ref().and_then(|line| state.lines.get(line));
    line.is_some_and(|line| {
        let newer = line.between(known.position + 1, line.first + line.commits.len());
        newer.iter().any(|commit| !state.unbuilt.contains(commit))
    })
}

/// A build or a tag that nobody acts on any more and nobody wants is given up, so that its lane is free.
pub(super) fn give_up(known: Known<'_>, plan: &mut Plan) {
    for open in known.state.claims.values() {
        let wanted = || plan.actions.iter().any(|action| action.claim.shares_lane(&open.claim));
        if matches!(open.claim, Claim::Build { .. } | Claim::Tag { .. }) && open.until <= known.now && !wanted() {
            plan.records.push(Fact::Abandoned { claim: open.number, why: "nothing needs it any more".to_owned() });
        }
    }
}

/// What was built and is not tagged yet, by digest. Looked up once: a registry that refuses every tag leaves many.
fn images(state: &State) -> BTreeMap<&Digest, &Bytes> {
    let mut images = BTreeMap::new();
    for build in state.builds.values().flat_map(BTreeMap::values) {
        if let Build::Done { bytes, .. } = build
            && state.untagged.contains_key(&bytes.digest)
        {
            images.entry(&bytes.digest).or_insert(bytes);
        }
    }
    images
}

/// The commit's short id is a tag of the image it built; other commits with the same image are tagged when promoted.
fn tag_with_commit(known: Known<'_>, bytes: &Bytes, commit: &Commit, plan: &mut Plan) {
    if known.state.bar(commit).is_some() || known.state.lost(bytes) {
        return;
    }
    let tag = commit.tag(known.policy.sha_length);
    if let Err(refusal) = ensure_tag(known, bytes, &tag, plan) {
        let subject = format!("tag {}:{tag}", bytes.repository.as_deref().unwrap_or_default());
        plan.refuse(subject, refusal);
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
