//! The port's implementation: by the repository's name, a layout folder of the store or a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, TryStreamExt, stream};
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_core::policy::Build;
use trunkline_core::refusal::Refusal;
use trunkline_ports::artifacts::{Image, ImageOrder, Images as Port, Manifest, Outcome, Watcher};
use trunkline_ports::credentials::Credentials;
use trunkline_ports::failure::{Failure, Fault};

use crate::document::Known;
use crate::image::{Origin, Part, Parts, told};
use crate::layout::{Layout, Staged};
use crate::place::{self, Place, Remote};
use crate::registry::{Access, DockerConfig, Patience, Session};
use crate::{assemble, base, dockerfile, layers, problem, work};

/// How many of an index's manifests are read at once.
const AT_ONCE: usize = 8;

/// What can be set.
pub struct Options {
    /// The folder that `./…` in a recipe's `base` is relative to: the policy file's.
    pub folder: PathBuf,
    /// Hosts (`host` or `host:port`) that are spoken to without TLS, besides this machine.
    pub plain: BTreeSet<String>,
    /// Whether images without a registry's host are kept in the store. A store in a bucket keeps none, and they are refused.
    pub in_store: bool,
    /// Who one is to a registry.
    pub credentials: Arc<dyn Credentials>,
    /// How long and how often to try.
    pub patience: Patience,
}

impl Default for Options {
    /// The working folder, TLS, Docker's own credentials.
    fn default() -> Self {
        Self {
            folder: PathBuf::from("."),
            plain: BTreeSet::new(),
            in_store: true,
            credentials: Arc::new(DockerConfig::of_user()),
            patience: Patience::default(),
        }
    }
}

/// Somewhere images are made and live.
pub struct Images {
    root: PathBuf,
    folder: PathBuf,
    in_store: bool,
    session: Arc<Session>,
    /// The tags that were put on registries from here: asked again, one look is enough to see that nothing is to be done.
    tagged: Mutex<BTreeMap<(Remote, ImageTag), Digest>>,
}

impl Images {
    /// Images whose repositories without a host live under `root`, each a layout folder of its name; bases of others are kept there
    /// as well, to save time.
    pub fn new(root: PathBuf, options: Options) -> Self {
        let Options { folder, plain, in_store, credentials, patience } = options;
        let session = Session::new(plain, credentials, patience);
        Self { root, folder, in_store, session: Arc::new(session), tagged: Mutex::default() }
    }

    fn layout(&self, repository: &str) -> Result<Layout, Refusal> {
        if self.in_store { Ok(Layout::at(self.root.join(repository))) } else { Err(place::nowhere(repository)) }
    }

    async fn parts(&self, order: &ImageOrder<'_>, staging: &Path, watcher: &Watcher) -> Result<Parts, Failure> {
        match order.build {
            Build::Assembly(assembly) => {
                let base = base::locate(assembly, &self.folder, &self.root, self.in_store, &self.session)?;
                assemble::assemble(order, assembly, base, staging, watcher).await
            }
            Build::Dockerfile(recipe) => dockerfile::build(order, recipe, staging, watcher).await,
        }
    }

    /// Puts an image into a layout folder.
    async fn keep(&self, layout: Layout, parts: Parts) -> Result<(), Failure> {
        let mut needed = vec![parts.image.descriptor()];
        needed.extend(parts.children.iter().map(Known::descriptor));
        needed.extend(parts.blobs.iter().map(|part| part.descriptor.clone()));
        let mut staged = Vec::new();
        for part in parts.blobs {
            staged.extend(self.stage(&layout, part).await?);
        }
        let manifests: Vec<Vec<u8>> =
            parts.children.iter().chain([&parts.image]).map(|known| known.manifest.text.clone().into_bytes()).collect();
        let image = parts.image.descriptor();
        work::blocking(move || {
            for manifest in manifests {
                staged.push(layout.stage(&manifest)?);
            }
            layout.commit(staged, &needed, &image)
        })
        .await?;
        Ok(())
    }

    /// Brings a blob beside the layout's others, unless it is there.
    async fn stage(&self, layout: &Layout, part: Part) -> Result<Option<Staged>, Failure> {
        let layout = layout.clone();
        let Part { descriptor, origin } = part;
        if layout.has(&descriptor) {
            return Ok(None);
        }
        let digest = descriptor.digest;
        Ok(Some(match origin {
            Origin::Bytes(bytes) => work::blocking(move || layout.stage(&bytes)).await?,
            Origin::Made(file) => Staged { digest, file },
            Origin::File(path) => work::blocking(move || layout.stage_file(&path, &digest)).await?,
            Origin::Registry(remote) => {
                let file = work::blocking(move || layers::begin(layout.staging()?)).await?;
                let handle = file.reopen().map_err(|error| problem::file("cannot write", file.path(), &error))?;
                self.session.save_blob(&remote, &digest, handle).await?;
                Staged { digest, file: file.into_temp_path() }
            }
        }))
    }

