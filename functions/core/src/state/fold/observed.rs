//! What was observed of the repository and the targets.

use crate::fact::{Entry, Fact, Revision};
use crate::ids::{Commit, TagName};
use crate::state::{Known, Line, PolicyInForce, Rewritten, State, Tag};

impl State {
    pub(super) fn observed(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::PolicySeen { commit, digest, text } => {
                self.policy =
                    Some(PolicyInForce { commit: commit.clone(), digest: digest.clone(), text: text.clone() });
                self.policy_refused = None;
            }
            Fact::PolicyRefused { commit, refusal } => self.policy_refused = Some((commit.clone(), refusal.clone())),
            Fact::LineMoved { line, release, base, revisions } => {
                self.extend(line, *release, base.as_ref(), revisions, entry.number);
            }
            Fact::LineRewritten { line, base, revisions, .. } => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.rewritten = Some(Rewritten { base: base.clone(), revisions: revisions.clone() });
                    line.seen = entry.number;
                }
            }
            Fact::LineRestored { line } => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.rewritten = None;
                    line.gone = false;
                    line.seen = entry.number;
                }
            }
            Fact::LineGone { line } => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.gone = true;
                    line.seen = entry.number;
                }
            }
            Fact::TagSeen { tag, commit, by, lines, nearest, adopted } => {
                let seen = Tag {
                    commit: commit.clone(),
                    moved: None,
                    gone: false,
                    adopted: *adopted,
                    by: by.clone(),
                    lines: lines.clone(),
                    nearest: nearest.clone(),
                    number: entry.number,
                };
                self.see_tag(tag, seen);
            }
            Fact::TagGone { tag } => {
                if let Some(seen) = self.tags.get_mut(tag) {
                    seen.gone = true;
                    seen.moved = None;
                    self.live.remove(tag);
                }
            }
            Fact::Drifted { environment, artifact, found } => {
                let drift = &mut self.environment(environment).drift;
                match found {
                    Some(found) => drift.insert(artifact.clone(), found.clone()),
                    None => drift.remove(artifact),
                };
            }
            _ => {}
        }
    }

    /// A promotion tag names one commit for ever: seen on another, it is only noted to have moved.
    fn see_tag(&mut self, name: &TagName, seen: Tag) {
        if !self.tags.get(name).unwrap_or(&seen).adopted {
            self.live.insert(name.clone());
        }
        match self.tags.get_mut(name) {
            None => {
                self.tags.insert(name.clone(), seen);
            }
            Some(tag) if tag.commit == seen.commit => {
                tag.moved = None;
                tag.gone = false;
                tag.lines = seen.lines;
                tag.nearest = seen.nearest;
            }
            Some(tag) => {
                tag.moved = Some(seen.commit);
                tag.gone = false;
            }
        }
    }

    /// Continues a line after `base`; what came after `base` before is left behind, each commit still after the one before it: another
    /// rewrite may bring some of them back.
    pub(super) fn extend(
        &mut self,
        name: &str,
        release: bool,
        base: Option<&Commit>,
        revisions: &[Revision],
        seen: u64,
    ) {
        let (base, revisions) = self.own(name, release, base, revisions);
        self.take_over(name, revisions);
        let line = self.lines.entry(name.to_owned()).or_insert_with(|| Line {
            release,
            base: base.cloned(),
            ..Line::default()
        });
        let kept =
            base.and_then(|base| line.commits.iter().rposition(|commit| commit == base)).map_or(0, |last| last + 1);
        let (left, first) = (line.commits.split_off(kept), line.first);
        let mut before = line.commits.last().or(line.base.as_ref()).cloned();
        if kept == 0 {
            line.base = base.cloned();
        }
        line.commits.extend(revisions.iter().map(|revision| revision.commit.clone()));
        line.rewritten = None;
        line.gone = false;
        line.seen = seen;
        for commit in left {
            if let Some(known) = self.revisions.get_mut(&commit).filter(|known| known.line.as_deref() == Some(name)) {
                known.line = None;
                known.left_at = before;
                self.unbuilt.remove(&commit);
            }
            before = Some(commit);
        }
        for (index, revision) in revisions.iter().enumerate() {
            let known = Known {
                line: Some(name.to_owned()),
                left_at: None,
                position: first + kept + index,
                seen,
                revision: revision.clone(),
            };
            self.revisions.insert(revision.commit.clone(), known);
            self.unbuilt.insert(revision.commit.clone());
            self.settle(&revision.commit);
        }
    }

    /// What a release branch brings that is its own: one that begins on another release branch leaves that one its commits.
    fn own<'a>(
        &self,
        name: &str,
        release: bool,
        base: Option<&'a Commit>,
        revisions: &'a [Revision],
    ) -> (Option<&'a Commit>, &'a [Revision]) {
        let line = self.lines.get(name);
        let begins = || base.is_none_or(|base| line.is_none_or(|line| !line.commits.contains(base)));
        let others = |revision: &&Revision| {
            self.on_line(&revision.commit).is_some_and(|known| known.line.as_deref() != Some(name))
        };
        let shared = if release && begins() { revisions.iter().take_while(others).count() } else { 0 };
        let (theirs, own) = revisions.split_at(shared);
        (theirs.last().map(|last| &last.commit).or(base), own)
    }

    /// What release branches began with and this line has now is this line's: they begin after it.
    fn take_over(&mut self, name: &str, revisions: &[Revision]) {
        for (_, line) in self.lines.iter_mut().filter(|(other, line)| *other != name && line.release) {
            let ours = |commit: &&Commit| revisions.iter().any(|revision| revision.commit == **commit);
            let taken = line.commits.iter().take_while(ours).count();
            if let Some(last) = line.commits.drain(..taken).next_back() {
                line.base = Some(last);
                line.first += taken;
            }
        }
    }
}

impl Rewritten {
    /// The head of the new course.
    pub fn head(&self) -> Option<&Commit> {
        self.revisions.last().map(|revision| &revision.commit).or(self.base.as_ref())
    }
}
