//! `record`: adopt an image or package that something else built.

use std::path::PathBuf;

use trunkline_core::deployment;
use trunkline_core::fact::{MAX_MANIFEST, ManifestText};
use trunkline_core::ids::{Commit, Digest, Name};
use trunkline_core::orders;
use trunkline_core::policy::{self, Artifact, Kind, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::{Images, Packages};
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::Repository;
use trunkline_ports::world::World;

use super::orders::carry_out;
use crate::answer::Answer;
use crate::arguments::{Common, Order};
use crate::session::Session;

/// The bytes that are adopted.
pub(super) struct Bytes {
    pub(super) artifact: Name,
    pub(super) digest: Digest,
    pub(super) file: Option<PathBuf>,
}

/// Bytes that were found where they belong.
struct Found {
    bytes: deployment::Bytes,
    size: u64,
    manifest: Option<ManifestText>,
}

pub(super) async fn record(
    common: &Common,
    order: &Order,
    revision: &str,
    bytes: Bytes,
    reason: Option<&str>,
) -> Result<Answer, Failure> {
    let session = Session::write(common, order.writer.by.as_deref()).await?;
    let commit = session.world.repository().resolve(revision).await?;
    let recipe = recipe(&session, &commit, &bytes.artifact).await?;
    let file = bytes.file.as_ref().map(|file| common.directory.clone().unwrap_or_default().join(file));
    let found = match (recipe.kind(), &recipe.image) {
        (Kind::Image, Some(repository)) => image(&session, repository, &bytes.digest).await?,
        _ => package(&session, &bytes, file).await?,
    };
    let ask = |state: &trunkline_core::state::State, _: &Policy| {
        let (bytes_, manifest) = (found.bytes.clone(), found.manifest.clone());
        let fact = orders::record(state, &commit, &bytes.artifact, bytes_, found.size, manifest, reason)?;
        Ok(fact.into_iter().collect())
    };
    carry_out(&session, order, ask).await
}

/// The artifact as the commit's own policy has it.
async fn recipe(session: &Session, commit: &Commit, name: &Name) -> Result<Artifact, Failure> {
    let text = session.world.repository().file(commit, policy::FILE, policy::MAX_BYTES).await?;
    let missing = || Refusal::new(Code::PolicyMissing, format!("{commit} has no `{}`", policy::FILE));
    let policy = Policy::parse(&text.ok_or_else(missing)?)?;
    let names = || policy.artifacts.keys().map(Name::as_str).collect::<Vec<_>>().join(", ");
    let recipe = policy.artifacts.get(name).cloned();
    Ok(recipe.ok_or_else(|| {
        Refusal::new(Code::UnknownArtifact, format!("{commit} has no artifact `{name}`"))
            .help(format!("its policy names: {}", names()))
    })?)
}

async fn image(session: &Session, repository: &str, digest: &Digest) -> Result<Found, Failure> {
    let found = session.world.images().find(repository, digest).await?;
    let image = found.ok_or_else(|| missing(&format!("the image {repository}@{digest}"), "push it first"))?;
    let manifest = ManifestText { media_type: image.manifest.media_type, text: image.manifest.text };
    let bytes = deployment::Bytes {
        kind: Kind::Image,
        digest: image.digest,
        repository: Some(repository.to_owned()),
        tag: None,
    };
    Ok(Found {
        bytes,
        size: image.size,
        manifest: Some(manifest).filter(|manifest| manifest.text.len() <= MAX_MANIFEST),
    })
}

/// A package from a file, or one that is in the store already.
async fn package(session: &Session, bytes: &Bytes, file: Option<PathBuf>) -> Result<Found, Failure> {
    let Bytes { artifact, digest, .. } = bytes;
    let packages = session.world.packages();
    let package = match file {
        Some(file) => {
            let kept = packages.keep(artifact, &file).await?;
            if kept.digest != *digest {
                let message = format!("`{}` is {}, not {digest}", file.display(), kept.digest);
                let help = "record the file that was meant, or give its own digest";
                return Err(Refusal::new(Code::ArtifactChanged, message).help(help).into());
            }
            kept
        }
        None => packages
            .find(artifact, digest)
            .await?
            .ok_or_else(|| missing(&format!("the package {artifact} {digest}"), "give its file: `--file FILE`"))?,
    };
    let bytes = deployment::Bytes { kind: Kind::Package, digest: package.digest, repository: None, tag: None };
    Ok(Found { bytes, size: package.size, manifest: None })
}

fn missing(what: &str, help: &str) -> Refusal {
    Refusal::new(Code::ArtifactMissing, format!("{what} is not there")).help(help)
}
