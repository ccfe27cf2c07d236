//! Registries and the store of packages in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use trunkline_core::ids::{Digest, ImageTag, Name};
use trunkline_core::policy::Policy;
use trunkline_core::refusal::{Code, Refusal};

use super::folders::{Folders, Tree};
use crate::artifacts::{Image, ImageOrder, Manifest, Outcome, Package, Watcher};
use crate::failure::{Failure, Fault};

/// Registries in memory.
#[derive(Debug, Default)]
pub struct Images {
    folders: Rc<Folders>,
    repositories: RefCell<BTreeMap<String, Content>>,
}

/// What a repository holds.
#[derive(Debug, Default)]
struct Content {
    images: BTreeMap<Digest, Image>,
    tags: BTreeMap<ImageTag, Digest>,
    /// Every change of a tag, oldest first.
    moves: Vec<(ImageTag, Digest)>,
}

impl Images {
    /// Registries that build from these folders.
    pub fn new(folders: Rc<Folders>) -> Self {
        Self { folders, ..Self::default() }
    }

    /// Every change of a tag that was ever made in `repository`, oldest first.
    pub fn moves(&self, repository: &str) -> Vec<(ImageTag, Digest)> {
        self.repositories.borrow().get(repository).map(|content| content.moves.clone()).unwrap_or_default()
    }

    /// Something else pushes an image whose manifest has this text.
    pub fn push(&self, repository: &str, text: &str) -> Image {
        let (digest, size, text) = (Policy::digest(text), text.len() as u64, text.to_owned());
        let media_type = "application/vnd.oci.image.manifest.v1+json".to_owned();
        let image = Image { digest: digest.clone(), size, manifest: Manifest { media_type, text } };
        let mut repositories = self.repositories.borrow_mut();
        repositories.entry(repository.to_owned()).or_default().images.insert(digest, image.clone());
        image
    }

    /// The names of all repositories.
    pub fn repositories(&self) -> Vec<String> {
        self.repositories.borrow().keys().cloned().collect()
    }
}

impl crate::artifacts::Images for Images {
    async fn build(&self, order: &ImageOrder<'_>, watcher: &Watcher) -> Result<Image, Failure> {
        watcher.line("assembling");
        let files = self.folders.tree(order.export);
        let words = (order.build, &files, order.commit, order.created, order.version, order.source);
        let text = serde_json::to_string(&words).map_err(|error| Fault::lasting(error.to_string()))?;
        Ok(self.push(order.repository, &text))
    }

    async fn tag(
        &self,
        repository: &str,
        digest: &Digest,
        tag: &ImageTag,
        _: Option<&Manifest>,
    ) -> Result<Outcome, Failure> {
        let mut repositories = self.repositories.borrow_mut();
        let content = repositories.entry(repository.to_owned()).or_default();
        if !content.images.contains_key(digest) {
            return Err(missing(repository, digest));
        }
        if content.tags.insert(tag.clone(), digest.clone()).as_ref() == Some(digest) {
            return Ok(Outcome::Already);
        }
        content.moves.push((tag.clone(), digest.clone()));
        Ok(Outcome::Changed)
    }

    async fn find(&self, repository: &str, digest: &Digest) -> Result<Option<Image>, Failure> {
        Ok(self.repositories.borrow().get(repository).and_then(|content| content.images.get(digest)).cloned())
    }

    async fn erase(&self, repository: &str, digest: &Digest) -> Result<Outcome, Failure> {
        let mut repositories = self.repositories.borrow_mut();
        let Some(content) = repositories.get_mut(repository) else { return Ok(Outcome::Already) };
        content.tags.retain(|_, tagged| tagged != digest);
        Ok(content.images.remove(digest).map_or(Outcome::Already, |_| Outcome::Changed))
    }
}

fn missing(place: &str, digest: &Digest) -> Failure {
    Refusal::new(Code::ArtifactMissing, format!("{digest} is not in `{place}`")).help("build it again").into()
}

/// The store of packages in memory.
#[derive(Debug, Default)]
pub struct Packages {
    folders: Rc<Folders>,
    kept: RefCell<BTreeMap<(Name, Digest), u64>>,
}

impl Packages {
    /// A store that packs these folders.
    pub fn new(folders: Rc<Folders>) -> Self {
        Self { folders, ..Self::default() }
    }

    /// Whether a package is there.
    pub fn holds(&self, artifact: &Name, digest: &Digest) -> bool {
        self.kept.borrow().contains_key(&(artifact.clone(), digest.clone()))
    }

    /// The digests of all packages that are there.
    pub fn digests(&self) -> BTreeSet<Digest> {
        self.kept.borrow().keys().map(|(_, digest)| digest.clone()).collect()
    }

    fn store(&self, artifact: &Name, text: &str) -> Package {
        let package = Package { digest: Policy::digest(text), size: text.len() as u64 };
        self.kept.borrow_mut().insert((artifact.clone(), package.digest.clone()), package.size);
        package
    }
}

impl crate::artifacts::Packages for Packages {
    async fn pack(&self, artifact: &Name, folder: &Path, watcher: &Watcher) -> Result<Package, Failure> {
        watcher.line("packing");
        let files: Tree = self.folders.tree(folder);
        if files.is_empty() {
            let message = format!("`{}` holds nothing to pack", folder.display());
            return Err(Refusal::new(Code::InputMissing, message).help("check `directory` and `watch`").into());
        }
        let text = serde_json::to_string(&files).map_err(|error| Fault::lasting(error.to_string()))?;
        Ok(self.store(artifact, &text))
    }

    async fn keep(&self, artifact: &Name, file: &Path) -> Result<Package, Failure> {
        let text = self.folders.file(file).ok_or_else(|| {
            Refusal::new(Code::InputMissing, format!("`{}` is not there", file.display())).help("check `output`")
        })?;
        Ok(self.store(artifact, &text))
    }

    async fn find(&self, artifact: &Name, digest: &Digest) -> Result<Option<Package>, Failure> {
        let size = self.kept.borrow().get(&(artifact.clone(), digest.clone())).copied();
        Ok(size.map(|size| Package { digest: digest.clone(), size }))
    }

    async fn open(&self, artifact: &Name, digest: &Digest) -> Result<PathBuf, Failure> {
        if !self.holds(artifact, digest) {
            return Err(missing(artifact.as_str(), digest));
        }
        Ok(PathBuf::from(format!("memory:/packages/{artifact}/{}", digest.hex())))
    }

    async fn erase(&self, artifact: &Name, digest: &Digest) -> Result<Outcome, Failure> {
        let gone = self.kept.borrow_mut().remove(&(artifact.clone(), digest.clone()));
        Ok(gone.map_or(Outcome::Already, |_| Outcome::Changed))
    }
}
