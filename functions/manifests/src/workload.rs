//! Plain Kubernetes YAML: every container of a repository, in whatever kind of workload.
//!
//! Containers are found by their key wherever it stands, so pods, cron jobs, lists and custom resources need no table of kinds.

use std::collections::BTreeSet;

use trunkline_core::refusal::{Code, Refusal};

use crate::change::Changes;
use crate::reference::{Reference, join};
use crate::tree::{Node, Tree};
use crate::{Found, Image, entry};

/// The keys under which a pod's containers are listed.
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec>
const CONTAINERS: &[&str] = &["containers", "initContainers", "ephemeralContainers"];

pub(crate) fn edit(tree: &Tree, changes: &mut Changes, image: &Image) -> Result<(), Refusal> {
    let wanted = join(image.repository, image.tag, Some(image.digest.as_str()));
    find(tree, image.repository)?.into_iter().try_for_each(|node| changes.set("image", node, &wanted))
}

/// What all containers of the repository agree on.
pub(crate) fn read(tree: &Tree, repository: &str) -> Result<Found, Refusal> {
    let nodes = find(tree, repository)?;
    let texts: BTreeSet<&str> = nodes.into_iter().filter_map(|node| tree.value(node)).collect();
    let parts: Vec<Reference> = texts.iter().map(|text| Reference::split(text)).collect();
    let agreed = |same: bool| parts.first().filter(|_| same);
    let tag = agreed(parts.windows(2).all(|pair| pair[0].tag == pair[1].tag));
    let digest = agreed(parts.windows(2).all(|pair| pair[0].digest == pair[1].digest));
    Ok(Found {
        tag: tag.and_then(|parts| parts.tag).map(str::to_owned),
        digest: digest.and_then(Reference::checked_digest),
        text: texts.into_iter().collect::<Vec<_>>().join(", "),
    })
}

/// The `image` of every container of the repository.
fn find<'a, 't>(tree: &'a Tree<'t>, repository: &str) -> Result<Vec<&'a Node<'t>>, Refusal> {
    let mut images = Vec::new();
    tree.documents.iter().for_each(|document| gather(document, &mut images));
    let of_repository =
        |node: &&Node| tree.value(node).is_some_and(|text| Reference::split(text).repository == repository);
    let matching: Vec<&Node> = images.iter().copied().filter(of_repository).collect();
    if !matching.is_empty() {
        return Ok(matching);
    }
    if let Some(template) = images.iter().find(|node| tree.is_templated(node)) {
        return Err(Refusal::new(
            Code::ManifestTemplated,
            format!("no container has the image `{repository}`, and this one is a template"),
        )
        .help("name the file that the template's value comes from")
        .at(tree.file, template.line, template.column));
    }
    let there: BTreeSet<&str> = images.iter().filter_map(|node| tree.value(node)).collect();
    let place = images.first().map_or((1, 1), |node| (node.line, node.column));
    Err(Refusal::new(
        Code::ManifestUnmatched,
        format!("no container has the image `{repository}`; there is {}", entry::listed(there)),
    )
    .help("correct the artifact's `image`, or the path of the manifest")
    .at(tree.file, place.0, place.1))
}

fn gather<'a, 't>(node: &'a Node<'t>, images: &mut Vec<&'a Node<'t>>) {
    for (key, value) in node.entries() {
        if key.scalar().is_some_and(|key| CONTAINERS.contains(&key)) {
            images.extend(value.items().iter().filter_map(|container| container.get("image")));
        }
        gather(value, images);
    }
    node.items().iter().for_each(|item| gather(item, images));
}
