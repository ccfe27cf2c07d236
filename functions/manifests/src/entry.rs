//! A map that names an image in parts: a tag's key and `digest`, as kustomizations and Helm's values have it.

use trunkline_core::refusal::Refusal;

use crate::change::Changes;
use crate::reference;
use crate::tree::{Node, Tree};
use crate::{Found, Image};

/// Sets the tag and the digest in `map`, adding what is missing after the tag, or else after the first of `after` that is there.
///
/// An image without a tag makes a tag that stands there empty: it would name another image.
pub(crate) fn set(changes: &mut Changes, map: &Node, tag: &str, after: &[&str], image: &Image) -> Result<(), Refusal> {
    let mut missing = Vec::new();
    match (map.get(tag), image.tag) {
        (Some(node), Some(text)) => changes.set(tag, node, text)?,
        (Some(node), None) if !node.is_null() => changes.set(tag, node, "")?,
        (None, Some(text)) => missing.push((tag, text)),
        (_, None) => {}
    }
    match map.get("digest") {
        Some(node) => changes.set("digest", node, image.digest.as_str())?,
        None => missing.push(("digest", image.digest.as_str())),
    }
    let position = map.position(tag).or_else(|| after.iter().find_map(|key| map.position(key)));
    match position {
        Some(position) if !missing.is_empty() => changes.add(map, position, &missing),
        _ => Ok(()),
    }
}

/// What stands there now.
pub(crate) fn found(tree: &Tree, map: &Node, tag: &str, repository: &str) -> Found {
    let text = |key| map.get(key).and_then(|node| tree.value(node)).filter(|value| !value.is_empty());
    let (tag, digest) = (text(tag), text("digest"));
    Found {
        tag: tag.map(str::to_owned),
        digest: digest.and_then(|digest| digest.parse().ok()),
        text: reference::join(repository, tag, digest),
    }
}

/// Names in backticks, a few of them, for a refusal.
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 5;
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "nothing".to_owned(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}
