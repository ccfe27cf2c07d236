//! One client for all registries: authorization when it is asked for, patience with what passes, and a limit on all waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::time::sleep;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::credentials::{Credentials, Secret};
use trunkline_ports::failure::{Failure, Fault};

use super::body::{self, Body};
use super::challenge::{self, Challenge};
use super::connect;
use super::{answer, basic};
use crate::place::Remote;

/// How long and how often to try. Waiting is always bounded.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a request is made before it is given up, the first time included.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles with each further one.
    pub first_wait: Duration,
    /// The longest wait between two attempts; a registry that asks for a longer one (`Retry-After`) is left alone for now.
    pub longest_wait: Duration,
    /// The longest silence on a connection: nothing sent, nothing received.
    pub silence: Duration,
}

impl Default for Patience {
    /// Four attempts within about two seconds, since the core tries again later; a minute of silence, since registries
    /// check a large blob's digest before they answer.
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(20),
            silence: Duration::from_mins(1),
        }
    }
}

/// What a request needs the right to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Pull,
    Push,
    Delete,
}

impl Access {
    fn actions(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
            Self::Delete => "pull,delete",
        }
    }
}

/// A request to a repository.
pub(crate) struct Ask<'a> {
    pub(crate) remote: &'a Remote,
    pub(crate) access: Access,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Body,
    /// Whether it may be made again when its answer was lost.
    pub(crate) repeatable: bool,
}

/// The client, with the authorizations that registries gave.
pub(crate) struct Session {
    client: OnceLock<Client>,
    plain: BTreeSet<String>,
    credentials: Arc<dyn Credentials>,
    pub(super) patience: Patience,
    granted: Mutex<BTreeMap<(Remote, Access), Secret>>,
    /// Held while a token is fetched, so that parallel requests fetch one and not each their own.
    asking: tokio::sync::Mutex<()>,
}

