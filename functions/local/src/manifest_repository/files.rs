//! The manifests that a unit's pieces are in, as they are at a commit, and what an edit makes of them.

use std::collections::{BTreeMap, HashMap};

use trunkline_core::deployment::{Piece, Unit};
use trunkline_core::ids::{Commit, Digest};
use trunkline_core::policy::TargetKind;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_manifests::{Found, Image, MAX_BYTES};
use trunkline_ports::failure::{Failure, Fault};

use super::cache::Cache;
use crate::git::commit;
use crate::git::objects::{MAX_OBJECT, Objects};
use crate::git::tree::{Entry, Mode, Trees};

/// The names that `kubectl kustomize` looks for. Source: `RecognizedKustomizationFileNames` in
/// <https://github.com/kubernetes-sigs/kustomize/blob/master/api/konfig/general.go>
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Files of a manifest repository.
#[derive(Debug)]
pub(crate) struct Files {
    cache: Cache,
    trees: Trees,
}

/// One piece, and the file it is in.
#[derive(Clone, Debug)]
pub(crate) struct Spot<'a> {
    /// The piece.
    pub(crate) piece: &'a Piece,
    /// The file's path.
    pub(crate) path: String,
    /// Whether it can be executed; nobody knows why it should, but it stays so.
    pub(crate) mode: Mode,
    /// The id of its content.
    pub(crate) id: String,
    /// Its content.
    pub(crate) text: String,
}

/// A file that gets other content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) mode: Mode,
    pub(crate) text: String,
}

impl Files {
    /// The files of a cache, read by a conversation with it.
    pub(crate) fn new(cache: Cache, objects: Objects) -> Self {
        Self { cache, trees: Trees::new(objects) }
    }

    /// The cache that they are in.
    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Each piece of a unit with its file, as it is at `commit`.
    ///
    /// # Errors
    /// [`Code::ManifestMissing`], [`Code::ManifestAmbiguous`] or [`Code::ManifestUnreadable`], naming path and branch.
    pub(crate) async fn spots<'a>(&mut self, commit: &Commit, unit: &'a Unit) -> Result<Vec<Spot<'a>>, Failure> {
        let object = self.trees.objects.get(commit.as_str(), MAX_OBJECT).await?;
        let said = object.and_then(|object| object.body).and_then(|body| commit::read(&body));
        let root = said.ok_or_else(|| Fault::passing(format!("the commit {commit} was not fetched")))?.tree;
        let mut entries = Vec::new();
        for piece in &unit.pieces {
            entries.push((piece, self.locate(&root, piece).await?));
        }
        let texts = self.texts(entries.iter().map(|(_, entry)| entry.id.clone()).collect()).await?;
        let spot = |(piece, entry): (&'a Piece, Entry)| {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            let text = readable(&path, texts.get(&entry.id))?;
            Ok(Spot { piece, path, mode: entry.mode, id: entry.id, text })
        };
        entries.into_iter().map(spot).collect()
    }

    /// The file that a piece is in; `path` of the entry is the whole path.
    async fn locate(&mut self, root: &str, piece: &Piece) -> Result<Entry, Failure> {
        let (path, names): (&str, &[&str]) = match &piece.target {
            TargetKind::Kustomize(target) => (target.kustomize.as_str(), &KUSTOMIZATIONS),
            TargetKind::Helm(target) => (target.helm.as_str(), &[]),
            TargetKind::Manifest(target) => (target.manifest.as_str(), &[]),
            TargetKind::Yaml(target) => (target.yaml.as_str(), &[]),
            TargetKind::Folder(_) | TargetKind::Run(_) => {
                return Err(Fault::lasting(format!("`{}` is not deployed to a manifest", piece.artifact)).into());
            }
        };
        let paths = match names {
            [] => vec![path.to_owned()],
            names => names.iter().map(|name| format!("{path}/{name}").trim_start_matches('/').to_owned()).collect(),
        };
        let mut found = Vec::new();
        for path in paths {
            if let Some(entry) = self.trees.find(root, &path).await?.filter(|entry| entry.mode != Mode::Folder) {
                found.push(Entry { path: path.into_bytes(), ..entry });
            }
        }
        let refusal = match &found[..] {
            [entry] if entry.mode.is_file() => return Ok(entry.clone()),
            [_] => Refusal::new(Code::ManifestUnreadable, format!("{} is a link or a submodule", self.place(path)))
                .help("name the file itself in the policy"),
            [] if names.is_empty() => self.missing(path, "no such file"),
            [] => self.missing(path, "no kustomization"),
            _ => {
                Refusal::new(Code::ManifestAmbiguous, format!("{} holds more than one kustomization", self.place(path)))
                    .help("kustomize refuses that too: keep one")
            }
        };
        Err(refusal.into())
    }

    fn place(&self, path: &str) -> String {
        let path = if path.is_empty() { "." } else { path };
        format!("`{path}` on branch `{}` of `{}`", self.cache.address.branch, self.cache.address.shown)
    }

    fn missing(&self, path: &str, what: &str) -> Refusal {
        Refusal::new(Code::ManifestMissing, format!("there is {what} at {}", self.place(path)))
            .help("commit the manifest there first, or correct the path under `deploy:` in the policy")
    }

    /// The content of files by id, nothing for one that is too long. What was not fetched yet is fetched at once.
    async fn texts(&mut self, ids: Vec<String>) -> Result<HashMap<String, Option<Vec<u8>>>, Failure> {
        let mut texts = HashMap::new();
        let mut missing = Vec::new();
        for id in ids {
            match self.trees.objects.get(&id, MAX_BYTES).await? {
                Some(object) => drop(texts.insert(id, object.body)),
                None => missing.push(id),
            }
        }
        if missing.is_empty() {
            return Ok(texts);
        }
        self.cache.bring_objects(&missing).await?;
        for id in missing {
            let object = self.trees.objects.get(&id, MAX_BYTES).await?;
            let object = object.ok_or_else(|| Fault::passing(format!("the object {id} was not fetched")))?;
            texts.insert(id, object.body);
        }
        Ok(texts)
    }
}

