//! Any registry of the OCI distribution protocol, over HTTP(S).
//!
//! No request is spent on finding out: no ping, and no login before the registry asks for one. Manifests are kept and sent as
//! the bytes they came as; every body's digest is checked.
//! Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>

mod answer;
mod basic;
mod body;
mod challenge;
mod connect;
mod docker;
mod push;
mod session;
mod token;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Response, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_ports::artifacts::{Manifest, Outcome};
use trunkline_ports::failure::{Failure, Fault};

use crate::document::{DOCKER_LIST, DOCKER_MANIFEST, INDEX, Known, MANIFEST, MAX_MANIFEST};
use crate::place::Remote;
use crate::problem;

pub(crate) use body::Body;
pub use docker::DockerConfig;
pub use session::Patience;
pub(crate) use session::{Access, Ask, Session};

/// The header in which registries tell a manifest's digest.
const CONTENT_DIGEST: &str = "docker-content-digest";

impl Session {
    /// The image's manifest or index, byte for byte; nothing when it is not there.
    pub(crate) async fn manifest(
        &self,
        remote: &Remote,
        digest: &Digest,
        access: Access,
    ) -> Result<Option<Known>, Failure> {
        let response = self.ask_manifest(remote, Method::GET, digest.as_str(), access).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(answer::refused(remote, "reading the manifest", response).await),
        }
        let served = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bytes = body::read(response, MAX_MANIFEST, self.patience.silence).await?;
        Known::verify(digest, bytes, served.as_deref()).map(Some)
    }

    /// Whether the image is there: one request.
    pub(crate) async fn has_manifest(&self, remote: &Remote, digest: &Digest, access: Access) -> Result<bool, Failure> {
        let response = self.ask_manifest(remote, Method::HEAD, digest.as_str(), access).await?;
        match response.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(answer::refused(remote, "looking for the manifest", response).await),
        }
    }

    /// Whether `tag` is on the image: one request.
    pub(crate) async fn is_tagged(&self, remote: &Remote, digest: &Digest, tag: &ImageTag) -> Result<bool, Failure> {
        let response = self.ask_manifest(remote, Method::HEAD, tag.as_str(), Access::Push).await?;
        let told = response.headers().get(CONTENT_DIGEST).and_then(|value| value.to_str().ok());
        Ok(response.status() == StatusCode::OK && told == Some(digest.as_str()))
    }

    async fn ask_manifest(
        &self,
        remote: &Remote,
        method: Method,
        reference: &str,
        access: Access,
    ) -> Result<Response, Failure> {
        let accept = [INDEX, MANIFEST, DOCKER_LIST, DOCKER_MANIFEST].join(", ");
        let url = self.url(remote, &format!("manifests/{reference}"))?;
        self.send(&Ask {
            remote,
            access,
            method,
            url,
            headers: vec![(ACCEPT, accept)],
            body: Body::Empty,
            repeatable: true,
        })
        .await
    }

    /// Puts a manifest's very bytes under a digest or a tag. Doing so again changes nothing.
    pub(crate) async fn put_manifest(
        &self,
        remote: &Remote,
        digest: &Digest,
        reference: &str,
        manifest: &Manifest,
    ) -> Result<(), Failure> {
        let url = self.url(remote, &format!("manifests/{reference}"))?;
        let headers = vec![(CONTENT_TYPE, manifest.media_type.clone())];
        let body = Body::Bytes(Bytes::from(manifest.text.clone().into_bytes()));
        let ask = Ask { remote, access: Access::Push, method: Method::PUT, url, headers, body, repeatable: true };
        let response = self.send(&ask).await?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::NOT_FOUND => {
                return Err(problem::missing(
                    "the repository, or something the image refers to,",
                    &format!("`{remote}`"),
                ));
            }
            _ => return Err(answer::refused(remote, &format!("the manifest as `{reference}`"), response).await),
        }
        let told = response
            .headers()
            .get(CONTENT_DIGEST)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse().ok());
        match told {
            Some(other) if other != *digest => {
                Err(problem::changed("the manifest that the registry keeps", digest, &other))
            }
            _ => Ok(()),
        }
    }

    /// Deletes an image by its digest, and with it all its tags. What it refers to is left to the registry's garbage
    /// collection: another index may share it, which cannot be seen from here.
    pub(crate) async fn erase(&self, remote: &Remote, digest: &Digest) -> Result<Outcome, Failure> {
        let url = self.url(remote, &format!("manifests/{digest}"))?;
        let ask = Ask {
            remote,
            access: Access::Delete,
            method: Method::DELETE,
            url,
            headers: Vec::new(),
            body: Body::Empty,
            repeatable: true,
        };
        let response = self.send(&ask).await?;
        match response.status() {
            status if status.is_success() => Ok(Outcome::Changed),
            StatusCode::NOT_FOUND => Ok(Outcome::Already),
            _ => Err(answer::refused(remote, "deleting images", response).await),
        }
    }

    /// A blob's bytes, as an answer to stream from.
    pub(crate) async fn open_blob(&self, remote: &Remote, digest: &Digest) -> Result<Response, Failure> {
        let url = self.url(remote, &format!("blobs/{digest}"))?;
        let ask = Ask {
            remote,
            access: Access::Pull,
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: Body::Empty,
            repeatable: true,
        };
        let response = self.send(&ask).await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::NOT_FOUND => Err(problem::missing(&format!("the blob {digest}"), &format!("`{remote}`"))),
            _ => Err(answer::refused(remote, "reading a blob", response).await),
        }
    }

    /// A small blob whole, its digest checked.
    pub(crate) async fn blob_bytes(&self, remote: &Remote, digest: &Digest, limit: u64) -> Result<Vec<u8>, Failure> {
        let response = self.open_blob(remote, digest).await?;
        let bytes = body::read(response, limit, self.patience.silence).await?;
        let actual = crate::digest::digest_of(&bytes);
        if actual == *digest { Ok(bytes) } else { Err(problem::changed("the blob", digest, &actual)) }
    }

    /// Streams a blob into a file, its digest checked.
    pub(crate) async fn save_blob(&self, remote: &Remote, digest: &Digest, file: std::fs::File) -> Result<(), Failure> {
        let response = self.open_blob(remote, digest).await?;
        let mut file = tokio::fs::File::from_std(file);
        let failed = |error: io::Error| {
            Failure::from(Fault::passing(format!("the blob {digest} of `{remote}` cannot be copied: {error}")))
        };
        let mut stream = std::pin::pin!(body::verified(response, digest.clone()).into_stream());
        while let Some(next) = quiet(self.patience.silence, stream.next()).await? {
            file.write_all(&next.map_err(failed)?).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)
    }
}

async fn quiet<T>(silence: Duration, next: impl Future<Output = T>) -> Result<T, Failure> {
    let waited = timeout(silence, next).await;
    waited.map_err(|_| Fault::passing(format!("the registry was silent for {} s", silence.as_secs_f32())).into())
}
