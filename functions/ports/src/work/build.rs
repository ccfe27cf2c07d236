//! Building, tagging and erasing artifacts.

use std::collections::BTreeMap;
use std::time::Duration;

use trunkline_core::deployment::Bytes;
use trunkline_core::fact::{Fact, MAX_MANIFEST, ManifestText};
use trunkline_core::ids::{Commit, Digest, ImageTag, Key, Name, Time};
use trunkline_core::policy::{self, Artifact, Build, Kind, Package, Policy};
use trunkline_core::refusal::{Code, Refusal};

use super::Worker;
use super::claim::Result;
use crate::artifacts::{ImageOrder, Images, Manifest, Packages, Watcher};
use crate::failure::Failure;
use crate::repository::Repository;
use crate::targets::{Commands, Invocation};
use crate::world::World;

type Outcome<T = Result> = std::result::Result<T, Failure>;

/// What a build gave.
struct Made {
    bytes: Bytes,
    size: u64,
    manifest: Option<ManifestText>,
}

/// What became of building.
enum Make {
    /// It was built here.
    Made(Made),
    /// It is built elsewhere, by whom the words say.
    HandedOver(String),
}

/// How long a build that was handed over is waited for, before it is handed over again.
const HANDED_OVER: Duration = Duration::from_mins(30);

/// Whether a recipe runs anything.
fn commands(artifact: &Artifact) -> bool {
    match (&artifact.build, &artifact.package) {
        (Some(Build::Dockerfile(_)), _) | (_, Some(Package::Command(_))) => true,
        (Some(Build::Assembly(assembly)), _) => assembly.run.is_some(),
        (None, Some(Package::Directory(_)) | None) => false,
    }
}

