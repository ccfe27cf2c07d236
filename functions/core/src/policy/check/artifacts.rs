//! What is built: one thing each, from something that is there, after what it needs.

use std::collections::BTreeSet;

use super::graph::{Graph, arrows, circle};
use super::{Findings, reference};
use crate::ids::Name;
use crate::policy::words::nearest;
use crate::policy::{Artifact, Assembly, Build, Platform, Policy, RelativePath, Store};

pub(super) fn check(policy: &Policy, findings: &mut Findings<'_>) {
    for (name, artifact) in &policy.artifacts {
        let here = ["artifacts", name.as_str()];
        kind(&here, policy, name, artifact, findings);
        if let Some(build) = &artifact.build {
            recipe(&[here[0], here[1], "build"], policy, build, findings);
        }
        findings.patterns(&[here[0], here[1], "watch"], artifact.watch.0.iter().enumerate());
        needs(policy, name, artifact, findings);
    }
    let graph: Graph<'_> =
        policy.artifacts.iter().map(|(name, artifact)| (name, artifact.needs.iter().collect())).collect();
    if let Some(path) = circle(&graph).filter(|path| path.len() > 2) {
        let message = format!("`needs` goes in a circle: {}", arrows(&path));
        findings.say(
            &["artifacts", path[0].as_str(), "needs"],
            message,
            "remove one of them: nothing could be deployed first",
        );
    }
}

fn kind(here: &[&str], policy: &Policy, name: &Name, artifact: &Artifact, findings: &mut Findings<'_>) {
    match (&artifact.image, &artifact.package) {
        (Some(_), Some(_)) => {
            findings.say(
                here,
                format!("`{name}` is both an image and a package"),
                "make it two artifacts, or remove one of the keys",
            );
        }
        (None, None) if artifact.build.is_some() => {
            let help = "`image`: the repository it is pushed to, or a name like `shop/api` for one in the store";
            findings.say(here, format!("`{name}` has `build`, but no `image` to build"), help);
        }
        (None, None) => {
            let help = "add `image`, its repository, or `package`, how it is made";
            findings.say(here, format!("`{name}` is neither an image nor a package"), help);
        }
        (None, Some(_)) if artifact.build.is_some() => {
            findings.say(
                &[here, &["build"]].concat(),
                format!("`{name}` is a package, and `build` is for images"),
                "remove it",
            );
        }
        _ => {}
    }
    if let Some(image) = &artifact.image {
        let path = [here, &["image"]].concat();
        match reference::repository(image) {
            Ok(()) => in_bucket(&path, policy, image, findings),
            Err((wrong, help)) => findings.say(&path, format!("`{}` {wrong}", image.escape_debug()), help),
        }
    }
}

/// A bucket keeps no images: nothing could pull them from there.
fn in_bucket(path: &[&str], policy: &Policy, image: &str, findings: &mut Findings<'_>) {
    if matches!(policy.store, Store::Bucket { .. }) && !reference::has_host(image) {
        let shown = image.escape_debug();
        let message = format!("`{shown}` has no registry, and the store `{}` keeps no images", policy.store);
        findings.say(path, message, format!("give the image a registry: `registry.example/{shown}`"));
    }
}

fn recipe(here: &[&str], policy: &Policy, build: &Build, findings: &mut Findings<'_>) {
    let platforms = match build {
        Build::Dockerfile(dockerfile) => &dockerfile.platforms,
        Build::Assembly(assembly) => {
            base(here, policy, assembly, findings);
            layers(here, assembly, findings);
            &assembly.platforms
        }
    };
    let path = [here, &["platforms"]].concat();
    if findings.has(&path) && platforms.is_empty() {
        findings.say(
            &path,
            "`platforms` is empty, so nothing would be built",
            "name one, `linux/amd64`, or leave the key out",
        );
    }
    let mut seen: BTreeSet<&Platform> = BTreeSet::new();
    for (index, platform) in platforms.iter().enumerate() {
        if !seen.insert(platform) {
            findings.say_of_item(&path, index, format!("the platform `{platform}` is there twice"), "remove one");
        }
    }
}

fn base(here: &[&str], policy: &Policy, assembly: &Assembly, findings: &mut Findings<'_>) {
    const PIN: &str = "a tag can move, so that one commit gives two images: write `name@sha256:…`; `skopeo inspect` prints the digest";
    let path = [here, &["base"]].concat();
    let shown = assembly.base.escape_debug();
    let Some((place, _)) = assembly.base_image() else {
        if assembly.base != "scratch" {
            findings.say(&path, format!("the base `{shown}` is neither `scratch` nor pinned by a digest"), PIN);
        }
        return;
    };
    if place.starts_with(['.', '/']) {
        if RelativePath::try_from(place.to_owned()).is_err() {
            findings.say(
                &path,
                format!("the base `{shown}` is in a folder outside the repository"),
                "copy the layout into the repository",
            );
        }
    } else if let Err((wrong, help)) = reference::repository(place) {
        let help = if wrong == "has a tag" { "the digest alone counts: leave the tag out" } else { help };
        findings.say(&path, format!("the base `{place}` {wrong}"), help);
    } else {
        in_bucket(&path, policy, place, findings);
    }
}

fn layers(here: &[&str], assembly: &Assembly, findings: &mut Findings<'_>) {
    for (index, layer) in assembly.layers.iter().enumerate() {
        let index = index.to_string();
        let path = [here, &["layers", &index]].concat();
        let to = [&path[..], &["to"]].concat();
        if !layer.to.starts_with('/') {
            findings.say(
                &to,
                format!("`{}` is not an absolute path", layer.to.escape_debug()),
                "start it with `/`: it is a path in the image",
            );
        } else if layer.to.split('/').any(|part| part == "..") || layer.to.contains(char::is_control) {
            findings.say(&to, format!("`{}` is not a plain path", layer.to.escape_debug()), "write it without `..`");
        }
        findings.placeholders(&[&path[..], &["from"]].concat(), layer.from.as_str(), &["os", "architecture"]);
    }
}

fn needs(policy: &Policy, name: &Name, artifact: &Artifact, findings: &mut Findings<'_>) {
    let path = ["artifacts", name.as_str(), "needs"];
    let names: Vec<&str> = policy.artifacts.keys().map(Name::as_str).collect();
    for (index, need) in artifact.needs.iter().enumerate() {
        if need == name {
            findings.say_of_item(&path, index, format!("`{name}` needs itself"), "remove it");
        } else if !policy.artifacts.contains_key(need) {
            let help = match nearest(need.as_str(), &names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "name an artifact of this policy".to_owned(),
            };
            findings.say_of_item(&path, index, format!("`{name}` needs `{need}`, and there is no such artifact"), help);
        } else if artifact.needs[..index].contains(need) {
            findings.say_of_item(&path, index, format!("`{name}` needs `{need}` twice"), "remove one");
        }
    }
}
