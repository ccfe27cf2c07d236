//! Manifest repositories as a machine reaches them: on GitHub by its API, all others by git.
//!
//! `owner/name` is on GitHub; a path on this machine begins with `/`, `./` or `../`. An address on github.com goes by the API when there is
//! a token, and else by git, with git's own credentials.

use std::path::Path;
use std::sync::Arc;

use trunkline_core::deployment::{Destination, Mark, Unit};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_github::client::{Client, TOKEN};
use trunkline_github::manifests::GitHubManifests;
use trunkline_local::manifest_repository::ManifestRepository;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Sight, Targets, Version};

/// Manifest repositories, wherever they are.
pub(crate) struct Manifests {
    git: ManifestRepository,
    github: Option<GitHubManifests>,
}

/// Who reaches a repository.
enum By<'a> {
    Git(&'a ManifestRepository),
    GitHub(&'a GitHubManifests),
}

impl Manifests {
    /// Those relative to `root`, with caches in `cache`; on GitHub with the token of the environment.
    pub(crate) fn new(root: &Path, cache: &Path) -> Result<Self, Failure> {
        let client = Client::from_environment(|name| std::env::var(name).ok())?;
        let github = client.map(|client| GitHubManifests::new(Arc::new(client)));
        Ok(Self { git: ManifestRepository::new(root, cache), github })
    }

    fn by(&self, unit: &Unit) -> Result<By<'_>, Refusal> {
        match (&unit.destination, &self.github) {
            (_, Some(github)) if GitHubManifests::takes(unit) => Ok(By::GitHub(github)),
            (Destination::Manifests { repository, .. }, None)
                if GitHubManifests::takes(unit) && is_short(repository) =>
            {
                let message = format!("the manifest repository `{repository}` is on GitHub, and there is no token");
                let help = format!("set `{TOKEN}`; a folder on this machine is written `./{repository}`");
                Err(Refusal::new(Code::RepositoryUnusable, message).help(help))
            }
            _ => Ok(By::Git(&self.git)),
        }
    }
}

/// Whether it is `owner/name`, and no address.
fn is_short(repository: &str) -> bool {
    !repository.contains(':')
}

impl Targets for Manifests {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        match self.by(unit)? {
            By::Git(manifests) => manifests.look(unit).await,
            By::GitHub(manifests) => manifests.look(unit).await,
        }
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        match self.by(unit)? {
            By::Git(manifests) => manifests.put(unit, on, mark).await,
            By::GitHub(manifests) => manifests.put(unit, on, mark).await,
        }
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        match self.by(unit)? {
            By::Git(manifests) => manifests.undo(unit, on, mark).await,
            By::GitHub(manifests) => manifests.undo(unit, on, mark).await,
        }
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        match self.by(unit)? {
            By::Git(manifests) => manifests.preview(unit).await,
            By::GitHub(manifests) => manifests.preview(unit).await,
        }
    }
}
