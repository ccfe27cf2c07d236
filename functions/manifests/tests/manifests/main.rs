//! What edits do to real-shaped manifests, as diffs; and what they refuse.

#![expect(clippy::unwrap_used, reason = "clippy knows only functions marked as tests for tests")]

mod helm;
mod kubectl;
mod kustomize;
mod properties;
mod reading;
mod refused;
mod value;
mod workload;

use trunkline_core::ids::{Commit, Digest};
use trunkline_core::policy::{Helm, Kustomize, Manifest, TargetKind, Yaml};
use trunkline_manifests::{Image, diff, edit};

/// The repository that the tests deploy.
const API: &str = "registry.example.com/shop/api";

fn commit() -> Commit {
    "c".repeat(40).parse().unwrap()
}

/// A digest made of one hex digit.
fn digest(digit: char) -> Digest {
    format!("sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
}

fn kustomize() -> TargetKind {
    TargetKind::Kustomize(Kustomize { kustomize: path("apps/api/stage") })
}

fn helm(key: &str) -> TargetKind {
    TargetKind::Helm(Helm { helm: path("values.yaml"), key: key.to_owned() })
}

fn manifest() -> TargetKind {
    TargetKind::Manifest(Manifest { manifest: path("api.yaml") })
}

fn yaml(at: &str, value: &str) -> TargetKind {
    TargetKind::Yaml(Yaml { yaml: path("any.yaml"), path: at.to_owned(), value: value.to_owned() })
}

fn path(text: &str) -> trunkline_core::policy::RelativePath {
    text.to_owned().try_into().unwrap()
}

/// The diff of moving [`API`] to `tag` and the digest of `2`s, with digests cut short; or the refusal, or `unchanged`.
///
/// That the second edit finds nothing to do is checked on the way.
#[track_caller]
fn moved(target: &TargetKind, text: &str, tag: &str) -> String {
    let digest = digest('2');
    let commit = commit();
    let image = Image { repository: API, tag: Some(tag), digest: &digest, commit: &commit };
    let edited = match edit("file.yaml", text, target, &image) {
        Ok(edited) => edited,
        Err(refusal) => return format!("{}: {refusal}", refusal.code),
    };
    let again = edit("file.yaml", &edited.text, target, &image).unwrap();
    assert!(!again.changed && again.text == edited.text, "a second edit changes something:\n{}", again.text);
    if !edited.changed {
        assert_eq!(edited.text, text);
        return "unchanged".to_owned();
    }
    let shown = diff("file.yaml", text, &edited.text).replace('\r', "␍");
    ["1", "2"].iter().fold(shown, |shown, digit| shown.replace(&digit.repeat(64), &digit.repeat(4)))
}