fn readable(path: &str, body: Option<&Option<Vec<u8>>>) -> Result<String, Failure> {
    let refusal =
        |what: String, help: &str| Refusal::new(Code::ManifestUnreadable, format!("`{path}` {what}")).help(help);
    let Some(Some(body)) = body else {
        return Err(refusal(format!("is longer than {MAX_BYTES} bytes"), "split the file").into());
    };
    Ok(String::from_utf8(body.clone()).map_err(|_| refusal("is not UTF-8".to_owned(), "save it as UTF-8"))?)
}

impl Spot<'_> {
    /// What the file names now.
    ///
    /// # Errors
    /// As [`trunkline_manifests::read`].
    pub(crate) fn read(&self) -> Result<Found, Failure> {
        Ok(trunkline_manifests::read(&self.path, &self.text, &self.piece.target, repository(self.piece)?)?)
    }
}

/// The files as they become when every piece's image is put in; those that stay as they are do not appear.
///
/// # Errors
/// As [`trunkline_manifests::edit`].
pub(crate) fn edit(spots: &[Spot<'_>], commit: &Commit) -> Result<Vec<Change>, Failure> {
    edit_with(spots, commit, |spot| {
        let bytes = &spot.piece.bytes;
        Ok(Some((bytes.tag.as_ref().map(|tag| tag.as_str().to_owned()), bytes.digest.clone())))
    })
}

/// The same with any tag and digest; a spot without any stays as it is.
pub(crate) fn edit_with(
    spots: &[Spot<'_>],
    commit: &Commit,
    image: impl Fn(&Spot<'_>) -> Result<Option<(Option<String>, Digest)>, Failure>,
) -> Result<Vec<Change>, Failure> {
    let mut files: BTreeMap<&str, Change> = BTreeMap::new();
    for spot in spots {
        let new = || Change { path: spot.path.clone(), mode: spot.mode, text: spot.text.clone() };
        let file = files.entry(&spot.path).or_insert_with(new);
        if let Some((tag, digest)) = image(spot)? {
            let image = Image { repository: repository(spot.piece)?, tag: tag.as_deref(), digest: &digest, commit };
            file.text = trunkline_manifests::edit(&spot.path, &file.text, &spot.piece.target, &image)?.text;
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