impl<W: World> Worker<'_, W> {
    /// Builds an artifact from a clean export of its commit. What cannot be built is a fact too.
    pub(super) async fn build(&self, claim: u64, artifact: &Name, key: &Key, commit: &Commit) -> Outcome {
        let watcher = self.world.watcher(&format!("build {artifact}"));
        let (artifact, key, commit) = (artifact.clone(), key.clone(), commit.clone());
        let made = self.retried(async || self.make(&artifact, &commit, &watcher).await).await;
        let fact = match made {
            Ok(Make::HandedOver(to)) => return Ok(Result::Later(HANDED_OVER, to)),
            Ok(Make::Made(Made { bytes, size, manifest })) => {
                Fact::Built { claim, artifact, key, commit, bytes, size, manifest }
            }
            Err(Failure::Refused(refusal)) => Fact::BuildFailed { claim, artifact, key, commit, refusal },
            Err(fault) => return Err(fault),
        };
        Ok(Result::Facts(vec![fact]))
    }

    async fn make(&self, name: &Name, commit: &Commit, watcher: &Watcher) -> Outcome<Make> {
        let repository = self.world.repository();
        let text = repository.file(commit, policy::FILE, policy::MAX_BYTES).await?;
        let missing = || Refusal::new(Code::PolicyMissing, format!("{} has no `{}`", commit.short(12), policy::FILE));
        let policy = Policy::parse(&text.ok_or_else(missing)?)?;
        let unknown =
            || Refusal::new(Code::UnknownArtifact, format!("the policy of {} has no `{name}`", commit.short(12)));
        let artifact = policy.artifacts.get(name).ok_or_else(unknown)?;
        if commands(artifact)
            && let Some(to) = self.world.commands().hand_over(commit).await?
        {
            return Ok(Make::HandedOver(to));
        }
        let export = self.world.scratch()?;
        repository.export(commit, &artifact.watch, export.as_ref()).await?;
        let made = match artifact.kind() {
            Kind::Image => self.make_image(artifact, commit, policy.sha_length, export.as_ref(), watcher).await,
            Kind::Package => self.make_package(name, artifact, commit, export.as_ref(), watcher).await,
        };
        made.map(Make::Made)
    }

    async fn make_image(
        &self,
        artifact: &Artifact,
        commit: &Commit,
        sha_length: usize,
        export: &std::path::Path,
        watcher: &Watcher,
    ) -> Outcome<Made> {
        let nothing = || Refusal::new(Code::NothingBuilt, "the image has no recipe: something else builds it");
        let (Some(repository), Some(build)) = (&artifact.image, &artifact.build) else { return Err(nothing().into()) };
        if let Build::Assembly(assembly) = build
            && let Some(line) = &assembly.run
        {
            self.run_in(export, line, commit, watcher).await?;
        }
        let order = ImageOrder {
            repository,
            build,
            export,
            commit,
            created: self.committed(commit),
            version: commit.short(sha_length),
            source: self.world.source(),
        };
        let image = self.world.images().build(&order, watcher).await?;
        let Manifest { media_type, text } = image.manifest;
        let manifest = (text.len() <= MAX_MANIFEST).then_some(ManifestText { media_type, text });
        let bytes = Bytes { kind: Kind::Image, digest: image.digest, repository: Some(repository.clone()), tag: None };
        Ok(Made { bytes, size: image.size, manifest })
    }

    async fn make_package(
        &self,
        name: &Name,
        artifact: &Artifact,
        commit: &Commit,
        export: &std::path::Path,
        watcher: &Watcher,
    ) -> Outcome<Made> {
        let packages = self.world.packages();
        let package = match &artifact.package {
            Some(Package::Directory(directory)) => {
                packages.pack(name, &export.join(directory.directory.as_str()), watcher).await?
            }
            Some(Package::Command(command)) => {
                self.run_in(export, &command.run, commit, watcher).await?;
                packages.keep(name, &export.join(command.output.as_str())).await?
            }
            None => {
                return Err(
                    Refusal::new(Code::NothingBuilt, "the artifact has no recipe: something else builds it").into()
                );
            }
        };
        let bytes = Bytes { kind: Kind::Package, digest: package.digest, repository: None, tag: None };
        Ok(Made { bytes, size: package.size, manifest: None })
    }

    /// Runs a recipe's command in the export. The commit is told by variables; nothing is put into the command.
    async fn run_in(&self, export: &std::path::Path, line: &str, commit: &Commit, watcher: &Watcher) -> Outcome<()> {
        let seconds = self.committed(commit).0.div_euclid(1000);
        let environment = BTreeMap::from([
            ("TRUNKLINE_COMMIT".to_owned(), commit.to_string()),
            // Source: <https://reproducible-builds.org/specs/source-date-epoch/>
            ("SOURCE_DATE_EPOCH".to_owned(), seconds.to_string()),
        ]);
        let command = Invocation { line: line.to_owned(), folder: Some(export.to_owned()), environment };
        self.world.commands().run(&command, watcher).await
    }

    fn committed(&self, commit: &Commit) -> Time {
        self.state.borrow().revisions.get(commit).map_or(Time(0), |known| known.revision.time)
    }

    /// Puts a tag on an image: one request when the build's record holds the manifest.
    pub(super) async fn tag(&self, claim: u64, repository: &str, digest: &Digest, tag: &ImageTag) -> Outcome {
        let manifest = self.state.borrow().manifests.get(digest).cloned();
        let manifest = manifest.map(|ManifestText { media_type, text }| Manifest { media_type, text });
        let tagged =
            self.retried(async || self.world.images().tag(repository, digest, tag, manifest.as_ref()).await).await;
        let (repository, digest, tag) = (repository.to_owned(), digest.clone(), tag.clone());
        match tagged {
            Ok(_) => Ok(Result::Facts(vec![Fact::Tagged { claim, repository, digest, tag }])),
            Err(Failure::Refused(refusal)) => {
                Ok(Result::Facts(vec![Fact::TagFailed { claim, repository, digest, tag, refusal }]))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Erases bytes that are barred, condemned for a day and needed by nothing.
    pub(super) async fn erase(&self, claim: u64, artifact: &Name, bytes: &Bytes) -> Outcome {
        if !self.holds(claim).await? {
            return Ok(Result::Lost);
        }
        let erased = match &bytes.repository {
            Some(repository) => self.world.images().erase(repository, &bytes.digest).await,
            None => self.world.packages().erase(artifact, &bytes.digest).await,
        };
        match erased {
            Ok(_) => Ok(Result::Facts(vec![Fact::Erased { claim, artifact: artifact.clone(), bytes: bytes.clone() }])),
            // Nothing is lost by bytes that stay; a person may mend the registry and the next run goes on.
            Err(Failure::Refused(refusal)) => Ok(Result::Later(super::LEASE * 60, refusal.to_string())),
            Err(fault) => Err(fault),
        }
    }
}