    /// Puts a tag on an image of a registry: the manifest is read unless it is given, and put under the tag.
    ///
    /// That is two requests, or one. Whether the tag is there already is asked only if it was put from here before: the
    /// ledger remembers across processes, and the same bytes under the same tag again change nothing.
    async fn tag_remote(
        &self,
        remote: &Remote,
        digest: &Digest,
        tag: &ImageTag,
        given: Option<&Manifest>,
    ) -> Result<Outcome, Failure> {
        let key = (remote.clone(), tag.clone());
        let before = self.tagged.lock().ok().and_then(|tagged| tagged.get(&key).cloned());
        if before.as_ref() == Some(digest) && self.session.is_tagged(remote, digest, tag).await? {
            return Ok(Outcome::Already);
        }
        let known = if let Some(given) = given {
            Known::verify(digest, given.text.clone().into_bytes(), Some(&given.media_type))?
        } else {
            let found = self.session.manifest(remote, digest, Access::Push).await?;
            found.ok_or_else(|| problem::missing(&format!("the image {digest}"), &format!("`{remote}`")))?
        };
        self.session.put_manifest(remote, digest, tag.as_str(), &known.manifest).await?;
        if let Ok(mut tagged) = self.tagged.lock() {
            tagged.insert(key, digest.clone());
        }
        Ok(Outcome::Changed)
    }

    async fn find_remote(&self, remote: &Remote, digest: &Digest) -> Result<Option<Image>, Failure> {
        let Some(image) = self.session.manifest(remote, digest, Access::Pull).await? else { return Ok(None) };
        let wanted = stream::iter(&image.references.manifests)
            .map(|child| self.session.manifest(remote, &child.digest, Access::Pull));
        let children: Vec<Option<Known>> = wanted.buffered(AT_ONCE).try_collect().await?;
        let children: Vec<Known> = children.into_iter().flatten().collect();
        Ok(Some(told(image, &children)))
    }
}

impl Port for Images {
    async fn build(&self, order: &ImageOrder<'_>, watcher: &Watcher) -> Result<Image, Failure> {
        match Place::parse(order.repository)? {
            Place::Store(repository) => {
                let layout = self.layout(&repository)?;
                let made = layout.clone();
                let staging = work::blocking(move || made.staging().map(Path::to_owned)).await?;
                let parts = self.parts(order, &staging, watcher).await?;
                let image = parts.told();
                self.keep(layout, parts).await?;
                Ok(image)
            }
            Place::Registry(remote) => {
                let staging = tempfile::tempdir()
                    .map_err(|error| Fault::lasting(format!("no temporary folder can be made: {error}")))?;
                let parts = self.parts(order, staging.path(), watcher).await?;
                self.session.push(&remote, &parts, watcher).await?;
                Ok(parts.told())
            }
        }
    }

    async fn tag(
        &self,
        repository: &str,
        digest: &Digest,
        tag: &ImageTag,
        manifest: Option<&Manifest>,
    ) -> Result<Outcome, Failure> {
        match Place::parse(repository)? {
            Place::Store(repository) => {
                let (layout, digest, tag, manifest) =
                    (self.layout(&repository)?, digest.clone(), tag.clone(), manifest.cloned());
                work::blocking(move || layout.tag(&digest, &tag, manifest.as_ref())).await
            }
            Place::Registry(remote) => self.tag_remote(&remote, digest, tag, manifest).await,
        }
    }

    async fn find(&self, repository: &str, digest: &Digest) -> Result<Option<Image>, Failure> {
        match Place::parse(repository)? {
            Place::Store(repository) => {
                let (layout, digest) = (self.layout(&repository)?, digest.clone());
                work::blocking(move || layout.find(&digest)).await
            }
            Place::Registry(remote) => self.find_remote(&remote, digest).await,
        }
    }

    async fn erase(&self, repository: &str, digest: &Digest) -> Result<Outcome, Failure> {
        match Place::parse(repository)? {
            Place::Store(repository) => {
                let (layout, digest) = (self.layout(&repository)?, digest.clone());
                work::blocking(move || layout.erase(&digest)).await
            }
            Place::Registry(remote) => {
                if let Ok(mut tagged) = self.tagged.lock() {
                    tagged.retain(|(place, _), on| *place != remote || on != digest);
                }
                self.session.erase(&remote, digest).await
            }
        }
    }
}
