//! A Helm values file: the map that holds `repository`, `tag` and `digest`.

use trunkline_core::refusal::{Code, Refusal};

use crate::change::Changes;
use crate::tree::{Kind, Node, Tree};
use crate::{Found, Image, entry, path};

/// The keys beside which a missing one is added, the best first.
const KEYS: &[&str] = &["repository", "digest", "registry"];

pub(crate) fn edit(tree: &Tree, changes: &mut Changes, key: &str, image: &Image) -> Result<(), Refusal> {
    let map = find(tree, key, image.repository)?;
    entry::set(changes, map, "tag", KEYS, image)
}

pub(crate) fn read(tree: &Tree, key: &str, repository: &str) -> Result<Found, Refusal> {
    find(tree, key, repository).map(|map| entry::found(tree, map, "tag", repository))
}

/// The map at `key`, which must be that of `repository`, or not say whose it is.
fn find<'a, 't>(tree: &'a Tree<'t>, key: &str, repository: &str) -> Result<&'a Node<'t>, Refusal> {
    let map = path::find(tree, key)?;
    if tree.is_templated(map) {
        return Err(Refusal::new(Code::ManifestTemplated, format!("`{key}` is a template"))
            .help("name the file that the template's value comes from")
            .at(tree.file, map.line, map.column));
    }
    if matches!(map.kind, Kind::Alias(_)) {
        let message =
            format!("`{key}` is the alias `{}`: changing it would change what it stands for", tree.source(map));
        return Err(Refusal::new(Code::ManifestAmbiguous, message)
            .help("name the key of the map that has the anchor, or write the map out here")
            .at(tree.file, map.line, map.column));
    }
    let unmatched = |node: &Node, message: String, help: String| {
        Err(Refusal::new(Code::ManifestUnmatched, message).help(help).at(tree.file, node.line, node.column))
    };
    if ["repository", "tag", "digest"].iter().all(|name| map.get(name).is_none()) {
        let message =
            format!("`{key}` has none of `repository`, `tag` and `digest`; there is {}", entry::listed(map.keys()));
        return unmatched(map, message, format!("is it one text? then use a `yaml` target with `path: {key}`"));
    }
    let text = |name| map.get(name).and_then(|node| tree.value(node)).filter(|text| !text.is_empty());
    let full = |name: &str| text("registry").map_or_else(|| name.to_owned(), |registry| format!("{registry}/{name}"));
    match (text("repository"), map.get("repository")) {
        (Some(name), Some(node)) if name != repository && full(name) != repository => unmatched(
            node,
            format!("`{key}` is about `{}`, not `{repository}`", full(name)),
            "correct `key` in the policy, or the artifact's `image`".to_owned(),
        ),
        _ => Ok(map),
    }
}
