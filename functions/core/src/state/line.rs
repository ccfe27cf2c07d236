//! Which commit comes before which.

use std::cmp::Ordering;

use super::{Known, Line, State};
use crate::ids::{Commit, TagName};

/// How two commits stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They are the same.
    Same,
    /// The first is an ancestor of the second.
    Before,
    /// The second is an ancestor of the first.
    After,
    /// Neither is an ancestor of the other, or one of them is on no line any more.
    Diverged,
}

impl Line {
    /// The commits from place `from` to place `to`, both included, oldest first; those that are remembered.
    pub fn between(&self, from: usize, to: usize) -> &[Commit] {
        let end = (to + 1).saturating_sub(self.first).min(self.commits.len());
        let start = from.saturating_sub(self.first).min(end);
        &self.commits[start..end]
    }
}

impl State {
    /// The commit as it stands on a line; nothing when it is on none (any more).
    pub fn on_line(&self, commit: &Commit) -> Option<&Known> {
        self.revisions.get(commit).filter(|known| known.line.is_some())
    }

    /// The commit itself while it is on a line; when a rewrite left it behind, the newest commit before it that is still on one.
    pub fn standing<'a>(&'a self, commit: &'a Commit) -> Option<&'a Commit> {
        let mut commit = commit;
        // Each step leads further back on its line, so this ends; the bound is for a ledger that says otherwise.
        for _ in 0..self.revisions.len() {
            let known = self.revisions.get(commit)?;
            if known.line.is_some() {
                return Some(commit);
            }
            commit = known.left_at.as_ref()?;
        }
        None
    }

    /// Whether the commit is on a release branch.
    pub fn on_release(&self, commit: &Commit) -> bool {
        let line = self.on_line(commit).and_then(|known| known.line.as_ref());
        line.and_then(|line| self.lines.get(line)).is_some_and(|line| line.release)
    }

    /// Whether the commit is on the old course of a line whose rewrite nobody has accepted.
    pub fn suspended(&self, commit: &Commit) -> bool {
        let Some(known) = self.on_line(commit) else { return false };
        let line = known.line.as_ref().and_then(|line| self.lines.get(line));
        let Some(course) = line.and_then(|line| line.rewritten.as_ref()) else { return false };
        let kept = course.base.as_ref().and_then(|base| self.on_line(base)).filter(|base| base.line == known.line);
        kept.is_none_or(|base| known.position > base.position)
    }

    /// Where a commit stands among all: what it descends from on trunk, then its own line. Later commits have greater places.
    pub fn place(&self, commit: &Commit) -> Option<(usize, bool, &str, usize)> {
        let known = self.on_line(commit)?;
        let name = known.line.as_ref()?;
        if !self.lines.get(name)?.release {
            return Some((known.position, false, "", 0));
        }
        let on_trunk = self.forks(known).find(|fork| self.line_of(fork).is_some_and(|line| !line.release));
        Some((on_trunk.map_or(0, |fork| fork.position), true, name, known.position))
    }

    /// How `one` stands to `other`, by first parents since adoption.
    pub fn relation(&self, one: &Commit, other: &Commit) -> Relation {
        if one == other {
            return Relation::Same;
        }
        match (self.on_line(one), self.on_line(other)) {
            (Some(one), Some(other)) => self.related(one, other),
            _ => Relation::Diverged,
        }
    }

    /// The same of two commits that are each on a line.
    pub(crate) fn related(&self, first: &Known, second: &Known) -> Relation {
        if first.line == second.line {
            return match first.position.cmp(&second.position) {
                Ordering::Less => Relation::Before,
                Ordering::Equal => Relation::Same,
                Ordering::Greater => Relation::After,
            };
        }
        if self.leads_to(first, second) {
            Relation::Before
        } else if self.leads_to(second, first) {
            Relation::After
        } else {
            Relation::Diverged
        }
    }

    /// Whether `later`'s line, or one that it came from, left `earlier`'s at or after `earlier`.
    fn leads_to(&self, earlier: &Known, later: &Known) -> bool {
        let fork = self.forks(later).find(|fork| fork.line == earlier.line);
        fork.is_some_and(|fork| earlier.position <= fork.position)
    }

    /// Where the commit's line left another, where that one left its own, and so on to trunk. What a rewrite left behind counts where
    /// it stands now.
    pub(super) fn forks<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = &'a Known> {
        let fork = |known: &&'a Known| self.on_line(self.standing(self.line_of(known)?.base.as_ref()?)?);
        // A line leaves another at most once; the bound is for a ledger that says otherwise.
        std::iter::successors(Some(known), fork).skip(1).take(self.lines.len())
    }

    pub(super) fn line_of(&self, known: &Known) -> Option<&Line> {
        self.lines.get(known.line.as_ref()?)
    }
}

/// The order of two tags by the versions in their names; nothing when one has none.
///
/// A version is what follows the letters in front: dotted numbers, then optionally `-` and a pre-release, which comes before the
/// version itself. Source: <https://semver.org/#spec-item-11>, read more leniently (`v1`, `rc-7`).
pub fn by_version(one: &TagName, other: &TagName) -> Option<Ordering> {
    let (one_word, one) = version(one.as_str())?;
    let (other_word, other) = version(other.as_str())?;
    (one_word == other_word).then(|| one.cmp(&other))
}

/// The word in front and the version: numbers, whether it is a full release, and the identifiers of a pre-release.
type Version<'a> = (Vec<u64>, bool, Vec<Identifier<'a>>);

/// Numbers come before words, as the specification says.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(u64),
    Word(&'a str),
}

fn version(tag: &str) -> Option<(&str, Version<'_>)> {
    let start = tag.find(|char: char| char.is_ascii_digit())?;
    let (word, rest) = tag.split_at(start);
    let rest = rest.split_once('+').map_or(rest, |(rest, _)| rest);
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
    let numbers: Option<Vec<u64>> = core.split('.').map(|number| number.parse().ok()).collect();
    let mut numbers = numbers?;
    while numbers.len() > 1 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    let identifier = |text| str::parse(text).map_or(Identifier::Word(text), Identifier::Number);
    let identifiers = pre.map_or_else(Vec::new, |pre| pre.split('.').map(identifier).collect());
    Some((word, (numbers, pre.is_none(), identifiers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn order(one: &str, other: &str) -> Option<Ordering> {
        by_version(&one.parse().unwrap(), &other.parse().unwrap())
    }

    #[test]
    fn tags_are_ordered_by_their_versions() {
        assert_eq!(order("v1.2.10", "v1.2.9"), Some(Ordering::Greater));
        assert_eq!(order("v1.0", "v1.0.0"), Some(Ordering::Equal));
        assert_eq!(order("v2.0.0-rc.1", "v2.0.0"), Some(Ordering::Less));
        assert_eq!(order("v2.0.0-rc.10", "v2.0.0-rc.9"), Some(Ordering::Greater));
        assert_eq!(order("v2.0.0-alpha", "v2.0.0-1"), Some(Ordering::Greater));
        assert_eq!(order("rc-7", "rc-12"), Some(Ordering::Less));
        assert_eq!(order("v1.0.0+b2", "v1.0.0+b1"), Some(Ordering::Equal));
    }

    #[test]
    fn tags_without_a_version_or_of_different_words_have_no_order() {
        assert_eq!(order("v1", "rc-2"), None);
        assert_eq!(order("green", "blue"), None);
        assert_eq!(order("v1.x", "v1.2"), None);
    }
}
