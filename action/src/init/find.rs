//! What a repository holds that is built and deployed, by the names of its files.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{fresh, legal};
use super::tree::Tree;

/// Names of environments that folders of manifests have.
const ENVIRONMENTS: [&str; 3] = ["stage", "demo", "prod"];

/// Folders that hold a site as it is served.
const SITES: [&str; 3] = ["public", "dist", "site"];

/// Everything that was found.
pub(super) struct Found {
    /// The project's name.
    pub(super) project: String,
    /// The branch that is taken for trunk.
    pub(super) trunk: String,
    /// Where the repository came from, when there are manifests in it.
    pub(super) manifests: Option<String>,
    /// What is built, in the order of the paths.
    pub(super) artifacts: Vec<Artifact>,
    /// What was found where, a line each.
    pub(super) told: Vec<String>,
}

/// Something that is built.
pub(super) struct Artifact {
    /// Its name.
    pub(super) name: String,
    /// Its folder; empty for the root.
    pub(super) folder: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Where its manifests are, with `{environment}`.
    pub(super) manifest: Option<Manifest>,
}

/// What is built.
pub(super) enum Kind {
    /// An image, by this Dockerfile.
    Image(String),
    /// What the Serverless framework packages.
    Serverless,
    /// What SAM packages, by this template.
    Sam(String),
    /// A folder as it is.
    Site,
}

/// The place of an image in manifests.
#[derive(Clone)]
pub(super) enum Manifest {
    /// The folder of a kustomization.
    Kustomize(String),
    /// A values file.
    Helm(String),
}

impl Found {
    /// Looks through the paths of a repository.
    pub(super) fn look(tree: &Tree) -> Self {
        let root = tree.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let project = legal(&root, "project");
        let mut artifacts = artifacts(tree, &project);
        let manifests = manifests(tree);
        for artifact in artifacts.iter_mut().filter(|artifact| matches!(artifact.kind, Kind::Image(_))) {
            artifact.manifest = manifests.get(&artifact.name).cloned();
        }
        // The only image and the only manifests belong together, whatever they are called.
        let mut images = artifacts.iter_mut().filter(|artifact| matches!(artifact.kind, Kind::Image(_)));
        if let (Some(only), None, 1) = (images.next(), images.next(), manifests.len()) {
            only.manifest = manifests.values().next().cloned();
        }
        let mut told: Vec<String> = artifacts.iter().map(Artifact::told).collect();
        let used = |manifest: &Manifest| {
            artifacts.iter().filter_map(|one| one.manifest.as_ref()).any(|one| one.path() == manifest.path())
        };
        for manifest in manifests.values() {
            let without = if used(manifest) { "" } else { ", of no image here" };
            told.push(format!("{}: where manifests name what runs{without}", manifest.path()));
        }
        let any = artifacts.iter().any(|artifact| artifact.manifest.is_some());
        let repository = any.then(|| tree.origin.clone().unwrap_or_else(|| ".".to_owned()));
        let trunk = tree.branch.clone().unwrap_or_else(|| "main".to_owned());
        Self { project, trunk, manifests: repository, artifacts, told }
    }
}

fn artifacts(tree: &Tree, project: &str) -> Vec<Artifact> {
    let mut taken = BTreeSet::new();
    let mut artifacts = Vec::new();
    let mut sites = BTreeSet::new();
    for path in &tree.paths {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        if skipped(folder) {
            continue;
        }
        let (kind, named_by) = if file == "Dockerfile" {
            (Kind::Image(path.clone()), folder)
        } else if let Some(suffix) = file.strip_prefix("Dockerfile.") {
            (Kind::Image(path.clone()), suffix)
        } else if matches!(file, "serverless.yml" | "serverless.yaml") {
            (Kind::Serverless, folder)
        } else if matches!(file, "template.yaml" | "template.yml") && tree.holds(path, "AWS::Serverless") {
            (Kind::Sam(path.clone()), folder)
        } else if let Some(site) = site(folder).filter(|site| sites.insert((*site).to_owned())) {
            artifacts.push(Artifact {
                name: fresh(site, "site", &mut taken),
                folder: site.to_owned(),
                kind: Kind::Site,
                manifest: None,
            });
            continue;
        } else {
            continue;
        };
        let name = fresh(named_by, project, &mut taken);
        artifacts.push(Artifact { name, folder: folder.to_owned(), kind, manifest: None });
    }
    // A folder that something else is built from is an ingredient, not an artifact of its own.
    let builds: Vec<String> =
        artifacts.iter().filter(|one| !matches!(one.kind, Kind::Site)).map(|one| one.folder.clone()).collect();
    artifacts.retain(|one| !matches!(one.kind, Kind::Site) || !builds.iter().any(|folder| within(&one.folder, folder)));
    artifacts
}

