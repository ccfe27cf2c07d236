//! The image a recipe begins with: from a layout folder, the store or a registry, always by digest.

use std::path::Path;
use std::sync::Arc;

use trunkline_core::ids::Digest;
use trunkline_core::policy::{Assembly, Platform};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;

use crate::config::Config;
use crate::document::{Descriptor, Known, MAX_CONFIG};
use crate::image::{Origin, Part};
use crate::layout::Layout;
use crate::place::{self, Place, Remote};
use crate::problem;
use crate::registry::{Access, Session};
use crate::work;

/// Where a base is.
#[derive(Clone)]
pub(crate) enum Source {
    Layout(Layout),
    /// A registry, and where manifests and configurations that were read once are kept: a digest's bytes never change.
    Registry {
        session: Arc<Session>,
        remote: Remote,
        kept: Layout,
    },
}

/// A base for one platform.
pub(crate) struct Base {
    pub(crate) config: Config,
    /// Its layers, lowest first, under OCI's media types.
    pub(crate) layers: Vec<Part>,
}

/// Reads the base's place: `./folder@sha256:…` and `/folder@sha256:…` are layouts, the rest are repositories.
///
/// # Errors
/// [`Code::PolicyInvalid`] when it is no image by digest.
pub(crate) fn locate(
    assembly: &Assembly,
    folder: &Path,
    root: &Path,
    in_store: bool,
    session: &Arc<Session>,
) -> Result<Option<(Source, Digest)>, Failure> {
    if assembly.base == "scratch" {
        return Ok(None);
    }
    let (place, digest) = assembly.base_image().ok_or_else(|| {
        Refusal::new(Code::PolicyInvalid, format!("the base `{}` is not an image by digest", assembly.base))
            .help("write `scratch`, `host/repository@sha256:…` or `./layout@sha256:…`; `skopeo inspect docker://IMAGE` prints the digest of a tag")
    })?;
    let source = if place.starts_with(['.', '/']) {
        Source::Layout(Layout::at(folder.join(place)))
    } else {
        match Place::parse(place)? {
            Place::Store(repository) if !in_store => return Err(place::nowhere(&repository).into()),
            Place::Store(repository) => Source::Layout(Layout::at(root.join(repository))),
            Place::Registry(remote) => {
                Source::Registry { session: Arc::clone(session), remote, kept: Layout::at(root.join(".bases")) }
            }
        }
    };
    Ok(Some((source, digest)))
}

impl Source {
    /// The base for each platform.
    pub(crate) async fn open(&self, digest: &Digest, platforms: &[Platform]) -> Result<Vec<Base>, Failure> {
        let known = self.manifest(digest).await?;
        let mut bases = Vec::new();
        for platform in platforms {
            let child = if known.references.manifests.is_empty() {
                known.clone()
            } else {
                self.manifest(&choose(&known, platform)?.digest).await?
            };
            bases.push(self.base(&child, platform).await?);
        }
        Ok(bases)
    }

    async fn base(&self, known: &Known, platform: &Platform) -> Result<Base, Failure> {
        let wrong = |why: &str| {
            problem::unbuildable(format!("the base {}: {why}", known.digest), "look at it with `skopeo inspect --raw`")
        };
        let descriptor = known.references.config.as_ref().ok_or_else(|| wrong("it has no configuration"))?;
        let text = self.bytes(&descriptor.digest, MAX_CONFIG).await?;
        let config: Config =
            serde_json::from_slice(&text).map_err(|error| problem::unreadable("the base's configuration", &error))?;
        if !config.runs_on(platform) {
            return Err(wrong(&format!("it is for {}, not for {platform}", config.platform())));
        }
        if config.rootfs.diff_ids.len() != known.references.layers.len() {
            return Err(wrong("its configuration does not name its layers"));
        }
        let layers =
            known.references.layers.iter().map(|layer| Part { descriptor: oci(layer), origin: self.origin(layer) });
        Ok(Base { config, layers: layers.collect() })
    }

    async fn manifest(&self, digest: &Digest) -> Result<Known, Failure> {
        let Self::Registry { session, remote, kept } = self else {
            return Known::verify(digest, self.bytes(digest, crate::document::MAX_MANIFEST).await?, None);
        };
        let (layout, wanted) = (kept.clone(), digest.clone());
        if let Some(known) = work::blocking(move || layout.manifest(&wanted)).await? {
            return Ok(known);
        }
        let found = session.manifest(remote, digest, Access::Pull).await?;
        let known = found.ok_or_else(|| problem::missing(&format!("the base {digest}"), &format!("`{remote}`")))?;
        let (layout, bytes) = (kept.clone(), known.manifest.text.clone().into_bytes());
        work::blocking(move || layout.keep(&bytes)).await?;
        Ok(known)
    }

    async fn bytes(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, Failure> {
        let (layout, wanted) = (self.layout().clone(), digest.clone());
        if let Some(bytes) = work::blocking(move || layout.bytes(&wanted, limit)).await? {
            return Ok(bytes);
        }
        match self {
            Self::Layout(layout) => {
                Err(problem::missing(&format!("the base's {digest}"), &format!("`{}`", layout.folder().display())))
            }
            Self::Registry { session, remote, kept } => {
                let bytes = session.blob_bytes(remote, digest, limit).await?;
                let (layout, copy) = (kept.clone(), bytes.clone());
                work::blocking(move || layout.keep(&copy)).await?;
                Ok(bytes)
            }
        }
    }

    fn layout(&self) -> &Layout {
        match self {
            Self::Layout(layout) | Self::Registry { kept: layout, .. } => layout,
        }
    }

    fn origin(&self, layer: &Descriptor) -> Origin {
        match self {
            Self::Layout(layout) => Origin::File(layout.blob_path(&layer.digest)),
            Self::Registry { remote, .. } => Origin::Registry(remote.clone()),
        }
    }
}

/// The manifest of an index that is for a platform: one whose variant is the wanted one, else one without.
fn choose<'a>(index: &'a Known, platform: &Platform) -> Result<&'a Descriptor, Failure> {
    let fits = |entry: &&Descriptor| {
        entry.platform.as_ref().is_some_and(|own| own.os == platform.os && own.architecture == platform.architecture)
    };
    let variant = |entry: &&Descriptor| entry.platform.as_ref().and_then(|own| own.variant.clone());
    let fitting: Vec<&Descriptor> =
        index.references.manifests.iter().filter(fits).filter(|entry| !entry.is_index()).collect();
    let exact = fitting.iter().find(|entry| variant(entry) == platform.variant);
    let plain = fitting.iter().find(|entry| variant(entry).is_none() || platform.variant.is_none());
    exact.or(plain).copied().ok_or_else(|| {
        let there = index.references.manifests.iter().filter_map(|entry| entry.platform.as_ref());
        let there: Vec<String> = there.map(|own| format!("{}/{}", own.os, own.architecture)).collect();
        problem::unbuildable(
            format!("the base {} has no image for {platform}", index.digest),
            format!("it has {}; take one of these `platforms`, or another base", there.join(", ")),
        )
    })
}

/// The same layer under OCI's name for what it is: a manifest of one standard should not name parts by another's.
/// Source: <https://github.com/opencontainers/image-spec/blob/main/media-types.md#compatibility-matrix>
fn oci(layer: &Descriptor) -> Descriptor {
    let media_type = match layer.media_type.as_str() {
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd" => "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar" => "application/vnd.oci.image.layer.v1.tar",
        own => own,
    };
    Descriptor { media_type: media_type.to_owned(), ..layer.clone() }
}
