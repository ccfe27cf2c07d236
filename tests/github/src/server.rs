//! The HTTP side: one request after the other, each through troubles, authorization, the work and the descriptions.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::description::Description;
use crate::reply::Reply;
use crate::state::State;
use crate::trouble::{Kind, Trouble};
use crate::{auth, graphql, rest};

/// The longest request that is taken, in bytes.
const MAX_BODY: usize = 64 << 20;

/// What requests and tests share.
pub(crate) struct Shared {
    url: String,
    state: Mutex<State>,
    troubles: Mutex<Vec<Trouble>>,
    log: Mutex<Vec<String>>,
    violations: Mutex<Vec<String>>,
}

/// A request that was read.
pub(crate) struct Asked {
    pub(crate) method: String,
    /// As it was sent, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) accept: String,
    agent: bool,
    etag: Option<String>,
    pub(crate) body: Bytes,
}

impl Shared {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            state: Mutex::default(),
            troubles: Mutex::default(),
            log: Mutex::default(),
            violations: Mutex::default(),
        }
    }

    /// Does something with the state.
    pub(crate) fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut held(&self.state))
    }

    pub(crate) fn trouble(&self, trouble: Trouble) {
        held(&self.troubles).push(trouble);
    }

    pub(crate) fn log(&self) -> Vec<String> {
        held(&self.log).clone()
    }

    pub(crate) fn forget(&self) {
        held(&self.log).clear();
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        std::mem::take(&mut *held(&self.violations))
    }

    /// The trouble that befalls a request.
    fn befalls(&self, asked: &Asked) -> Option<Kind> {
        let mut troubles = held(&self.troubles);
        let trouble = troubles.iter_mut().find(|trouble| trouble.fits(&asked.method, &asked.path))?;
        trouble.left -= 1;
        Some(trouble.kind.clone())
    }

    /// Answers a request; nothing when the connection is cut.
    async fn answer(&self, asked: Asked) -> Option<Reply> {
        let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
        held(&self.log).push(format!("{} {}{query}", asked.method, asked.path));
        let kind = self.befalls(&asked);
        let reply = match kind {
            Some(Kind::Cut) => return None,
            Some(Kind::Status(status)) => Reply::failure(status, "Something went wrong"),
            Some(Kind::Errors(errors)) => Reply::json(200, &serde_json::json!({ "data": null, "errors": errors })),
            Some(Kind::Exhausted(seconds)) => exhausted(seconds),
            Some(Kind::TooMuch(seconds)) => {
                let reply = Reply::failure(403, "You have exceeded a secondary rate limit. Please wait a few minutes.");
                seconds.map_or(reply.clone(), |seconds| reply.with("retry-after", &seconds))
            }
            Some(Kind::CutAfter) => {
                self.work(&asked);
                return None;
            }
            Some(Kind::FailAfter) => {
                self.work(&asked);
                Reply::failure(502, "Server Error")
            }
            Some(Kind::Slow(time)) => {
                tokio::time::sleep(time).await;
                self.work(&asked)
            }
            None => self.work(&asked),
        };
        Some(conditional(&asked, reply))
    }

    /// Does what is asked, and compares it with the descriptions.
    fn work(&self, asked: &Asked) -> Reply {
        let name = format!("{} {}", asked.method, asked.path);
        let mut wrong = Vec::new();
        if !asked.agent {
            wrong.push("a request without `user-agent`, which GitHub does not take".to_owned());
        }
        let mut state = held(&self.state);
        let reply = if let Some(path) = asked.path.strip_prefix(rest::CODELOAD) {
            if asked.authorization.is_some() {
                wrong.push("the authorization was sent to another host".to_owned());
            }
            rest::codeload(&state, path)
        } else if let Some(message) = auth::refused(&state, &asked.path, asked.authorization.as_deref()) {
            Reply::failure(401, message)
        } else if asked.path == "/graphql" {
            let answered = graphql::execute(&state, &asked.body);
            wrong.extend(answered.wrong);
            Reply::json(200, &answered.body)
        } else {
            self.rest(&mut state, asked, &mut wrong)
        };
        drop(state);
        held(&self.violations).extend(wrong.into_iter().map(|wrong| format!("{name}: {wrong}")));
        reply
    }

    fn rest(&self, state: &mut State, asked: &Asked, wrong: &mut Vec<String>) -> Reply {
        let description = Description::get();
        let Some(found) = description.find(&asked.method, &asked.path) else {
            wrong.push("GitHub has no such operation".to_owned());
            return Reply::missing();
        };
        let query = pairs(&asked.query);
        wrong.extend(description.request(&found, &query, &asked.body));
        let call = rest::Call { found: &found, query: &query, asked, url: &self.url };
        let Some(reply) = rest::call(state, &call) else {
            wrong.push(format!("the stand-in does not serve `{}` yet", found.template));
            return Reply::missing();
        };
        // What is asked for raw is the file itself.
        if reply.media.starts_with("application/json") {
            wrong.extend(description.answer(&found, reply.status, &reply.body));
        }
        reply
    }
}

/// A lock whose holder panicked still holds what it held.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

fn exhausted(seconds: u64) -> Reply {
    let reset = Timestamp::now().as_second() + i64::try_from(seconds).unwrap_or_default();
    Reply::failure(403, "API rate limit exceeded for installation.")
        .with("x-ratelimit-remaining", &0)
        .with("x-ratelimit-reset", &reset)
}

/// 304 for who has this already.
fn conditional(asked: &Asked, reply: Reply) -> Reply {
    if asked.method != "GET" || reply.status != 200 {
        return reply;
    }
    let sum = ring::digest::digest(&ring::digest::SHA256, &reply.body);
    let etag = format!("W/\"{}\"", sum.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")));
    let same = asked.etag.as_deref() == Some(&etag);
    let reply = if same { Reply { status: 304, body: Vec::new(), ..reply } } else { reply };
    reply.with("etag", &etag)
}

/// Serves until it is stopped, on a thread of its own, so that tests may wait for answers however they like.
pub(crate) fn run(listener: std::net::TcpListener, shared: Arc<Shared>, stopped: oneshot::Receiver<()>) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            listener.set_nonblocking(true).expect("a socket that does not block");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            tokio::select! {
                () = accept(listener, shared) => {}
                _ = stopped => {}
            }
        });
    });
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        let service = service_fn(move |request| serve(request, shared.clone()));
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// An error here ends the connection without an answer.
async fn serve(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(std::io::Error::other)?.to_bytes();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        accept: header("accept").unwrap_or_default(),
        agent: header("user-agent").is_some(),
        etag: header("if-none-match"),
        body,
    };
    let reply = shared.answer(asked).await.ok_or_else(|| std::io::Error::other("cut"))?;
    let mut response = Response::builder().status(reply.status).header("content-type", reply.media);
    if !reply.headers.iter().any(|(name, _)| *name == "x-ratelimit-remaining") {
        response = response.header("x-ratelimit-remaining", 4999);
    }
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    response.body(Full::new(Bytes::from(reply.body))).map_err(std::io::Error::other)
}