impl Session {
    pub(crate) fn new(plain: BTreeSet<String>, credentials: Arc<dyn Credentials>, patience: Patience) -> Self {
        let (granted, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { client: OnceLock::new(), plain, credentials, patience, granted, asking }
    }

    /// The address of something in a repository: `manifests/…`, `blobs/…`.
    pub(crate) fn url(&self, remote: &Remote, path: &str) -> Result<Url, Failure> {
        let scheme = if connect::is_plain(&remote.host, &self.plain) { "http" } else { "https" };
        let host = if remote.host == "docker.io" { "registry-1.docker.io" } else { &remote.host };
        let text = format!("{scheme}://{host}/v2/{}/{path}", remote.repository);
        Url::parse(&text).map_err(|error| {
            Refusal::new(Code::PolicyInvalid, format!("`{remote}` is not a repository: {error}"))
                .help("write `host/name` or `host:port/name`")
                .into()
        })
    }

    /// Makes a request: again when that may help, and with authorization when it is asked for. Every other answer is returned.
    pub(crate) async fn send(&self, ask: &Ask<'_>) -> Result<Response, Failure> {
        let granted = self.granted(ask.remote, ask.access);
        let response = self.persist(ask.repeatable, &ask.url, async || self.once(ask, granted.as_ref()).await).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let header = self.authorize(ask, granted.as_ref(), &response).await?;
        self.persist(ask.repeatable, &ask.url, async || self.once(ask, Some(&header)).await).await
    }

    async fn once(&self, ask: &Ask<'_>, granted: Option<&Secret>) -> Result<Response, Failure> {
        let mut request = self.client()?.request(ask.method.clone(), ask.url.clone());
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        // An upload's address may be another host's, which gets no authorization that was meant for the registry.
        let own = self.url(ask.remote, "")?.origin() == ask.url.origin();
        if let Some(granted) = granted.filter(|_| own) {
            request = request.header(AUTHORIZATION, granted.expose());
        }
        let moved = body::Moved::default();
        let request = ask.body.attach(request, self, &moved).await?;
        body::while_moving(self.patience.silence, &moved, request.send()).await
    }

    /// Makes requests until one gives an answer that trying again would not change.
    async fn persist(
        &self,
        repeatable: bool,
        url: &Url,
        once: impl AsyncFn() -> Result<Response, Failure>,
    ) -> Result<Response, Failure> {
        let mut wait = self.patience.first_wait;
        for attempt in 1.. {
            let last = attempt >= self.patience.attempts || !repeatable;
            match once().await {
                Err(Failure::Fault(fault)) if fault.again && !last => sleep(wait).await,
                Err(failure) => return Err(failure),
                Ok(response) if !answer::may_pass(response.status()) => return Ok(response),
                Ok(response) => {
                    let asked = retry_after(&response).unwrap_or(wait);
                    if last || asked > self.patience.longest_wait {
                        return Err(answer::passing(url, response).await.into());
                    }
                    sleep(asked).await;
                }
            }
            wait = (wait * 2).min(self.patience.longest_wait);
        }
        Err(Fault::passing(format!("`{url}` did not answer")).into())
    }

    fn granted(&self, remote: &Remote, access: Access) -> Option<Secret> {
        let granted = self.granted.lock().ok()?;
        let own = granted.get(&(remote.clone(), access));
        let wider = || granted.get(&(remote.clone(), Access::Push)).filter(|_| access == Access::Pull);
        own.or_else(wider).cloned()
    }

    /// Gets the authorization that a refused request needs, unless another request got it meanwhile.
    async fn authorize(&self, ask: &Ask<'_>, used: Option<&Secret>, refused: &Response) -> Result<Secret, Failure> {
        let _asking = self.asking.lock().await;
        if let Some(newer) = self.granted(ask.remote, ask.access).filter(|newer| used != Some(newer)) {
            return Ok(newer);
        }
        let values = refused.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let challenges: Vec<Challenge> = values.filter_map(challenge::read).collect();
        let bearer = challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let header = match bearer.or(challenges.first()) {
            None => {
                return Err(answer::denied(
                    ask.remote,
                    "it asks for authorization, but not for a kind that is known here",
                ));
            }
            Some(Challenge::Basic) => {
                let login = self.credentials.login(&ask.remote.host).await?;
                let header = login.as_ref().and_then(basic::header).filter(|header| used != Some(header));
                let why = if used.is_some() {
                    "the name or the password is wrong"
                } else {
                    "it asks for a name and a password"
                };
                header.ok_or_else(|| answer::denied(ask.remote, why))?
            }
            Some(Challenge::Bearer { realm, service, scope }) => {
                let scopes = scopes(ask.remote, ask.access, scope.as_deref());
                self.fetch_token(ask.remote, realm, service.as_deref(), &scopes).await?
            }
        };
        if let Ok(mut granted) = self.granted.lock() {
            granted.insert((ask.remote.clone(), ask.access), header.clone());
        }
        Ok(header)
    }

    async fn fetch_token(
        &self,
        remote: &Remote,
        realm: &str,
        service: Option<&str>,
        scopes: &BTreeSet<String>,
    ) -> Result<Secret, Failure> {
        let login = self.credentials.login(&remote.host).await?;
        let request = super::token::Request {
            remote,
            realm,
            service,
            scopes,
            plain: connect::is_plain(&remote.host, &self.plain),
        };
        let url = request.url(login.as_ref())?;
        let send = async || {
            let built = request.build(self.client()?, &url, login.as_ref());
            body::while_moving(self.patience.silence, &body::Moved::default(), built.send()).await
        };
        let response = self.persist(true, &url, send).await?;
        super::token::read(remote, response, self.patience.silence).await
    }

    fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = connect::client(self.patience.silence)?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// The rights to ask for: what the request needs, and what the registry says it needs.
fn scopes(remote: &Remote, access: Access, asked: Option<&str>) -> BTreeSet<String> {
    let own = format!("repository:{}:{}", remote.repository, access.actions());
    let mut scopes: BTreeSet<String> = asked.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    scopes.insert(own);
    scopes
}

/// How long the registry asks to be left alone. The form with a date is not read: no registry is known to send it.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
