//! The `images:` entry of a kustomization.
//!
//! kustomize renders the digest whatever the tag says, so both are set: one for people, one for the cluster.
//! Source: <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/>

use trunkline_core::refusal::{Code, Refusal};

use crate::change::Changes;
use crate::tree::{Kind, Node, Tree};
use crate::{Found, Image, entry};

pub(crate) fn edit(tree: &Tree, changes: &mut Changes, image: &Image) -> Result<(), Refusal> {
    let map = find(tree, image.repository)?;
    entry::set(changes, map, "newTag", &["newName", "name"], image)
}

pub(crate) fn read(tree: &Tree, repository: &str) -> Result<Found, Refusal> {
    find(tree, repository).map(|map| entry::found(tree, map, "newTag", repository))
}

/// The entry named as the repository; failing that, the one that renames something to it.
fn find<'a, 't>(tree: &'a Tree<'t>, repository: &str) -> Result<&'a Node<'t>, Refusal> {
    let images = || tree.documents.iter().filter_map(|document| document.get("images"));
    let entries = || images().flat_map(Node::items);
    for key in ["name", "newName"] {
        let mut matching =
            entries().filter(|entry| entry.get(key).and_then(|name| tree.value(name)) == Some(repository));
        match (matching.next(), matching.next()) {
            (Some(entry), None) => return Ok(entry),
            (Some(first), Some(second)) => return Err(twice(tree, key, repository, first, second)),
            (None, _) => {}
        }
    }
    let Some(place) = images().next() else {
        return Err(Refusal::new(Code::ManifestUnmatched, "the kustomization has no `images:`")
            .help(format!("add it:\nimages:\n  - name: {repository}"))
            .at(tree.file, 1, 1));
    };
    if tree.is_templated(place) || matches!(place.kind, Kind::Alias(_)) {
        return Err(Refusal::new(Code::ManifestTemplated, "`images` is not written out here")
            .help("write the list of images itself")
            .at(tree.file, place.line, place.column));
    }
    let names = entries().filter_map(|entry| entry.get("name").and_then(|name| tree.value(name)));
    Err(Refusal::new(
        Code::ManifestUnmatched,
        format!("no image is named `{repository}`; there is {}", entry::listed(names)),
    )
    .help(format!("add `- name: {repository}` to `images:`, or correct the artifact's `image`"))
    .at(tree.file, place.line, place.column))
}

fn twice(tree: &Tree, key: &str, repository: &str, first: &Node, second: &Node) -> Refusal {
    let message = format!("two images have the {key} `{repository}`; the first is on line {}", first.line);
    Refusal::new(Code::ManifestAmbiguous, message).help("keep one of them").at(tree.file, second.line, second.column)
}
