//! Bodies that stream: out of files or other registries, and in, bounded; and the watch over connections that fall silent.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{RequestBuilder, Response};
use tokio::sync::mpsc::channel;
use tokio::time::timeout;
use trunkline_core::ids::Digest;
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::{Failure, Fault};

use super::answer;
use super::session::Session;
use crate::digest::Sum;
use crate::place::Remote;
use crate::problem;
use crate::work;

/// How much of a file is read at once, in bytes.
const READ: usize = 256 * 1024;

/// How many such pieces are read before they can be sent, so that reading and sending wait for each other seldom.
const AHEAD: usize = 8;

/// How many bytes of a body have moved, in either direction.
pub(super) type Moved = Arc<AtomicU64>;

/// Bytes of several uploads together, for whoever watches.
pub(crate) struct Tally {
    pub(crate) watcher: Watcher,
    pub(crate) done: AtomicU64,
    pub(crate) total: u64,
}

/// What a request sends. Each can be sent again from its beginning.
#[derive(Clone)]
pub(crate) enum Body {
    Empty,
    Bytes(Bytes),
    File {
        path: PathBuf,
        size: u64,
        tally: Arc<Tally>,
    },
    /// A blob of another registry, passed on as it comes, its digest checked on the way.
    Relay {
        from: Remote,
        digest: Digest,
        size: u64,
        tally: Arc<Tally>,
    },
}

impl Body {
    /// Puts the body on a request, with its length.
    pub(super) async fn attach(
        &self,
        request: RequestBuilder,
        session: &Session,
        moved: &Moved,
    ) -> Result<RequestBuilder, Failure> {
        Ok(match self {
            Self::Empty => request,
            Self::Bytes(bytes) => request.body(bytes.clone()),
            Self::File { path, size, tally } => {
                let opened = path.clone();
                let file = work::blocking(move || {
                    File::open(&opened).map_err(|error| problem::file("cannot read", &opened, &error))
                })
                .await?;
                let stream = counted(pieces(file), moved, tally);
                request.header(CONTENT_LENGTH, *size).body(reqwest::Body::wrap_stream(stream))
            }
            Self::Relay { from, digest, size, tally } => {
                // Boxed, since fetching is a request too, and so this function calls itself.
                let response = Box::pin(session.open_blob(from, digest)).await?;
                let stream = counted(verified(response, digest.clone()), moved, tally);
                request.header(CONTENT_LENGTH, *size).body(reqwest::Body::wrap_stream(stream))
            }
        })
    }
}

/// The content of a file in pieces, read ahead by a thread for such work, which ends when nobody wants them any more.
fn pieces(mut file: File) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (sender, receiver) = channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(READ);
            let read = file.by_ref().take(READ as u64).read_to_end(&mut piece);
            let (end, failed) = (matches!(read, Ok(0)), read.is_err());
            if end || sender.blocking_send(read.map(|_| Bytes::from(piece))).is_err() || failed {
                return;
            }
        }
    });
    futures_util::stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)))
}

fn counted(
    stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    moved: &Moved,
    tally: &Arc<Tally>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (moved, tally) = (Arc::clone(moved), Arc::clone(tally));
    stream.inspect_ok(move |bytes| {
        let length = bytes.len() as u64;
        moved.fetch_add(length, Ordering::Relaxed);
        let done = tally.done.fetch_add(length, Ordering::Relaxed) + length;
        tally.watcher.amount(done.min(tally.total), tally.total);
    })
}

/// The bytes of an answer; at their end an error, when they are not those of `digest`.
pub(super) fn verified(response: Response, digest: Digest) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let mut sum = Some(Sum::default());
    let bytes = response.bytes_stream().map(|next| next.map_err(io::Error::other)).map(Some);
    bytes.chain(futures_util::stream::iter([None])).filter_map(move |next| {
        let passed = match next {
            Some(Ok(bytes)) => {
                if let Some(sum) = &mut sum {
                    sum.add(&bytes);
                }
                Some(Ok(bytes))
            }
            Some(Err(error)) => Some(Err(error)),
            None => {
                let actual = sum.take().map(Sum::finish);
                let wrong = actual.filter(|(actual, _)| *actual != digest);
                wrong.map(|(actual, _)| {
                    Err(io::Error::other(format!(
                        "the blob is not what its digest says: expected {digest}, got {actual}"
                    )))
                })
            }
        };
        std::future::ready(passed)
    })
}

/// Waits for an answer as long as bytes move, and no longer than `silence` when none do.
pub(super) async fn while_moving(
    silence: Duration,
    moved: &Moved,
    sending: impl Future<Output = Result<Response, reqwest::Error>>,
) -> Result<Response, Failure> {
    let mut sending = std::pin::pin!(sending);
    let mut before = moved.load(Ordering::Relaxed);
    loop {
        if let Ok(answered) = timeout(silence, &mut sending).await {
            return answered.map_err(|error| Fault::passing(answer::causes(&error)).into());
        }
        let now = moved.load(Ordering::Relaxed);
        if now == before {
            return Err(Fault::passing(format!("the registry was silent for {} s", silence.as_secs_f32())).into());
        }
        before = now;
    }
}

/// Reads a small body whole.
pub(super) async fn read(mut response: Response, limit: u64, silence: Duration) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    loop {
        let next = timeout(silence, response.chunk()).await;
        let next =
            next.map_err(|_| Fault::passing(format!("the registry was silent for {} s", silence.as_secs_f32())))?;
        match next.map_err(|error| Fault::passing(answer::causes(&error)))? {
            None => return Ok(bytes),
            Some(chunk) => bytes.extend_from_slice(&chunk),
        }
        if bytes.len() as u64 > limit {
            return Err(Fault::lasting(format!("the registry's answer is longer than {limit} bytes")).into());
        }
    }
}
