//! Observing: what the repository and the targets show, as the facts that the ledger lacks.
//!
//! Webhooks are hints; looking is the truth. Whatever event was lost, the next look finds it.

use std::collections::BTreeSet;

use trunkline_core::deployment::waves;
use trunkline_core::fact::Fact;
use trunkline_core::ids::{Commit, TagName};
use trunkline_core::policy::{self, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::state::{State, Tag};

use crate::failure::Failure;
use crate::repository::{Ask, LineLook, Look, Repository, TagLook};
use crate::targets::{Standing, Targets};

/// What the repository shows that `state` does not hold. `trunk` is the trunk's name while no policy says it.
///
/// # Errors
/// As the repository answers; a refusal when there is no trunk.
pub async fn repository(state: &State, repository: &impl Repository, trunk: &str) -> Result<Vec<Fact>, Failure> {
    let policy = state.policy();
    let trunk = policy.as_ref().map_or(trunk, |policy| &policy.trunk);
    let look = repository.look(&ask(state, trunk, policy.as_ref())).await?;
    let mut facts = Vec::new();
    let head = look.lines.iter().find(|line| line.name == trunk);
    match head {
        Some(line) if !line.rewritten => facts.extend(policy_at(state, repository, &line.head).await?),
        None if !state.lines.contains_key(trunk) => {
            return Err(Refusal::new(Code::LineGone, format!("the repository has no branch `{trunk}`"))
                .help("commit to it first, or name another trunk in `trunkline.yaml`")
                .into());
        }
        Some(_) | None => {}
    }
    facts.extend(lines(state, trunk, &look));
    facts.extend(tags(state, trunk, &look));
    Ok(facts)
}

/// How many commits one fact tells at most: some 600 bytes each, so that an entry stays well under the ledger's limit.
const REVISIONS: usize = 256;

/// What is known already.
pub fn ask(state: &State, trunk: &str, policy: Option<&Policy>) -> Ask {
    let heads = state.lines.iter().filter_map(|(name, line)| {
        // A release branch may have no commit of its own yet.
        let head = line.commits.last().or(line.base.as_ref().filter(|_| line.release));
        Some((name.clone(), head?.clone()))
    });
    let standing =
        state.tags.iter().filter(|(_, tag)| !tag.gone).map(|(name, tag)| (name.clone(), standing(tag).clone()));
    Ask {
        trunk: trunk.to_owned(),
        release_branches: policy.map(|policy| policy.release_branches.clone()).unwrap_or_default(),
        heads: heads.collect(),
        tags: standing.collect(),
    }
}

/// The commit a tag stood on when it was last seen.
fn standing(tag: &Tag) -> &Commit {
    tag.moved.as_ref().unwrap_or(&tag.commit)
}

/// The policy of trunk's head, when it is another than the one known.
async fn policy_at(state: &State, repository: &impl Repository, head: &Commit) -> Result<Option<Fact>, Failure> {
    let seen = |commit: &Commit| commit == head;
    let refused = state.policy_refused.as_ref();
    let known = state.policy.as_ref().is_some_and(|policy| seen(&policy.commit)) && refused.is_none();
    if known || refused.is_some_and(|(commit, _)| seen(commit)) {
        return Ok(None);
    }
    let missing = || {
        Refusal::new(Code::PolicyMissing, format!("{} has no `{}`", head.short(12), policy::FILE))
            .help("`trunkline init` writes one; commit it to trunk")
    };
    let text = match repository.file(head, policy::FILE, policy::MAX_BYTES).await {
        Ok(text) => text.ok_or_else(missing),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Err(fault) => return Err(fault),
    };
    let parsed = text.and_then(|text| Policy::parse(&text).map(|_| text));
    Ok(match parsed {
        Ok(text) => {
            let digest = Policy::digest(&text);
            let same = state.policy.as_ref().is_some_and(|policy| policy.digest == digest) && refused.is_none();
            (!same).then(|| Fact::PolicySeen { commit: head.clone(), digest, text })
        }
        Err(refusal) => Some(Fact::PolicyRefused { commit: head.clone(), refusal }),
    })
}

fn lines(state: &State, trunk: &str, look: &Look) -> Vec<Fact> {
    let mut facts: Vec<Fact> = look.lines.iter().flat_map(|line| moved(state, trunk, line)).collect();
    for (name, line) in &state.lines {
        if !line.gone && !look.lines.iter().any(|seen| seen.name == *name) {
            facts.push(Fact::LineGone { line: name.clone() });
        }
    }
    facts
}

fn moved(state: &State, trunk: &str, look: &LineLook) -> Vec<Fact> {
    let line = look.name.clone();
    let known = state.lines.get(&look.name);
    if look.rewritten {
        let from = known.and_then(|known| known.commits.last().or(known.base.as_ref()));
        let Some(from) = from.cloned() else { return Vec::new() };
        let seen = known.and_then(|known| known.rewritten.as_ref()).and_then(|course| course.head());
        if seen == Some(&look.head) {
            return Vec::new();
        }
        return vec![Fact::LineRewritten { line, from, base: look.base.clone(), revisions: look.commits.clone() }];
    }
    if look.commits.is_empty() {
        let back = known.is_some_and(|known| known.gone || known.rewritten.is_some());
        return if back { vec![Fact::LineRestored { line }] } else { Vec::new() };
    }
    let mut base = look.base.clone();
    let groups = look.commits.chunks(REVISIONS).map(|group| {
        let after = group.last().map(|revision| revision.commit.clone());
        let base = std::mem::replace(&mut base, after);
        Fact::LineMoved { release: look.name != trunk, line: line.clone(), base, revisions: group.to_vec() }
    });
    groups.collect()
}

fn tags(state: &State, trunk: &str, look: &Look) -> Vec<Fact> {
    let adoption = !state.lines.contains_key(trunk);
    let since: BTreeSet<&Commit> =
        look.lines.iter().flat_map(|line| &line.commits).map(|revision| &revision.commit).collect();
    let mut facts = Vec::new();
    for (name, seen) in &look.tags {
        let known = state.tags.get(name).is_some_and(|tag| !tag.gone && *standing(tag) == seen.commit);
        if !known {
            let remembered = since.contains(&seen.commit) || state.on_line(&seen.commit).is_some();
            facts.push(tag_seen(name, seen, remembered, adoption));
        }
    }
    for (name, tag) in &state.tags {
        if !tag.gone && !look.tags.contains_key(name) {
            facts.push(Fact::TagGone { tag: name.clone() });
        }
    }
    facts
}

/// A tag on a commit that no line has since adoption is on none, whatever the branches' older history says. When the project is
/// adopted, such tags are history.
fn tag_seen(name: &TagName, seen: &TagLook, remembered: bool, adoption: bool) -> Fact {
    let behind = !remembered && !seen.lines.is_empty();
    Fact::TagSeen {
        tag: name.clone(),
        commit: seen.commit.clone(),
        by: seen.by.clone(),
        lines: if behind { Vec::new() } else { seen.lines.clone() },
        nearest: if behind { None } else { seen.nearest.clone() },
        adopted: adoption && !remembered,
    }
}

/// What stands at the places of what runs, where it is not what the ledger says: no hand on a target goes unseen.
///
/// The facts hold only for the state they were made from: append them on its number or not at all.
///
/// # Errors
/// As the targets answer.
pub async fn targets(state: &State, policy: &Policy, targets: &impl Targets) -> Result<Vec<Fact>, Failure> {
    let mut facts = Vec::new();
    for (name, here) in &state.environments {
        let moving = state.claims.contains_key(&format!("deploy {name}"));
        let Some(current) = here.current().filter(|_| !moving && here.torn.is_none()) else { continue };
        for unit in waves(policy, &current.deploy, None).into_iter().flatten() {
            let sight = match targets.look(&unit).await {
                Ok(sight) => sight,
                // What makes a place unreadable stops the next deployment, by name; it is no reason to stop looking.
                Err(Failure::Refused(refusal)) => {
                    let artifacts = unit.pieces.iter().map(|piece| &piece.artifact);
                    facts.extend(
                        artifacts.filter_map(|artifact| drift(name, here, artifact, Some(refusal.message.clone()))),
                    );
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            for piece in &unit.pieces {
                let found = match sight.pieces.get(&piece.artifact) {
                    Some(Standing::At(digest)) if *digest == piece.bytes.digest => None,
                    Some(Standing::At(digest)) => Some(digest.to_string()),
                    Some(Standing::Other(text)) => Some(text.clone()),
                    Some(Standing::Nothing) => Some("nothing is there".to_owned()),
                    Some(Standing::Unknown) | None => continue,
                };
                facts.extend(drift(name, here, &piece.artifact, found));
            }
        }
    }
    Ok(facts)
}

fn drift(
    environment: &trunkline_core::ids::Name,
    here: &trunkline_core::state::Environment,
    artifact: &trunkline_core::ids::Name,
    found: Option<String>,
) -> Option<Fact> {
    let known = here.drift.get(artifact);
    (known != found.as_ref()).then(|| Fact::Drifted {
        environment: environment.clone(),
        artifact: artifact.clone(),
        found,
    })
}
