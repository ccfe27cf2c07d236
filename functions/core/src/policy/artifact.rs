//! What is built from a commit, how, and where each artifact is deployed.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::HttpCheck;
use super::values::{Duration, Patterns, Platform, RelativePath};
use crate::ids::{Digest, Name};

/// One artifact: an image or a package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// An image's repository. Without a registry's host (`shop/api`) it is kept in the store, as an OCI layout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// How an image is built. Without it, something else builds it and `trunkline record` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// How a package is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Package>,
    /// The files it is made of, in GitHub's path filter syntax; what is not watched is not there when it is built.
    #[serde(default)]
    pub watch: Patterns,
    /// Artifacts of the same commit that must be deployed before this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Name>,
    /// Where it is deployed; without it, it is only built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Target>,
}

/// Whether an artifact is an image or a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A container image.
    Image,
    /// A file, usually a zip.
    Package,
}

/// How an image is built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Build {
    /// By `docker buildx` or `buildah`.
    Dockerfile(Dockerfile),
    /// From layers, without a daemon.
    Assembly(Assembly),
}

/// A build by `docker buildx` or `buildah`, whichever is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dockerfile {
    /// The Dockerfile.
    pub dockerfile: RelativePath,
    /// The folder it is built in.
    #[serde(default)]
    pub context: RelativePath,
    /// Build arguments.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub args: IndexMap<String, String>,
    /// The platforms of the image; one: a plain image, several: an index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<Platform>,
}

/// An image put together from folders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assembly {
    /// `scratch`, or an image by digest: `registry.example/debian@sha256:…`, or `./folder@sha256:…` for an OCI layout.
    pub base: String,
    /// A command that is run in the export first, by `sh -c`; it writes the files that the layers take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The layers, lowest first. `{os}` and `{architecture}` in `from` stand for the platform's.
    #[serde(default)]
    pub layers: Vec<Layer>,
    /// How layers are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// The program and its first arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// The arguments after the entrypoint's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// Environment variables, added to the base's.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub env: IndexMap<String, String>,
    /// The user it runs as: `user`, `uid`, `user:group` or `uid:gid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The folder it starts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workdir: Option<String>,
    /// Labels, added to the base's and to those Trunkline sets.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// The platforms of the image; one: a plain image, several: an index.
    #[serde(default = "linux_amd64")]
    pub platforms: Vec<Platform>,
}

/// How layers are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// What every runtime reads.
    #[default]
    Gzip,
    /// Smaller and faster; read by containerd 1.5 and newer.
    Zstd,
}

/// One layer: a folder of the export, and where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// A file or folder of the export.
    pub from: RelativePath,
    /// The absolute path it has in the image.
    pub to: String,
}

/// How a package is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Package {
    /// A folder of the export, as a deterministic zip.
    Directory(Directory),
    /// Whatever file a command leaves.
    Command(Command),
}

/// A folder of the export, as a deterministic zip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// The folder whose content becomes the zip's.
    pub directory: RelativePath,
}

/// A command that leaves a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The command, run in the export by `sh -c`.
    pub run: String,
    /// The file it leaves.
    pub output: RelativePath,
}

/// Where an artifact is deployed, and how one sees that it runs there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The place itself.
    #[serde(flatten)]
    pub kind: TargetKind,
    /// How one sees that what was written is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observe: Option<Observe>,
}

/// The places an artifact is deployed to. `{environment}` in any path stands for the environment's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TargetKind {
    /// The `images:` entry of a kustomization.
    Kustomize(Kustomize),
    /// A Helm values file.
    Helm(Helm),
    /// Plain Kubernetes YAML: every container of the image's repository.
    Manifest(Manifest),
    /// Any YAML file and path.
    Yaml(Yaml),
    /// A folder on this machine.
    Folder(Folder),
    /// A command.
    Run(Run),
}

/// The `images:` entry of a kustomization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kustomize {
    /// The folder of the `kustomization.yaml`, in the manifest repository.
    pub kustomize: RelativePath,
}

/// A Helm values file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Helm {
    /// The values file, in the manifest repository.
    pub helm: RelativePath,
    /// The dotted path of the map that holds `repository`, `tag` and `digest`.
    #[serde(default = "image_key")]
    pub key: String,
}

/// Plain Kubernetes YAML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The file, in the manifest repository.
    pub manifest: RelativePath,
}

/// Any YAML file and path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Yaml {
    /// The file, in the manifest repository.
    pub yaml: RelativePath,
    /// The dotted path of the value: `spec.containers[0].image`.
    pub path: String,
    /// What it becomes. `{repository}`, `{tag}`, `{digest}` and `{commit}` stand for the artifact's.
    #[serde(default = "image_value")]
    pub value: String,
}

/// A folder on this machine: unpacked beside, switched in one step, the one before kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// The folder, absolute or relative to the policy file.
    pub folder: String,
}

/// A command, with the artifact's place in its environment. Unfenced: the command is told the ledger's name and number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The command, run by `sh -c` in the policy file's folder.
    pub run: String,
}

/// How one sees that what was written is running.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Observe {
    /// It is trusted to: what stands behind the repository brings it there.
    Written,
    /// An address answers as it should.
    Http(HttpCheck),
    /// So long after it was written.
    Delay(Duration),
    /// A person or another system says so: `trunkline verdict … --check running --passed`.
    Verdict,
}

impl Artifact {
    /// Whether it is an image or a package.
    pub fn kind(&self) -> Kind {
        if self.image.is_some() { Kind::Image } else { Kind::Package }
    }
}

impl Assembly {
    /// The digest a base that is not `scratch` is pinned to, with the place before it.
    pub fn base_image(&self) -> Option<(&str, Digest)> {
        let (place, digest) = self.base.rsplit_once('@')?;
        Some((place, digest.parse().ok()?))
    }
}

fn linux_amd64() -> Vec<Platform> {
    vec![Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None }]
}

fn image_key() -> String {
    "image".to_owned()
}

fn image_value() -> String {
    "{repository}:{tag}@{digest}".to_owned()
}
