//! The places that a unit's pieces have in manifests, what an edit makes of the files, and how it is taken back.

use std::collections::BTreeMap;

use trunkline_core::deployment::{Mark, Piece};
use trunkline_core::ids::{Commit, Digest};
use trunkline_core::policy::TargetKind;
use trunkline_core::refusal::{Code, Refusal};

use crate::{Found, Image, MAX_BYTES};

/// The names that `kubectl kustomize` looks for. Source: `RecognizedKustomizationFileNames` in
/// <https://github.com/kubernetes-sigs/kustomize/blob/master/api/konfig/general.go>
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Where a piece may be: the path that its target names, and the files that it may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates<'a> {
    /// The path as the policy has it.
    pub path: &'a str,
    /// The files: one, or the names that a kustomization may have; exactly one of them must be there.
    pub files: Vec<String>,
    /// Whether the path is a folder with a kustomization in it.
    pub kustomization: bool,
}

impl<'a> Candidates<'a> {
    /// Where a piece may be; nothing when it is not deployed to a manifest.
    pub fn of(piece: &'a Piece) -> Option<Self> {
        let (path, kustomization) = match &piece.target {
            TargetKind::Kustomize(target) => (target.kustomize.as_str(), true),
            TargetKind::Helm(target) => (target.helm.as_str(), false),
            TargetKind::Manifest(target) => (target.manifest.as_str(), false),
            TargetKind::Yaml(target) => (target.yaml.as_str(), false),
            TargetKind::Folder(_) | TargetKind::Run(_) => return None,
        };
        let within = |name: &&str| format!("{path}/{name}").trim_start_matches('/').to_owned();
        let files = if kustomization { KUSTOMIZATIONS.iter().map(within).collect() } else { vec![path.to_owned()] };
        Some(Self { path, files, kustomization })
    }

    /// The one file that is there: `found` are those of [`files`](Self::files) that are, each with whether it is a plain file.
    /// `place` names the branch and repository in refusals.
    ///
    /// # Errors
    /// [`Code::ManifestMissing`], [`Code::ManifestAmbiguous`] or [`Code::ManifestUnreadable`].
    pub fn choose<T>(&self, mut found: Vec<(T, bool)>, place: &str) -> Result<T, Refusal> {
        let shown = if self.path.is_empty() { "." } else { self.path };
        let place = format!("`{shown}` on {place}");
        match (found.pop(), found.is_empty()) {
            (Some((entry, true)), true) => Ok(entry),
            (Some(_), true) => Err(Refusal::new(Code::ManifestUnreadable, format!("{place} is a link or a submodule"))
                .help("name the file itself in the policy")),
            (Some(_), false) => {
                Err(Refusal::new(Code::ManifestAmbiguous, format!("{place} holds more than one kustomization"))
                    .help("kustomize refuses that too: keep one"))
            }
            (None, _) => {
                let what = if self.kustomization { "no kustomization" } else { "no such file" };
                Err(Refusal::new(Code::ManifestMissing, format!("there is {what} at {place}"))
                    .help("commit the manifest there first, or correct the path under `deploy:` in the policy"))
            }
        }
    }
}

/// One piece, and the file it is in.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The piece.
    pub piece: &'a Piece,
    /// The file's path.
    pub path: String,
    /// Whether it can be executed; nobody knows why it should, but it stays so.
    pub executable: bool,
    /// The id of its content.
    pub id: String,
    /// Its content.
    pub text: String,
}

/// A file that gets other content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path.
    pub path: String,
    /// Whether it can be executed.
    pub executable: bool,
    /// Its new content.
    pub text: String,
}

/// A file's bytes as text; `body` is nothing when there are more than [`MAX_BYTES`].
///
/// # Errors
/// [`Code::ManifestUnreadable`] when it is too long or no UTF-8.
pub fn readable(path: &str, body: Option<Vec<u8>>) -> Result<String, Refusal> {
    let refusal =
        |what: String, help: &str| Refusal::new(Code::ManifestUnreadable, format!("`{path}` {what}")).help(help);
    let body = body.ok_or_else(|| refusal(format!("is longer than {MAX_BYTES} bytes"), "split the file"))?;
    String::from_utf8(body).map_err(|_| refusal("is not UTF-8".to_owned(), "save it as UTF-8"))
}

