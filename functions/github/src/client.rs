//! The way to GitHub: authorized, patient within bounds, quiet when it asks for that, and never reading without end.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use jiff::{SignedDuration, Timestamp};
use octocrab::Octocrab;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use crate::access::{Access, Token};
use crate::limits::Quiet;
use crate::name::RepositoryName;
use crate::{claim, failure};

/// Where GitHub's API is; GitHub's own runners set it.
pub const API_URL: &str = "GITHUB_API_URL";

/// A token; GitHub's own runners hand it to whoever asks for it.
pub const TOKEN: &str = "GITHUB_TOKEN";

/// The API of github.com.
const PUBLIC: &str = "https://api.github.com";

/// How long before its end a token is replaced: longer than any request takes.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// The longest answer that is read unless asked otherwise, in bytes: a tree of a hundred thousand files has 7 MB.
const MAX_ANSWER: usize = 32 << 20;

/// Any document.
pub(crate) const JSON: &str = "application/vnd.github+json";

/// A file's own bytes.
pub(crate) const RAW: &str = "application/vnd.github.raw+json";

/// How long and how often to try. Waiting is always bounded.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often what may be repeated is asked before it is given up, the first time included.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles with each further one.
    pub first_wait: Duration,
    /// The longest silence on a connection.
    pub silence: Duration,
}

impl Default for Patience {
    /// Three attempts within a second, since the core tries again later.
    fn default() -> Self {
        Self { attempts: 3, first_wait: Duration::from_millis(250), silence: Duration::from_secs(30) }
    }
}

/// A way to GitHub. It is made once and shared: it holds connections and tokens.
pub struct Client {
    /// Scheme and host.
    origin: String,
    /// What stands before each path of the REST API.
    prefix: String,
    access: Access,
    patience: Patience,
    /// Made when it is first needed, since that takes a running executor.
    root: OnceLock<Octocrab>,
    /// Each owner's installation. Held while a token is fetched, so that requests side by side fetch one.
    installations: tokio::sync::Mutex<BTreeMap<String, Installation>>,
    quiet: Mutex<Option<Quiet>>,
}

/// An installation's client, until its token ends.
struct Installation {
    client: Octocrab,
    until: Timestamp,
}

/// A request.
pub(crate) struct Ask<'a> {
    /// The repository it is about: its owner's installation asks.
    pub(crate) name: &'a RepositoryName,
    pub(crate) method: Method,
    /// The path with its query, from the API's root.
    pub(crate) path: String,
    pub(crate) accept: &'static str,
    pub(crate) body: Option<Vec<u8>>,
    /// Whether it may be asked again when its answer was lost.
    pub(crate) repeatable: bool,
    /// The longest answer that is read, in bytes.
    pub(crate) limit: usize,
}

impl<'a> Ask<'a> {
    /// Asks for a document.
    pub(crate) fn get(name: &'a RepositoryName, path: String) -> Self {
        let limit = MAX_ANSWER;
        Self { name, method: Method::GET, path, accept: JSON, body: None, repeatable: true, limit }
    }

    /// Sends a document, once.
    pub(crate) fn post(name: &'a RepositoryName, path: String, body: &serde_json::Value) -> Self {
        let body = Some(body.to_string().into_bytes());
        Self { method: Method::POST, body, repeatable: false, ..Self::get(name, path) }
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Deserialize)]
struct Installed {
    id: u64,
}

#[derive(Deserialize)]
struct Given {
    token: String,
    expires_at: String,
}

impl Client {
    /// A way to the API at `url`; nothing means github.com's. A GitHub Enterprise Server's ends with `/api/v3`.
    ///
    /// # Errors
    /// [`Code::RepositoryUnusable`] when it is no address, or would send secrets over plain HTTP to another machine.
    pub fn new(url: Option<&str>, access: Access, patience: Patience) -> Result<Self, Refusal> {
        let text = url.filter(|url| !url.is_empty()).unwrap_or(PUBLIC).trim_end_matches('/');
        let refusal = |why: &str| {
            Refusal::new(
                Code::RepositoryUnusable,
                format!("`{}` is no address of GitHub's API: {why}", text.escape_default()),
            )
            .help(format!("set `{API_URL}` to `{PUBLIC}` or to `https://HOST/api/v3`"))
        };
        let uri: Uri = text.parse().map_err(|_| refusal("it cannot be read"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refusal("it has no scheme and host"));
        };
        let here = ["127.0.0.1", "[::1]", "localhost"].contains(&authority.host());
        if scheme != "https" && !(scheme == "http" && here) {
            return Err(refusal("tokens are only sent over https"));
        }
        if authority.as_str().contains('@') {
            return Err(refusal("it holds a name or password"));
        }
        Ok(Self {
            origin: format!("{scheme}://{authority}"),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            access,
            patience,
            root: OnceLock::new(),
            installations: tokio::sync::Mutex::default(),
            quiet: Mutex::default(),
        })
    }

