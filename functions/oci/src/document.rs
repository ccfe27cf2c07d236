//! The documents of an image: descriptors, manifests, indexes and configurations, with the fields that are used here.
//!
//! Own types and not `oci-spec`'s: the order of fields decides the digest, so it must not change with a library's release.
//! Bytes that came from elsewhere are never written again from these types; they are kept as they came.
//! Source: <https://github.com/opencontainers/image-spec/blob/main/manifest.md>, `image-index.md`, `config.md`

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trunkline_core::ids::Digest;
use trunkline_core::policy::Platform;
use trunkline_ports::artifacts::Manifest;
use trunkline_ports::failure::Failure;

use crate::problem;

/// An image index: one manifest for each platform.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The manifest of an image for one platform.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The configuration of an image.
pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Docker's older words for the same documents; registries still keep images in them.
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The longest manifest or index that is read, in bytes (4 MiB): what registries accept.
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests>
pub(crate) const MAX_MANIFEST: u64 = 4 * 1024 * 1024;

/// The longest configuration that is read, in bytes (16 MiB). They hold history and labels, a few KiB as a rule.
pub(crate) const MAX_CONFIG: u64 = 16 * 1024 * 1024;

/// A pointer to a blob or manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<PlatformEntry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
    /// Fields that others wrote and that are kept.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, Value>,
}

impl Descriptor {
    pub(crate) fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest,
            size,
            platform: None,
            annotations: BTreeMap::new(),
            other: BTreeMap::new(),
        }
    }

    /// Whether it points to an index.
    pub(crate) fn is_index(&self) -> bool {
        matches!(self.media_type.as_str(), INDEX | DOCKER_LIST)
    }

    /// Whether the blob may only be fetched from elsewhere (`urls`), so that it is neither pushed nor kept.
    pub(crate) fn is_foreign(&self) -> bool {
        self.other.contains_key("urls")
            && (self.media_type.contains("foreign") || self.media_type.contains("nondistributable"))
    }
}

/// The platform of an image in an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlatformEntry {
    pub(crate) architecture: String,
    pub(crate) os: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<String>,
    /// `os.version`, `os.features` and whatever else there is.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, Value>,
}

impl From<&Platform> for PlatformEntry {
    fn from(platform: &Platform) -> Self {
        Self {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            other: BTreeMap::new(),
        }
    }
}

/// A manifest that is written here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewManifest<'a> {
    pub(crate) schema_version: u8,
    pub(crate) media_type: &'a str,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) annotations: &'a BTreeMap<String, String>,
}

/// An index that is written here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewIndex<'a> {
    pub(crate) schema_version: u8,
    pub(crate) media_type: &'a str,
    pub(crate) manifests: Vec<Descriptor>,
    pub(crate) annotations: &'a BTreeMap<String, String>,
}

/// What a manifest or index refers to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct References {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    pub(crate) config: Option<Descriptor>,
    #[serde(default)]
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default)]
    pub(crate) manifests: Vec<Descriptor>,
}

impl References {
    /// Reads them from a manifest's or index's text.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|error| problem::unreadable("the manifest", &error))
    }

    /// The blobs that are kept beside it: configuration and layers.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(self.layers.iter().filter(|layer| !layer.is_foreign()))
    }

    /// Its media type: what it says itself, else what it was served as, else what its shape tells.
    pub(crate) fn media_type(&self, served: Option<&str>) -> String {
        let shape = if self.manifests.is_empty() { MANIFEST } else { INDEX };
        let served = served.filter(|served| [INDEX, MANIFEST, DOCKER_LIST, DOCKER_MANIFEST].contains(served));
        self.media_type.as_deref().or(served).unwrap_or(shape).to_owned()
    }
}

/// A manifest or index, with the digest and references that were read from it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) digest: Digest,
    pub(crate) manifest: Manifest,
    pub(crate) references: References,
}

impl Known {
    /// Reads a manifest whose bytes must be those that `digest` names.
    pub(crate) fn verify(digest: &Digest, bytes: Vec<u8>, served: Option<&str>) -> Result<Self, Failure> {
        let actual = crate::digest::digest_of(&bytes);
        if actual != *digest {
            return Err(problem::changed("the manifest", digest, &actual));
        }
        let text = String::from_utf8(bytes).map_err(|_| {
            problem::unbuildable(format!("the manifest {digest} is no text"), "a manifest is JSON in UTF-8")
        })?;
        let references = References::read(&text)?;
        let media_type = references.media_type(served);
        Ok(Self { digest: digest.clone(), manifest: Manifest { media_type, text }, references })
    }

    /// A pointer to it.
    pub(crate) fn descriptor(&self) -> Descriptor {
        Descriptor::new(&self.manifest.media_type, self.digest.clone(), self.manifest.text.len() as u64)
    }
}
