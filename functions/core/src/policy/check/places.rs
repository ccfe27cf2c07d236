//! Deploy targets: what each of them takes, and that no two write to one place.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::ids::Name;
use crate::policy::{Artifact, Kind, Observe, Policy, Target, TargetKind};

pub(super) fn check(policy: &Policy, findings: &mut Findings<'_>) {
    for (name, artifact) in &policy.artifacts {
        if let Some(target) = &artifact.deploy {
            one(policy, name, artifact, target, &["artifacts", name.as_str(), "deploy"], findings);
        }
    }
    for (environment, own) in &policy.environments {
        for (name, own) in &own.artifacts {
            if let Some(artifact) = policy.artifacts.get(name) {
                let path = ["environments", environment.as_str(), "artifacts", name.as_str(), "deploy"];
                one(policy, name, artifact, &own.deploy, &path, findings);
            }
        }
    }
    apart(policy, findings);
}

/// The key that decides which kind of target it is.
pub(super) fn key(target: &TargetKind) -> &'static str {
    match target {
        TargetKind::Kustomize(_) => "kustomize",
        TargetKind::Helm(_) => "helm",
        TargetKind::Manifest(_) => "manifest",
        TargetKind::Yaml(_) => "yaml",
        TargetKind::Folder(_) => "folder",
        TargetKind::Run(_) => "run",
    }
}

/// Whether the target is in the manifest repository.
pub(super) fn in_manifests(target: &TargetKind) -> bool {
    !matches!(target, TargetKind::Folder(_) | TargetKind::Run(_))
}

fn one(policy: &Policy, name: &Name, artifact: &Artifact, target: &Target, path: &[&str], findings: &mut Findings<'_>) {
    let key = key(&target.kind);
    let at = |key| [path, &[key]].concat();
    if in_manifests(&target.kind) && policy.manifests.is_none() {
        let help = "add `manifests` with the `repository` it is in";
        findings.say(&at(key), format!("`{key}` is a place in the manifest repository, and the policy has none"), help);
    }
    let image = matches!(target.kind, TargetKind::Kustomize(_) | TargetKind::Helm(_) | TargetKind::Manifest(_));
    if image && artifact.kind() == Kind::Package && artifact.package.is_some() {
        findings.say(
            &at(key),
            format!("`{key}` takes an image, and `{name}` is a package"),
            "deploy a package with `folder`, `yaml` or `run`",
        );
    }
    if key == "folder" && artifact.kind() == Kind::Image {
        let help = "deploy an image with `kustomize`, `helm`, `manifest`, `yaml` or `run`";
        findings.say(&at(key), format!("`folder` unpacks a package, and `{name}` is an image"), help);
    }
    texts(&target.kind, path, findings);
    match &target.observe {
        Some(Observe::Http(http)) => findings.http(&[path, &["observe", "http"]].concat(), http),
        Some(Observe::Delay(delay)) => findings.time(&[path, &["observe", "delay"]].concat(), "delay", *delay),
        Some(Observe::Written | Observe::Verdict) | None => {}
    }
}

fn texts(target: &TargetKind, path: &[&str], findings: &mut Findings<'_>) {
    let texts = match target {
        TargetKind::Kustomize(target) => vec![("kustomize", target.kustomize.as_str())],
        TargetKind::Helm(target) => vec![("helm", target.helm.as_str()), ("key", &target.key)],
        TargetKind::Manifest(target) => vec![("manifest", target.manifest.as_str())],
        TargetKind::Yaml(target) => {
            vec![("yaml", target.yaml.as_str()), ("path", &target.path), ("value", &target.value)]
        }
        TargetKind::Folder(target) => vec![("folder", target.folder.as_str())],
        TargetKind::Run(target) => vec![("run", target.run.as_str())],
    };
    for (key, text) in texts {
        let path = [path, &[key]].concat();
        // The folder of a kustomization may be the repository itself; everything else names something.
        if text.trim().is_empty() && key != "kustomize" {
            findings.say(&path, format!("`{key}` is empty"), "write what it names");
        }
        match key {
            // A shell has braces of its own.
            "run" => {}
            "value" => findings.placeholders(&path, text, &["repository", "tag", "digest", "commit"]),
            _ => findings.placeholders(&path, text, &["environment"]),
        }
    }
}

/// What a place is: a file or folder, and a part of it.
type Place = (Vec<String>, String);

