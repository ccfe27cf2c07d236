//! Names that point to names: circles, and what can be reached.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::Name;

/// Which names each name points to.
pub(super) type Graph<'a> = BTreeMap<&'a Name, Vec<&'a Name>>;

/// A circle, from a name back to itself, when there is one.
pub(super) fn circle<'a>(graph: &Graph<'a>) -> Option<Vec<&'a Name>> {
    let mut left: BTreeSet<&Name> = graph.keys().copied().collect();
    // What points to nothing that is left is on no circle.
    loop {
        let points = |name: &&&Name| graph[**name].iter().any(|next| left.contains(next));
        let still: BTreeSet<&Name> = left.iter().filter(points).copied().collect();
        if still.len() == left.len() {
            break;
        }
        left = still;
    }
    let mut path = vec![*left.first()?];
    loop {
        let next = graph[path.last()?].iter().copied().find(|next| left.contains(next))?;
        if let Some(start) = path.iter().position(|name| *name == next) {
            path.drain(..start);
            path.push(next);
            return Some(path);
        }
        path.push(next);
    }
}

/// Everything that `from` points to, over any number of steps; `from` itself only when it is on a circle.
pub(super) fn reach<'a>(graph: &Graph<'a>, from: &Name) -> BTreeSet<&'a Name> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&Name> = graph.get(from).cloned().unwrap_or_default();
    while let Some(name) = next.pop() {
        if seen.insert(name) {
            next.extend(graph.get(name).into_iter().flatten());
        }
    }
    seen
}

/// A circle as a sentence: `` `a` → `b` → `a` ``.
pub(super) fn arrows(path: &[&Name]) -> String {
    let quoted: Vec<String> = path.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" → ")
}
