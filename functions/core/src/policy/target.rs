//! Which target an artifact has in an environment.

use super::{Artifact, Observe, Policy, RelativePath, Target, TargetKind};
use crate::ids::Name;

impl Policy {
    /// Where `artifact` goes in `environment`: the environment's own word first, then the artifact's.
    pub fn target<'a>(&'a self, environment: &Name, name: &Name, artifact: &'a Artifact) -> Option<&'a Target> {
        let own = self.environments.get(environment).and_then(|environment| environment.artifacts.get(name));
        own.map(|own| &own.deploy).or(artifact.deploy.as_ref())
    }

    /// How one sees that what was written in `environment` is running: what each of its targets asks for.
    pub fn observes(&self, environment: &Name) -> Vec<&Observe> {
        let targets = self.artifacts.iter().filter_map(|(name, artifact)| self.target(environment, name, artifact));
        targets.filter_map(|target| target.observe.as_ref()).filter(|observe| **observe != Observe::Written).collect()
    }
}

impl TargetKind {
    /// The same place with `{environment}` replaced.
    #[must_use]
    pub fn within(&self, environment: &Name) -> Self {
        let mut target = self.clone();
        let text = |text: &mut String| *text = text.replace("{environment}", environment.as_str());
        match &mut target {
            Self::Kustomize(kustomize) => kustomize.kustomize = kustomize.kustomize.within(environment),
            Self::Helm(helm) => {
                helm.helm = helm.helm.within(environment);
                text(&mut helm.key);
            }
            Self::Manifest(manifest) => manifest.manifest = manifest.manifest.within(environment),
            Self::Yaml(yaml) => {
                yaml.yaml = yaml.yaml.within(environment);
                text(&mut yaml.path);
            }
            Self::Folder(folder) => text(&mut folder.folder),
            // A command is told the environment by a variable; nothing is put into it.
            Self::Run(_) => {}
        }
        target
    }
}

impl RelativePath {
    /// The same path with `{environment}` replaced: a name holds no `/` and is no `..`, so it stays confined.
    fn within(&self, environment: &Name) -> Self {
        let replaced = self.as_str().replace("{environment}", environment.as_str());
        Self::try_from(replaced).unwrap_or_else(|_| self.clone())
    }
}
