//! Edits of Kubernetes manifests that change one value and no other byte. Text in, text out; no I/O.
//!
//! An edit reads the file into a tree with byte positions, finds the values of one image, splices the new text into the
//! bytes, reads the outcome again, and refuses unless exactly these values changed. The file is never printed from the
//! tree: comments, order, quotes, anchors, tags, line ends and a byte order mark stay because nothing touches them.
//!
//! Refused, by name and line: templates (`{{ … }}`), keys that are there twice, values that are aliases or blocks of text,
//! and files that do not hold the image at all. A value with an anchor is changed in place, for all its aliases.

mod change;
mod difference;
mod entry;
mod helm;
mod kustomize;
pub mod message;
mod parse;
mod path;
mod proof;
mod reference;
mod scalar;
mod spot;
mod tree;
mod value;
mod workload;

use trunkline_core::ids::{Commit, Digest};
use trunkline_core::policy::TargetKind;
use trunkline_core::refusal::{Code, Refusal};

pub use difference::diff;
pub use parse::MAX_BYTES;
pub use spot::{Candidates, Change, Spot, edit_all, readable, restore};

use change::Changes;
use tree::Tree;

/// The image that a manifest is to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image<'a> {
    /// The repository, with the registry's host if it has one.
    pub repository: &'a str,
    /// The tag, for people. Without one, a tag that stands in the manifest becomes empty, since it would name another image.
    pub tag: Option<&'a str>,
    /// The digest, which decides.
    pub digest: &'a Digest,
    /// The commit it was built from, for values that ask for `{commit}`.
    pub commit: &'a Commit,
}

/// A file after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The whole file.
    pub text: String,
    /// Whether it differs from what it was: `false` when the image stood there already.
    pub changed: bool,
}

/// What a manifest names now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The tag, if there is one and all containers agree on it.
    pub tag: Option<String>,
    /// The digest, if there is one and all containers agree on it.
    pub digest: Option<Digest>,
    /// The reference as it stands there, for people; several that differ are joined by `, `.
    pub text: String,
}

/// Makes `text` name `image` where `target` says. `file` is its path in refusals.
///
/// # Errors
/// [`Code::ManifestUnreadable`], [`Code::ManifestTemplated`], [`Code::ManifestAmbiguous`] and [`Code::ManifestUnmatched`]
/// with their place; [`Code::InputTooLarge`] above [`MAX_BYTES`]; [`Code::PolicyInvalid`] when the target's path or value
/// cannot be used, or the target is not in a manifest.
pub fn edit(file: &str, text: &str, target: &TargetKind, image: &Image) -> Result<Edited, Refusal> {
    let tree = Tree::parse(file, text)?;
    let mut changes = Changes::new(&tree);
    match target {
        TargetKind::Kustomize(_) => kustomize::edit(&tree, &mut changes, image)?,
        TargetKind::Helm(helm) => helm::edit(&tree, &mut changes, &helm.key, image)?,
        TargetKind::Manifest(_) => workload::edit(&tree, &mut changes, image)?,
        TargetKind::Yaml(yaml) => value::edit(&tree, &mut changes, &yaml.path, &yaml.value, image)?,
        TargetKind::Folder(_) | TargetKind::Run(_) => return Err(elsewhere()),
    }
    changes.apply()
}

/// What `text` names for `repository` where `target` says.
///
/// # Errors
/// As [`edit`], save that a value may be an alias, a template or a block of text here.
pub fn read(file: &str, text: &str, target: &TargetKind, repository: &str) -> Result<Found, Refusal> {
    let tree = Tree::parse(file, text)?;
    match target {
        TargetKind::Kustomize(_) => kustomize::read(&tree, repository),
        TargetKind::Helm(helm) => helm::read(&tree, &helm.key, repository),
        TargetKind::Manifest(_) => workload::read(&tree, repository),
        TargetKind::Yaml(yaml) => value::read(&tree, &yaml.path, &yaml.value, repository),
        TargetKind::Folder(_) | TargetKind::Run(_) => Err(elsewhere()),
    }
}

/// Whether `text` can name `repository` at all in a kustomization or a plain manifest.
///
/// A search for the bytes, for those who look through many files: what it denies need not be parsed.
/// (A name hidden behind escapes such as `"\x61pi"` is missed; nobody writes that.)
pub fn mentions(text: &str, repository: &str) -> bool {
    text.contains(repository)
}

fn elsewhere() -> Refusal {
    Refusal::new(Code::PolicyInvalid, "this target is not in a manifest")
        .help("manifests are edited for `kustomize`, `helm`, `manifest` and `yaml` targets")
}