/// Folders that hold what others wrote, or examples.
fn skipped(folder: &str) -> bool {
    let foreign = ["node_modules", "vendor", "third_party", "testdata", "fixtures", "examples", "test", "tests"];
    folder.split('/').any(|part| foreign.contains(&part) || part.starts_with('.') && part.len() > 1)
}

/// The folder of a site that `folder` is, or is in: at the root, or one folder down.
fn site(folder: &str) -> Option<&str> {
    let first = folder.split('/').next().unwrap_or_default();
    if SITES.contains(&first) {
        return Some(first);
    }
    let second = folder[first.len()..].trim_start_matches('/').split('/').next().unwrap_or_default();
    SITES.contains(&second).then(|| &folder[..=first.len() + second.len()])
}

fn within(inner: &str, outer: &str) -> bool {
    outer.is_empty() || inner == outer || inner.starts_with(&format!("{outer}/"))
}

/// Kustomizations and values files of environments, by the name of the application they are of.
fn manifests(tree: &Tree) -> BTreeMap<String, Manifest> {
    let mut found: BTreeMap<String, Manifest> = BTreeMap::new();
    for path in &tree.paths {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let place = match file {
            "kustomization.yaml" | "kustomization.yml" | "Kustomization" => {
                each_environment(folder).map(Manifest::Kustomize)
            }
            _ => values(folder, file).map(Manifest::Helm),
        };
        if let Some(place) = place {
            found.entry(application(place.path())).or_insert(place);
        }
    }
    found
}

/// The folder with `{environment}` for its last part, if that is an environment's name.
fn each_environment(folder: &str) -> Option<String> {
    let (before, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    let slash = if before.is_empty() { "" } else { "/" };
    ENVIRONMENTS.contains(&last).then(|| format!("{before}{slash}{{environment}}"))
}

/// A values file of an environment: `values-prod.yaml`, `values.prod.yaml`, or `prod.yaml` beside others of a chart.
fn values(folder: &str, file: &str) -> Option<String> {
    let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"))?;
    let ending = &file[stem.len()..];
    let chart = folder.split('/').any(|part| matches!(part, "chart" | "charts" | "helm"));
    let prefix = ["values-", "values.", ""].into_iter().find(|prefix| {
        let environment = stem.strip_prefix(prefix);
        environment.is_some_and(|name| ENVIRONMENTS.contains(&name)) && (chart || !prefix.is_empty())
    })?;
    let slash = if folder.is_empty() { "" } else { "/" };
    Some(format!("{folder}{slash}{prefix}{{environment}}{ending}"))
}

/// What the manifests at `place` are of: the last folder that says more than where it is.
fn application(place: &str) -> String {
    let plain = ["overlays", "environments", "envs", "apps", "charts", "chart", "helm", "deploy", "k8s", "kustomize"];
    let folders = place.rsplit('/').skip(1);
    let named = folders.into_iter().find(|part| !plain.contains(part) && !part.is_empty());
    legal(named.unwrap_or_default(), "app")
}

impl Manifest {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Kustomize(path) | Self::Helm(path) => path,
        }
    }
}

impl Artifact {
    fn told(&self) -> String {
        let (name, folder) = (&self.name, if self.folder.is_empty() { "." } else { &self.folder });
        match &self.kind {
            Kind::Image(dockerfile) => format!("{dockerfile}: the image `{name}`"),
            Kind::Serverless => format!("{folder}/serverless.yml: the package `{name}`"),
            Kind::Sam(template) => format!("{template}: the package `{name}`"),
            Kind::Site => format!("{folder}/: the package `{name}`"),
        }
    }
}
