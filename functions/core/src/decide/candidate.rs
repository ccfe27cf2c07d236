//! Which commits ask for an environment, newest first; an environment never moves to an ancestor by itself.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Known, words};
use crate::fact::Deploy;
use crate::ids::{Commit, Name, TagName};
use crate::plan::{Plan, subject};
use crate::policy::Environment;
use crate::state::line::{Relation, by_version};
use crate::state::{self, State, Tag};

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
    let state = known.state;
    let here = Here { state, name, newest: newest(state, name), tried: OnceCell::new() };
    let mut candidates = here.by_line(policy);
    for tag in &state.live {
        let Some(seen) = state.tags.get(tag) else { continue };
        // Most tags are behind what is here; asking their patterns first would be most of the work.
        if !here.passed(seen) && policy.on.tag(tag.as_str()) {
            candidates.extend(here.by_tag(tag, seen, plan));
        }
    }
    candidates.sort_by(|one, other| newest_first(state, one, other));
    candidates
}

/// The environment that is asked for.
struct Here<'a, 'n> {
    state: &'a State,
    name: &'n Name,
    /// What is there or on its way there, and where that stands on the lines.
    newest: Option<(&'a Deploy, &'a state::Known)>,
    /// The newest deployment of each commit, by number.
    tried: OnceCell<BTreeMap<&'a Commit, u64>>,
}

impl<'a> Here<'a, '_> {
    /// The commits of the lines that come here by themselves and are newer than what is here.
    fn by_line(&self, policy: &Environment) -> Vec<Candidate<'a>> {
        let state = self.state;
        let lines = state
            .lines
            .iter()
            .filter(|(line, found)| if found.release { policy.on.branch(line) } else { policy.on.trunk() });
        let mut candidates = Vec::new();
        for (_, line) in lines {
            let newer = line.commits.iter().rev().take_while(|commit| match self.newest {
                Some((_, here)) => state.relation(&here.revision.commit, commit) == Relation::Before,
                None => true,
            });
            // A rewrite may bring back to the line what ran here once: then it is new again.
            let seen = |commit| state.on_line(commit).map_or(0, |on_line| on_line.seen);
            let wanted = newer.filter(|commit| !self.tried(commit, seen(commit)) && !state.suspended(commit));
            candidates.extend(wanted.map(|commit| Candidate { commit, tag: None }));
        }
        candidates
    }

    /// Whether what is here is newer than the tag's commit, or is that commit, whatever order the tags came in.
    fn passed(&self, seen: &Tag) -> bool {
        let (None, Some((_, here))) = (&seen.moved, self.newest) else { return false };
        let on_line = self.state.on_line(&seen.commit);
        on_line.is_some_and(|on_line| matches!(self.state.related(here, on_line), Relation::Same | Relation::After))
    }

    /// The commit of a tag that asks for the environment and was not [passed](Self::passed), if it may come.
    fn by_tag(&self, tag: &'a TagName, seen: &'a Tag, plan: &mut Plan) -> Option<Candidate<'a>> {
        let (state, name) = (self.state, self.name);
        let refuse = |plan: &mut Plan, refusal| plan.refuse(subject(name, &seen.commit, Some(tag)), refusal);
        if let Some(moved) = &seen.moved {
            refuse(plan, words::tag_moved(tag, &seen.commit, moved));
            return None;
        }
        let Some(on_line) = state.on_line(&seen.commit) else {
            if let Some(why) = seen.lines.iter().find_map(|line| comes(state, line, seen)) {
                plan.wait(subject(name, &seen.commit, Some(tag)), why, None);
            } else {
                let nearest = seen.nearest.as_ref().filter(|nearest| state.on_line(nearest).is_some());
                refuse(plan, words::not_on_line(tag, &seen.commit, nearest));
            }
            return None;
        };
        let diverged = self.newest.filter(|(_, here)| state.related(here, on_line) == Relation::Diverged);
        if state.suspended(&seen.commit) {
            refuse(plan, words::suspended(&seen.commit));
            return None;
        }
        if self.tried(&seen.commit, 0) {
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

    /// Whether the commit was deployed here, or failed to be, since it was last released from a bar, and since an entry.
    fn tried(&self, commit: &Commit, since: u64) -> bool {
        let tried = self.tried.get_or_init(|| {
            let deployments = self.state.environments.get(self.name).into_iter().flat_map(|here| &here.deployments);
            deployments.map(|deployment| (&deployment.deploy.commit, deployment.number)).collect()
        });
        let free = self.state.unyanks.get(commit).copied().unwrap_or(0);
        tried.get(commit).is_some_and(|number| *number > since.max(free))
    }
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
fn newest<'a>(state: &'a State, name: &Name) -> Option<(&'a Deploy, &'a state::Known)> {
    let deploy = &state.environments.get(name)?.newest()?.deploy;
    Some((deploy, state.on_line(state.standing(&deploy.commit)?)?))
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
