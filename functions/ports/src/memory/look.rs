//! What a repository in memory shows that is not known yet, as [`Repository::look`](crate::repository::Repository::look) says it.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_core::ids::Commit;
use trunkline_core::policy::Patterns;

use super::repository::Content;
use crate::repository::{Ask, LineLook, Look, TagLook};

/// Looks.
pub(super) fn look(content: &Content, ask: &Ask) -> Look {
    let patterns = Patterns(ask.release_branches.clone());
    let trunk = content.branches.get_key_value(&ask.trunk);
    let releases = content.branches.iter().filter(|(name, _)| **name != ask.trunk && patterns.matches(name));
    let heads: Vec<(&String, &Commit)> = trunk.into_iter().chain(releases).collect();
    let chains: BTreeMap<&str, Vec<Commit>> =
        heads.iter().map(|(name, head)| (name.as_str(), content.chain(head))).collect();
    let order = trunk.map(|(name, _)| chains[name.as_str()].as_slice()).unwrap_or_default();
    let lines = heads.iter().map(|(name, head)| line(content, ask, name, head, order)).collect();
    let tags = content.tags.iter().map(|(tag, (commit, by))| {
        let mut look = TagLook { commit: commit.clone(), by: by.clone(), lines: Vec::new(), nearest: None };
        if ask.tags.get(tag) != Some(commit) {
            let holds = |(name, _): &&(&String, &Commit)| chains[name.as_str()].contains(commit);
            look.lines = heads.iter().filter(holds).map(|(name, _)| (*name).clone()).collect();
            look.nearest = nearest(content, commit, order);
        }
        (tag.clone(), look)
    });
    Look { lines, tags: tags.collect() }
}

fn line(content: &Content, ask: &Ask, name: &str, head: &Commit, trunk: &[Commit]) -> LineLook {
    let chain = content.chain(head);
    let (rewritten, new, base) = match ask.heads.get(name) {
        None if name == ask.trunk => (false, &chain[..1], None),
        None => after(&chain, |commit| trunk.contains(commit), false),
        Some(known) if chain.contains(known) => after(&chain, |commit| commit == known, false),
        Some(known) => {
            let old: BTreeSet<Commit> = content.chain(known).into_iter().collect();
            after(&chain, |commit| old.contains(commit), true)
        }
    };
    let told = |commit: &Commit| content.commits[commit].revision.clone();
    let commits = new.iter().rev().map(told).collect();
    LineLook { name: name.to_owned(), head: head.clone(), rewritten, commits, base: base.cloned() }
}

/// The newest commits of a chain down to the first that `ends` it, and that one.
fn after(chain: &[Commit], ends: impl Fn(&Commit) -> bool, rewritten: bool) -> (bool, &[Commit], Option<&Commit>) {
    let end = chain.iter().position(ends).unwrap_or(chain.len());
    (rewritten, &chain[..end], chain.get(end))
}

/// The newest of trunk's first parents among the ancestors of `commit`, itself included.
fn nearest(content: &Content, commit: &Commit, trunk: &[Commit]) -> Option<Commit> {
    let mut ancestors = BTreeSet::new();
    let mut open = vec![commit];
    while let Some(commit) = open.pop() {
        if ancestors.insert(commit) {
            open.extend(content.commits.get(commit).into_iter().flat_map(|object| &object.parents));
        }
    }
    trunk.iter().find(|commit| ancestors.contains(commit)).cloned()
}