    /// A way with the token of the environment, as `read` tells it; nothing when there is none.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Refusal> {
        let Some(token) = read(TOKEN).filter(|token| !token.trim().is_empty()) else { return Ok(None) };
        let access = Access::Token(Token::new(&token));
        Self::new(read(API_URL).as_deref(), access, Patience::default()).map(Some)
    }

    /// Who asks, for messages.
    pub(crate) fn who(&self) -> String {
        self.access.shown()
    }

    /// The path of the GraphQL API: beside the REST API's `/v3` on an Enterprise Server.
    pub(crate) fn graphql_path(&self) -> String {
        format!("{}/graphql", self.prefix.strip_suffix("/v3").unwrap_or(&self.prefix))
    }

    /// Asks. Failures that trying again does not change are answers too.
    ///
    /// # Errors
    /// A fault when GitHub cannot be reached, fails, or asks to be left alone; a refusal when nobody is let in.
    pub(crate) async fn send(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let path = format!("{}{}", self.prefix, ask.path);
        self.send_to(&path, &ask).await
    }

    /// The same, to a path of the host.
    pub(crate) async fn send_to(&self, path: &str, ask: &Ask<'_>) -> Result<Answer, Failure> {
        let answer = self.persist(ask, path, &self.installation(ask.name).await?).await?;
        if answer.status != StatusCode::UNAUTHORIZED || !matches!(self.access, Access::App { .. }) {
            return Ok(answer);
        }
        // A token that was taken back before its time; nothing was done with it.
        self.installations.lock().await.remove(ask.name.owner());
        self.persist(ask, path, &self.installation(ask.name).await?).await
    }

    /// Asks for an address on any host, without authorization, and gives the answer with its body still to be read.
    pub(crate) async fn fetch(&self, address: &Uri) -> Result<http::Response<Body>, Failure> {
        let plain = address.scheme_str() != Some("https") && !self.origin.starts_with("http://");
        if plain {
            return Err(Fault::lasting("GitHub sends from https to http").into());
        }
        let request =
            Request::get(address.clone()).body(octocrab::OctoBody::empty()).map_err(|error| unmade(&error))?;
        let response = self.root()?.send(request).await;
        response.map_err(|error| unreached(&error).into())
    }

    /// Asks until an answer comes that asking again would not change.
    async fn persist(&self, ask: &Ask<'_>, path: &str, client: &Octocrab) -> Result<Answer, Failure> {
        let mut wait = self.patience.first_wait;
        for attempt in 1.. {
            let last = attempt >= self.patience.attempts || !ask.repeatable;
            match self.once(ask, path, client).await {
                Err(Failure::Fault(fault)) if fault.again && !last && self.quiet().is_none() => {}
                Ok(answer) if answer.status.is_server_error() && !last => {}
                Ok(answer) if answer.status.is_server_error() => {
                    let words = failure::words(&answer);
                    return Err(Fault::passing(format!("GitHub failed: {} {words}", answer.status.as_u16())).into());
                }
                other => return other,
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        Err(Fault::passing("GitHub did not answer").into())
    }

    async fn once(&self, ask: &Ask<'_>, path: &str, client: &Octocrab) -> Result<Answer, Failure> {
        if let Some(quiet) = self.quiet() {
            return Err(quiet.fault(Timestamp::now()).into());
        }
        let mut request = Request::builder().method(&ask.method).uri(path).header(ACCEPT, ask.accept);
        request = request.header("x-github-api-version", "2022-11-28");
        if ask.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(ask.body.clone().unwrap_or_default()).map_err(|error| unmade(&error))?;
        let response = client.execute(request).await.map_err(|error| unreached(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ask.limit).collect().await.map_err(|error| {
            let long = error.is::<http_body_util::LengthLimitError>();
            if long { Fault::lasting("GitHub's answer is longer than it may be") } else { unreached(&*error) }
        })?;
        let answer = Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() };
        let now = Timestamp::now();
        match Quiet::asked(answer.status, &answer.headers, &answer.body, now) {
            Some(quiet) => Err(self.keep_quiet(quiet).fault(now).into()),
            None => Ok(answer),
        }
    }

    /// Until when nothing may be asked, while that lasts.
    fn quiet(&self) -> Option<Quiet> {
        let quiet = self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        quiet.clone().filter(|quiet| quiet.until > Timestamp::now())
    }

    /// Asks nothing for a while.
    pub(crate) fn keep_quiet(&self, quiet: Quiet) -> Quiet {
        *self.quiet.lock().unwrap_or_else(PoisonError::into_inner) = Some(quiet.clone());
        quiet
    }

    fn root(&self) -> Result<&Octocrab, Failure> {
        if let Some(root) = self.root.get() {
            return Ok(root);
        }
        let builder = Octocrab::builder()
            .base_uri(self.origin.as_str())
            .map_err(|error| unmade(&error))?
            .set_connect_timeout(Some(self.patience.silence))
            .set_read_timeout(Some(self.patience.silence))
            .set_write_timeout(Some(self.patience.silence));
        // Nobody's token yet: each is added only where it belongs.
        let root = builder.build().map_err(|error| unmade(&error))?;
        Ok(self.root.get_or_init(|| root))
    }

    /// The client that asks about a repository.
    async fn installation(&self, name: &RepositoryName) -> Result<Octocrab, Failure> {
        let (id, key) = match &self.access {
            Access::Token(token) => return self.with(&token.0),
            Access::App { id, key } => (*id, key),
        };
        let mut installations = self.installations.lock().await;
        let now = Timestamp::now();
        if let Some(installation) = installations.get(name.owner()).filter(|installation| installation.until > now) {
            return Ok(installation.client.clone());
        }
        let app = self.with(&claim::make(id, key, now)?)?;
        let given = self.token(name, &app).await?;
        let ends: Timestamp = given.expires_at.parse().map_err(|_| Fault::lasting("a token without an end"))?;
        let client = self.with(&given.token)?;
        let until = ends - EARLY;
        installations.insert(name.owner().to_owned(), Installation { client: client.clone(), until });
        Ok(client)
    }

    /// The client that asks with a token, on the connections of all.
    fn with(&self, token: &str) -> Result<Octocrab, Failure> {
        Ok(self.root()?.user_access_token(token.to_owned()).map_err(|error| unmade(&error))?)
    }

    /// A token of the installation that a repository belongs to.
    async fn token(&self, name: &RepositoryName, app: &Octocrab) -> Result<Given, Failure> {
        let path = format!("{}/repos/{name}/installation", self.prefix);
        let answer = self.persist(&Ask::get(name, String::new()), &path, app).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(failure::unseen(&self.who(), name, "contents: read").into());
        }
        let installed: Installed = self.read(&answer, StatusCode::OK, "its installation", "metadata: read")?;
        let path = format!("{}/app/installations/{}/access_tokens", self.prefix, installed.id);
        // A token too many does no harm, so it may be asked for again.
        let ask = Ask { method: Method::POST, ..Ask::get(name, String::new()) };
        let answer = self.persist(&ask, &path, app).await?;
        self.read(&answer, StatusCode::CREATED, "a token", "metadata: read")
    }

    /// What an answer holds, when it has the `status` that was hoped for.
    ///
    /// # Errors
    /// What any other status means; a fault when the answer cannot be understood.
    pub(crate) fn read<'b, T: Deserialize<'b>>(
        &self,
        answer: &'b Answer,
        status: StatusCode,
        what: &str,
        needs: &str,
    ) -> Result<T, Failure> {
        if answer.status != status {
            return Err(failure::explain(&self.who(), what, answer, needs));
        }
        let unclear = |error| Fault::lasting(format!("GitHub's answer about {what} is not understood: {error}"));
        Ok(serde_json::from_slice(&answer.body).map_err(unclear)?)
    }
}

/// A body that is still to be read.
pub(crate) type Body = http_body_util::combinators::BoxBody<Bytes, octocrab::Error>;

fn unmade(error: &dyn std::error::Error) -> Fault {
    Fault::lasting(format!("the request cannot be made: {}", failure::causes(error)))
}

/// Nothing came back: it may have happened all the same.
pub(crate) fn unreached(error: &dyn std::error::Error) -> Fault {
    Fault::passing(format!("GitHub cannot be reached: {}", failure::causes(error)))
}

/// A part of a path, with everything encoded that could end it or mean something; slashes stay.
pub(crate) fn encoded(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}
