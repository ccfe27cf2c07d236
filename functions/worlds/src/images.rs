//! Images, wherever they live: in ECR by its API, anywhere else by the registry's protocol or in the store.

use std::path::PathBuf;
use std::sync::Arc;

use trunkline_aws::ecr::{Ecr, Place};
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_oci::{self as oci, DockerConfig};
use trunkline_ports::artifacts::{Image, ImageOrder, Images as Port, Manifest, Outcome, Watcher};
use trunkline_ports::credentials::{Answer, Credentials, Login};
use trunkline_ports::failure::Failure;

/// Images of every kind of repository. All are built and pushed alike.
pub struct Images {
    any: oci::Images,
    ecr: Arc<Ecr>,
}

impl Images {
    /// Images below `root`, on registries, and in `ecr`, whose logins are asked for there.
    pub fn new(root: PathBuf, options: oci::Options, ecr: Arc<Ecr>) -> Self {
        let logins = Logins { ecr: Arc::clone(&ecr), docker: DockerConfig::of_user() };
        let options = oci::Options { credentials: Arc::new(logins), ..options };
        Self { any: oci::Images::new(root, options), ecr }
    }
}

impl Port for Images {
    async fn build(&self, order: &ImageOrder<'_>, watcher: &Watcher) -> Result<Image, Failure> {
        self.any.build(order, watcher).await
    }

    async fn tag(
        &self,
        repository: &str,
        digest: &Digest,
        tag: &ImageTag,
        manifest: Option<&Manifest>,
    ) -> Result<Outcome, Failure> {
        match Place::parse(repository) {
            Some(place) => self.ecr.tag(&place, digest, tag, manifest).await,
            None => self.any.tag(repository, digest, tag, manifest).await,
        }
    }

    async fn find(&self, repository: &str, digest: &Digest) -> Result<Option<Image>, Failure> {
        match Place::parse(repository) {
            Some(place) => self.ecr.find(&place, digest).await,
            None => self.any.find(repository, digest).await,
        }
    }

    async fn erase(&self, repository: &str, digest: &Digest) -> Result<Outcome, Failure> {
        match Place::parse(repository) {
            Some(place) => self.ecr.erase(&place, digest).await,
            None => self.any.erase(repository, digest).await,
        }
    }
}

/// Who one is to a registry: what AWS says for its own, Docker's configuration for others.
struct Logins {
    ecr: Arc<Ecr>,
    docker: DockerConfig,
}

impl Logins {
    async fn find(&self, host: &str) -> Result<Option<Login>, Failure> {
        match self.ecr.login(host).await {
            Ok(None) => self.docker.login(host).await,
            // Who is nobody to AWS may have logged in by Docker.
            Err(Failure::Refused(refusal)) => Ok(Some(self.docker.login(host).await?.ok_or(refusal)?)),
            answer => answer,
        }
    }
}

impl Credentials for Logins {
    fn login<'a>(&'a self, host: &'a str) -> Answer<'a> {
        Box::pin(self.find(host))
    }
}