impl Spot<'_> {
    /// What the file names now.
    ///
    /// # Errors
    /// As [`read`](crate::read).
    pub fn read(&self) -> Result<Found, Refusal> {
        crate::read(&self.path, &self.text, &self.piece.target, repository(self.piece)?)
    }
}

/// The files as they become when every piece's image is put in; those that stay as they are do not appear.
///
/// # Errors
/// As [`edit`](crate::edit).
pub fn edit_all(spots: &[Spot<'_>], commit: &Commit) -> Result<Vec<Change>, Refusal> {
    edit_with(spots, commit, |spot| {
        let bytes = &spot.piece.bytes;
        Ok(Some((bytes.tag.as_ref().map(|tag| tag.as_str().to_owned()), bytes.digest.clone())))
    })
}

/// The same with any tag and digest; a spot without any stays as it is.
fn edit_with(
    spots: &[Spot<'_>],
    commit: &Commit,
    image: impl Fn(&Spot<'_>) -> Result<Option<(Option<String>, Digest)>, Refusal>,
) -> Result<Vec<Change>, Refusal> {
    let mut files: BTreeMap<&str, Change> = BTreeMap::new();
    for spot in spots {
        let new = || Change { path: spot.path.clone(), executable: spot.executable, text: spot.text.clone() };
        let file = files.entry(&spot.path).or_insert_with(new);
        if let Some((tag, digest)) = image(spot)? {
            let image = Image { repository: repository(spot.piece)?, tag: tag.as_deref(), digest: &digest, commit };
            file.text = crate::edit(&spot.path, &file.text, &spot.piece.target, &image)?.text;
        }
    }
    let old: BTreeMap<&str, &str> = spots.iter().map(|spot| (spot.path.as_str(), spot.text.as_str())).collect();
    Ok(files
        .into_iter()
        .filter(|(path, change)| old.get(path) != Some(&change.text.as_str()))
        .map(|(_, change)| change)
        .collect())
}

/// The repository of a piece's image. A package has none: a manifest can still hold its digest.
fn repository(piece: &Piece) -> Result<&str, Refusal> {
    match (&piece.bytes.repository, &piece.target) {
        (Some(repository), _) => Ok(repository),
        (None, TargetKind::Yaml(_)) => Ok(piece.artifact.as_str()),
        (None, _) => Err(Refusal::new(
            Code::PolicyInvalid,
            format!("`{}` is no image, so no manifest can name it", piece.artifact),
        )
        .help("deploy a package with `yaml:`, `folder:` or `run:`")),
    }
}

/// The files that get back what they had before: `now` at the head, `then` right after the effect, `old` right before it.
///
/// A file nobody touched since gets its old bytes back. In one that was touched, only the images are put back; that takes a
/// digest that stood there, since a tag alone may mean something else by now.
///
/// # Errors
/// A refusal when what stood there cannot be told.
pub fn restore(now: &[Spot<'_>], then: &[Spot<'_>], old: &[Spot<'_>], mark: &Mark) -> Result<Vec<Change>, Refusal> {
    let mut changes: Vec<Change> = Vec::new();
    let mut touched: Vec<Spot<'_>> = Vec::new();
    for ((now, then), old) in now.iter().zip(then).zip(old) {
        let known = changes.iter().any(|change| change.path == now.path);
        if now.path == old.path && now.id == then.id {
            if !known && now.id != old.id {
                changes.push(Change { path: old.path.clone(), executable: old.executable, text: old.text.clone() });
            }
        } else {
            touched.push(now.clone());
        }
    }
    let commit = mark.previous.as_ref().unwrap_or(&mark.commit);
    changes.extend(edit_with(&touched, commit, |spot| {
        let was = old.iter().find(|old| old.piece.artifact == spot.piece.artifact);
        let Some(was) = was else { return Ok(None) };
        let found = was.read()?;
        match found.digest {
            _ if found == spot.read()? => Ok(None),
            Some(digest) => Ok(Some((found.tag, digest))),
            None => Err(untold(spot, &found.text)),
        }
    })?);
    Ok(changes)
}

fn untold(spot: &Spot<'_>, text: &str) -> Refusal {
    let message = format!("`{}` held `{text}` before, without a digest, and was changed by others since", spot.path);
    Refusal::new(Code::ManifestUnmatched, message).help("set the image by hand, then run this again")
}
