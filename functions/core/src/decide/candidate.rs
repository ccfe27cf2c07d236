//! Which commits ask for an environment, newest first; an environment never moves to an ancestor by itself.

use std::cmp::Ordering;

use super::{Known, words};
use crate::fact::Deploy;
use crate::ids::{Commit, Name, TagName};
use crate::plan::{Plan, subject};
use crate::policy::Environment;
use crate::state::line::{Relation, by_version};
use crate::state::{State, Tag};

/// A commit that asks for an environment, by a line or by a tag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate<'a> {
    pub(super) commit: &'a Commit,
    pub(super) tag: Option<&'a TagName>,
}

/// The candidates of an environment, newest first. What can be no candidate for good is refused in `plan`.
pub(super) fn candidates<'a>(
    known: Known<'a>,
    name: &Name,
    policy: &Environment,
    plan: &mut Plan,
) -> Vec<Candidate<'a>> {
    let mut candidates = by_line(known, name, policy);
    // Tags are remembered for ever, and most bring nothing any more: that is asked before their names are matched.
    let tags = known.state.tags.iter().filter(|(_, seen)| !seen.adopted && !seen.gone);
    for (tag, seen) in tags.filter(|(tag, _)| policy.on.tag(tag.as_str())) {
        candidates.extend(by_tag(known, name, tag, seen, plan));
    }
    candidates.sort_by(|one, other| newest_first(known.state, one, other));
    candidates
}

/// The commits of the lines that come here by themselves and are newer than what is here.
fn by_line<'a>(known: Known<'a>, name: &Name, policy: &Environment) -> Vec<Candidate<'a>> {
    let state = known.state;
    let lines = state
        .lines
        .iter()
        .filter(|(line, found)| if found.release { policy.on.branch(line) } else { policy.on.trunk() });
    let mut candidates = Vec::new();
    for (_, line) in lines {
        let newer = line.commits.iter().rev().take_while(|commit| match newest(state, name) {
            Some((_, here)) => matches!(state.relation(here, commit), Relation::Before),
            None => true,
        });
        // A rewrite may bring back to the line what ran here once: then it is new again.
        let tried = |commit: &Commit| {
            let seen = state.on_line(commit).map_or(0, |on_line| on_line.seen);
            state.tried_since(name, commit, seen)
        };
        let wanted = newer.filter(|commit| !tried(commit) && !state.suspended(commit));
        candidates.extend(wanted.map(|commit| Candidate { commit, tag: None }));
    }
    candidates
}

/// The tag's commit, if the tag asks for the environment and it would not move back.
fn by_tag<'a>(
    known: Known<'a>,
    name: &Name,
    tag: &'a TagName,
    seen: &'a Tag,
    plan: &mut Plan,
) -> Option<Candidate<'a>> {
    let state = known.state;
    let refuse = |plan: &mut Plan, refusal| plan.refuse(subject(name, &seen.commit, Some(tag)), refusal);
    if let Some(moved) = &seen.moved {
        refuse(plan, words::tag_moved(tag, &seen.commit, moved));
        return None;
    }
    if state.on_line(&seen.commit).is_none() {
        if let Some(why) = seen.lines.iter().find_map(|line| comes(state, line, seen)) {
            plan.wait(subject(name, &seen.commit, Some(tag)), why, None);
        } else {
            let nearest = seen.nearest.as_ref().filter(|nearest| state.on_line(nearest).is_some());
            refuse(plan, words::not_on_line(tag, &seen.commit, nearest));
        }
        return None;
    }
    let here = newest(state, name);
    let diverged = match here.map(|(_, here)| state.relation(here, &seen.commit)) {
        // Passed over: what is here is newer, whatever order the tags came in.
        Some(Relation::Same | Relation::After) => return None,
        Some(Relation::Diverged) => here,
        Some(Relation::Before) | None => None,
    };
    if state.suspended(&seen.commit) {
        refuse(plan, words::suspended(&seen.commit));
        return None;
    }
    if state.tried(name, &seen.commit) {
        return None;
    }
    if let Some((here, _)) = diverged {
        match here.tag.as_ref().and_then(|here| by_version(here, tag)) {
            Some(Ordering::Less) => {}
            Some(_) => return None,
            None => {
                refuse(plan, words::diverged(name, &seen.commit, &here.commit));
                return None;
            }
        }
    }
    Some(Candidate { commit: &seen.commit, tag: Some(tag) })
}

/// Why a tag's commit may still come to a line that was said to hold it. A line that was observed since the tag was, and does not
/// hold it, has dropped it.
fn comes(state: &State, name: &str, tag: &Tag) -> Option<String> {
    let line = state.lines.get(name);
    let course = line.and_then(|line| line.rewritten.as_ref());
    if course.is_some_and(|course| course.revisions.iter().any(|revision| revision.commit == tag.commit)) {
        return Some(format!("its commit is on the new course of `{name}`, which nobody has accepted yet"));
    }
    let awaited = line.is_none_or(|line| line.seen < tag.number) && !state.revisions.contains_key(&tag.commit);
    awaited.then(|| format!("its commit is on `{name}`, which has not been observed that far"))
}

/// What is in the environment or on its way there, and where that stands on the lines: the commit itself, or where a rewrite left it.
fn newest<'a>(state: &'a State, name: &Name) -> Option<(&'a Deploy, &'a Commit)> {
    let deploy = &state.environments.get(name)?.newest()?.deploy;
    Some((deploy, state.standing(&deploy.commit)?))
}

/// By place on the lines, then by version, then by name, so that the order is total.
fn newest_first(state: &State, one: &Candidate<'_>, other: &Candidate<'_>) -> Ordering {
    let by_place = state.place(other.commit).cmp(&state.place(one.commit));
    by_place.then_with(|| match (one.tag, other.tag) {
        (Some(one), Some(other)) => {
            by_version(other, one).unwrap_or_else(|| other.cmp(one)).then_with(|| other.cmp(one))
        }
        (one, other) => other.cmp(&one),
    })
}
