//! Pushing: what is there is not sent again, what is elsewhere on the registry is mounted, the rest is streamed, in parallel.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use trunkline_ports::artifacts::{Outcome, Watcher};
use trunkline_ports::failure::{Failure, Fault};

use super::answer;
use super::body::{Body, Tally};
use super::session::{Access, Ask, Session};
use crate::image::{Origin, Part, Parts};
use crate::place::Remote;

/// How many blobs are looked for or sent at once. Latency decides, not cores.
const AT_ONCE: usize = 16;

impl Session {
    /// Pushes an image by digest; one request when it is there already.
    pub(crate) async fn push(&self, remote: &Remote, parts: &Parts, watcher: &Watcher) -> Result<Outcome, Failure> {
        if self.has_manifest(remote, &parts.image.digest, Access::Push).await? {
            return Ok(Outcome::Already);
        }
        let total = parts.blobs.iter().map(|part| part.descriptor.size).sum();
        let tally = Arc::new(Tally { watcher: Arc::clone(watcher), done: AtomicU64::new(0), total });
        // The largest first: it takes longest, and so it gets the connection that is open already.
        let mut blobs: Vec<&Part> = parts.blobs.iter().collect();
        blobs.sort_by_key(|part| Reverse(part.descriptor.size));
        let blobs = stream::iter(blobs).map(|part| self.provide(remote, part, &tally));
        blobs.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        let children = stream::iter(&parts.children)
            .map(|child| self.put_manifest(remote, &child.digest, child.digest.as_str(), &child.manifest));
        children.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.put_manifest(remote, &parts.image.digest, parts.image.digest.as_str(), &parts.image.manifest).await?;
        Ok(Outcome::Changed)
    }

    /// Makes sure that a blob is there. An upload cannot be taken up where it broke off, so it begins anew.
    async fn provide(&self, remote: &Remote, part: &Part, tally: &Arc<Tally>) -> Result<(), Failure> {
        let mut wait = self.patience.first_wait;
        for _ in 1..self.patience.attempts {
            match self.provide_once(remote, part, tally).await {
                Err(Failure::Fault(fault)) if fault.again => tokio::time::sleep(wait).await,
                ended => return ended,
            }
            wait = (wait * 2).min(self.patience.longest_wait);
        }
        self.provide_once(remote, part, tally).await
    }

    async fn provide_once(&self, remote: &Remote, part: &Part, tally: &Arc<Tally>) -> Result<(), Failure> {
        if self.has_blob(remote, part).await? {
            return Ok(());
        }
        let begun = self.begin(remote, part).await?;
        if begun.status() == StatusCode::CREATED {
            return Ok(()); // mounted
        }
        if begun.status() != StatusCode::ACCEPTED {
            return Err(answer::refused(remote, "an upload", begun).await);
        }
        let mut url = self.upload_address(remote, &begun)?;
        url.query_pairs_mut().append_pair("digest", part.descriptor.digest.as_str());
        let mut headers = vec![(CONTENT_TYPE, "application/octet-stream".to_owned())];
        if part.descriptor.size == 0 {
            headers.push((CONTENT_LENGTH, "0".to_owned()));
        }
        let ask = Ask {
            remote,
            access: Access::Push,
            method: Method::PUT,
            url,
            headers,
            body: body(part, tally),
            repeatable: false,
        };
        let ended = self.send(&ask).await?;
        if ended.status().is_success() {
            return Ok(());
        }
        if ended.status() == StatusCode::NOT_FOUND {
            return Err(Fault::passing(format!("`{remote}` forgot an upload that had begun")).into());
        }
        Err(answer::refused(remote, "a blob", ended).await)
    }

    async fn has_blob(&self, remote: &Remote, part: &Part) -> Result<bool, Failure> {
        let url = self.url(remote, &format!("blobs/{}", part.descriptor.digest))?;
        let ask = Ask {
            remote,
            access: Access::Push,
            method: Method::HEAD,
            url,
            headers: Vec::new(),
            body: Body::Empty,
            repeatable: true,
        };
        let response = self.send(&ask).await?;
        match response.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(answer::refused(remote, "looking for a blob", response).await),
        }
    }

    /// Begins an upload, or mounts the blob from the repository it is in when that is on the same registry.
    async fn begin(&self, remote: &Remote, part: &Part) -> Result<Response, Failure> {
        let mut url = self.url(remote, "blobs/uploads/")?;
        if let Origin::Registry(from) = &part.origin
            && from.host == remote.host
        {
            url.query_pairs_mut()
                .append_pair("mount", part.descriptor.digest.as_str())
                .append_pair("from", &from.repository);
        }
        let headers = vec![(CONTENT_LENGTH, "0".to_owned())];
        self.send(&Ask {
            remote,
            access: Access::Push,
            method: Method::POST,
            url,
            headers,
            body: Body::Empty,
            repeatable: true,
        })
        .await
    }

    /// Where the bytes go: an address relative to the request's, or anywhere.
    fn upload_address(&self, remote: &Remote, begun: &Response) -> Result<Url, Failure> {
        let told = begun.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let base = self.url(remote, "blobs/uploads/")?;
        let url = told
            .and_then(|told| base.join(told).ok())
            .filter(|url| url.scheme() == base.scheme() || url.scheme() == "https");
        url.ok_or_else(|| Fault::lasting(format!("`{remote}` does not say where an upload goes")).into())
    }
}

fn body(part: &Part, tally: &Arc<Tally>) -> Body {
    let (size, tally) = (part.descriptor.size, Arc::clone(tally));
    match &part.origin {
        Origin::Bytes(bytes) => Body::Bytes(Bytes::from(bytes.clone())),
        Origin::Made(path) => Body::File { path: path.to_path_buf(), size, tally },
        Origin::File(path) => Body::File { path: path.clone(), size, tally },
        Origin::Registry(from) => {
            Body::Relay { from: from.clone(), digest: part.descriptor.digest.clone(), size, tally }
        }
    }
}
