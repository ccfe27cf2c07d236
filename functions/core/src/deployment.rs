//! What a deployment is made of: the artifacts of one commit, the places they go to, and what goes there in one step.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::Deploy;
use crate::ids::{Commit, Digest, ImageTag, Name};
use crate::policy::{Kind, Policy, TargetKind};

/// The bytes of one artifact, and where they are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Bytes {
    /// Image or package.
    pub kind: Kind,
    /// The digest of the image's manifest or index, or of the package's file.
    pub digest: Digest,
    /// The image's repository; a package has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The tag people know the image by; the digest is what counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<ImageTag>,
}

/// What a deployment brings, by artifact.
pub type Artifacts = BTreeMap<Name, Bytes>;

/// A place that is written in one step, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// A branch of a manifest repository: one commit.
    Manifests {
        /// A path, relative to the policy file, or a git URL.
        repository: String,
        /// The branch.
        branch: String,
    },
    /// A folder on this machine, absolute or relative to the policy file.
    Folder(String),
    /// A command; unfenced.
    Run(String),
}

/// What is written to one destination in one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Where.
    pub destination: Destination,
    /// For which environment.
    pub environment: Name,
    /// Of which commit.
    pub commit: Commit,
    /// What: one piece for each artifact that goes there.
    pub pieces: Vec<Piece>,
}

/// One artifact and its place within a destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// The artifact's name.
    pub artifact: Name,
    /// The place; `{environment}` is already replaced.
    pub target: TargetKind,
    /// What shall be there.
    pub bytes: Bytes,
    /// What the environment ran there before, when it ran something.
    pub previous: Option<Bytes>,
}

/// What an effect carries so that anybody can tell whose it was: trailers of a commit, tags of a stack, a marker in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The ledger's project.
    pub project: Name,
    /// The number of the entry that started the deployment: the fencing token.
    pub number: u64,
    /// The environment.
    pub environment: Name,
    /// The commit that is deployed.
    pub commit: Commit,
    /// The commit that ran there before.
    pub previous: Option<Commit>,
    /// Who shipped what in between, oldest first: one line for each commit.
    pub shipped: Vec<String>,
}

/// What is to be written for a deployment: waves of units, each after the one before it; the units of a wave are independent.
///
/// All that goes to one destination is one unit. An artifact comes after those it `needs`.
pub fn waves(policy: &Policy, deploy: &Deploy, previous: Option<&Artifacts>) -> Vec<Vec<Unit>> {
    let mut open = units(policy, deploy, previous);
    let mut done: BTreeSet<&Name> = BTreeSet::new();
    let deployed: BTreeSet<Name> =
        open.iter().flat_map(|unit| &unit.pieces).map(|piece| piece.artifact.clone()).collect();
    let mut waves = Vec::new();
    while !open.is_empty() {
        let ready = |unit: &Unit| {
            let own = |name: &Name| unit.pieces.iter().any(|piece| piece.artifact == *name);
            let needs = unit
                .pieces
                .iter()
                .filter_map(|piece| policy.artifacts.get(&piece.artifact))
                .flat_map(|artifact| &artifact.needs);
            needs.into_iter().all(|need| own(need) || done.contains(need) || !deployed.contains(need))
        };
        let (mut wave, mut later): (Vec<Unit>, Vec<Unit>) = open.into_iter().partition(|unit| ready(unit));
        if wave.is_empty() {
            // `check` refuses needs that go round; were one here, every unit would still be written, in order.
            std::mem::swap(&mut wave, &mut later);
        }
        let names = wave.iter().flat_map(|unit| &unit.pieces).map(|piece| &piece.artifact);
        done.extend(names.filter_map(|name| deployed.get(name)));
        waves.push(wave);
        open = later;
    }
    waves
}

fn units(policy: &Policy, deploy: &Deploy, previous: Option<&Artifacts>) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for (artifact, recipe) in &policy.artifacts {
        let Some(bytes) = deploy.artifacts.get(artifact) else { continue };
        let Some(target) = policy.target(&deploy.environment, artifact, recipe) else { continue };
        let target = target.kind.within(&deploy.environment);
        let destination = match &target {
            TargetKind::Folder(folder) => Destination::Folder(folder.folder.clone()),
            TargetKind::Run(run) => Destination::Run(run.run.clone()),
            TargetKind::Kustomize(_) | TargetKind::Helm(_) | TargetKind::Manifest(_) | TargetKind::Yaml(_) => {
                // `check` refuses such a target in a policy without `manifests`.
                let Some(manifests) = &policy.manifests else { continue };
                Destination::Manifests { repository: manifests.repository.clone(), branch: manifests.branch.clone() }
            }
        };
        let previous = previous.and_then(|previous| previous.get(artifact)).cloned();
        let piece = Piece { artifact: artifact.clone(), target, bytes: bytes.clone(), previous };
        match units
            .iter_mut()
            .find(|unit| unit.destination == destination && !matches!(destination, Destination::Run(_)))
        {
            Some(unit) => unit.pieces.push(piece),
            None => units.push(Unit {
                destination,
                environment: deploy.environment.clone(),
                commit: deploy.commit.clone(),
                pieces: vec![piece],
            }),
        }
    }
    units
}