fn place(target: &TargetKind, artifact: &Artifact) -> Option<Place> {
    let parts = |path: &str| -> Vec<String> {
        let root = path.starts_with('/').then(|| "/".to_owned());
        root.into_iter().chain(path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned)).collect()
    };
    let file = |path: &str| [vec!["manifests:".to_owned()], parts(path)].concat();
    let image = || format!("image {}", artifact.image.as_deref().unwrap_or_default());
    match target {
        TargetKind::Kustomize(target) => {
            Some((file(&format!("{}/kustomization.yaml", target.kustomize.as_str())), image()))
        }
        TargetKind::Helm(target) => Some((file(target.helm.as_str()), target.key.clone())),
        TargetKind::Manifest(target) => Some((file(target.manifest.as_str()), image())),
        TargetKind::Yaml(target) => Some((file(target.yaml.as_str()), target.path.clone())),
        TargetKind::Folder(target) => Some((parts(&target.folder), String::new())),
        TargetKind::Run(_) => None,
    }
}

/// Who is in a place.
#[derive(Clone, Copy)]
struct Tenant<'a> {
    environment: &'a Name,
    artifact: &'a Name,
    target: &'a TargetKind,
    /// Whether the environment's own word put it there.
    own: bool,
}

impl Tenant<'_> {
    fn say(&self, message: String, help: &str, findings: &mut Findings<'_>) {
        let (environment, artifact, key) = (self.environment.as_str(), self.artifact.as_str(), key(self.target));
        let path = if self.own {
            vec!["environments", environment, "artifacts", artifact, "deploy", key]
        } else {
            vec!["artifacts", artifact, "deploy", key]
        };
        findings.say(&path, message, help);
    }
}

fn apart(policy: &Policy, findings: &mut Findings<'_>) {
    let mut tenants: BTreeMap<Place, Tenant<'_>> = BTreeMap::new();
    // One word of the policy is refused once, however many environments it holds for.
    let mut refused: BTreeSet<(&Name, Option<&Name>)> = BTreeSet::new();
    for (environment, settings) in &policy.environments {
        for (name, artifact) in &policy.artifacts {
            let Some(target) = policy.target(environment, name, artifact) else { continue };
            let own = settings.artifacts.contains_key(name);
            let tenant = Tenant { environment, artifact: name, target: &target.kind, own };
            let Some(place) = place(&target.kind.within(environment), artifact) else { continue };
            match tenants.get(&place) {
                Some(first) if refused.insert((name, own.then_some(environment))) => shared(first, &tenant, findings),
                Some(_) => {}
                None => drop(tenants.insert(place, tenant)),
            }
        }
    }
    nested(&tenants, findings);
}

fn shared(first: &Tenant<'_>, second: &Tenant<'_>, findings: &mut Findings<'_>) {
    let place = key(second.target);
    if first.environment == second.environment {
        let message =
            format!("in `{}`, `{}` and `{}` have the same place", first.environment, first.artifact, second.artifact);
        return second.say(message, "give each of them its own", findings);
    }
    let message = format!(
        "`{}` in `{}` has the same place as `{}` in `{}`",
        second.artifact, second.environment, first.artifact, first.environment
    );
    let help =
        format!("put `{{environment}}` into `{place}`, or give one of them its own `deploy` under `environments`");
    second.say(message, &help, findings);
}

/// Refuses a folder inside another: one of them is replaced as a whole.
fn nested(tenants: &BTreeMap<Place, Tenant<'_>>, findings: &mut Findings<'_>) {
    let folders = tenants.iter().filter(|(_, tenant)| matches!(tenant.target, TargetKind::Folder(_)));
    let mut refused: BTreeSet<&Name> = BTreeSet::new();
    let mut outer: Option<(&Vec<String>, &Tenant<'_>)> = None;
    // In this order, what is inside a folder comes right after it.
    for ((folder, _), tenant) in folders {
        match outer {
            Some((parts, first)) if folder.starts_with(parts) => {
                if !refused.insert(tenant.artifact) {
                    continue;
                }
                let message = format!(
                    "the folder of `{}` in `{}` is inside that of `{}` in `{}`",
                    tenant.artifact, tenant.environment, first.artifact, first.environment
                );
                tenant.say(message, "a folder is replaced as a whole: put them side by side", findings);
            }
            _ => outer = Some((folder, tenant)),
        }
    }
}
