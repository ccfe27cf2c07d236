//! The token service of a registry. Source: <https://distribution.github.io/distribution/spec/auth/token/>, `…/oauth/`

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use trunkline_ports::credentials::{Login, Secret};
use trunkline_ports::failure::{Failure, Fault};

use super::answer;
use super::{basic, body};
use crate::place::Remote;

/// The longest answer that is read, in bytes; tokens are a few KiB.
const MAX_ANSWER: u64 = 1024 * 1024;

/// What is asked of a token service.
pub(super) struct Request<'a> {
    pub(super) remote: &'a Remote,
    pub(super) realm: &'a str,
    pub(super) service: Option<&'a str>,
    pub(super) scopes: &'a BTreeSet<String>,
    /// Whether the registry itself is spoken to without TLS.
    pub(super) plain: bool,
}

impl Request<'_> {
    /// Where it goes. A password is never sent in the clear because a registry says so.
    pub(super) fn url(&self, login: Option<&Login>) -> Result<Url, Failure> {
        let mut url = Url::parse(self.realm)
            .map_err(|_| answer::denied(self.remote, "its token service has no address that can be read"))?;
        if url.scheme() != "https" && !(self.plain && url.scheme() == "http") {
            return Err(answer::denied(self.remote, "it names a token service that does not use https"));
        }
        if !matches!(login, Some(Login::Identity(_))) {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(self.service.map(|service| ("service", service)));
            query.extend_pairs(self.scopes.iter().map(|scope| ("scope", scope)));
        }
        Ok(url)
    }

    /// The request: with an identity token as a form, else with a name and password, or as nobody.
    pub(super) fn build(&self, client: &Client, url: &Url, login: Option<&Login>) -> RequestBuilder {
        if let Some(Login::Identity(token)) = login {
            return client
                .post(url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(self.form(token));
        }
        let request = client.get(url.clone());
        match login.and_then(basic::header) {
            Some(header) => request.header(AUTHORIZATION, header.expose()),
            None => request,
        }
    }

    fn form(&self, token: &Secret) -> String {
        let scopes: Vec<&str> = self.scopes.iter().map(String::as_str).collect();
        let pairs = [
            ("grant_type", "refresh_token"),
            ("service", self.service.unwrap_or_default()),
            ("client_id", "trunkline"),
            ("scope", &scopes.join(" ")),
            ("refresh_token", token.expose()),
        ];
        // A query's syntax is a form's syntax.
        let form = Url::parse_with_params("form:", pairs).ok();
        form.and_then(|form| form.query().map(str::to_owned)).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Grant {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

/// Reads the token, as the value of an `Authorization` header.
pub(super) async fn read(remote: &Remote, response: Response, silence: Duration) -> Result<Secret, Failure> {
    match response.status() {
        status if status.is_success() => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(answer::denied(remote, "its token service does not take the name and password"));
        }
        status => return Err(answer::denied(remote, &format!("its token service answers {status}"))),
    }
    let bytes = body::read(response, MAX_ANSWER, silence).await?;
    let grant: Grant = serde_json::from_slice(&bytes)
        .map_err(|_| Fault::passing(format!("the token service of `{}` gave no token", remote.host)))?;
    let token = if grant.token.is_empty() { grant.access_token } else { grant.token };
    let legal = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if legal {
        Ok(Secret::new(format!("Bearer {token}")))
    } else {
        Err(answer::denied(remote, "its token service gave no token"))
    }
}
