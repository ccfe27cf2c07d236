//! What a registry's answers mean to us, in words.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use super::body;
use crate::place::Remote;

/// How much of a registry's own words is shown, in bytes.
const MAX_WORDS: usize = 500;

/// How much of an error's body is read, in bytes.
const MAX_BODY: u64 = 64 * 1024;

/// How long to wait for the body of an error: it only explains.
const BODY_WAIT: Duration = Duration::from_secs(5);

/// Whether trying again may give another answer.
pub(super) fn may_pass(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT || status.is_server_error()
}

/// The fault for such an answer.
pub(super) async fn passing(url: &Url, response: Response) -> Fault {
    let status = response.status();
    let host = url.host_str().unwrap_or_default().to_owned();
    Fault::passing(format!("`{host}` answers {status}{}", words(response).await))
}

/// The failure for any other answer that is not the one that was hoped for.
pub(super) async fn refused(remote: &Remote, doing: &str, response: Response) -> Failure {
    let status = response.status();
    let words = words(response).await;
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => denied(remote, &format!("{doing}: it answers {status}{words}")),
        status if may_pass(status) => Fault::passing(format!("`{remote}`, {doing}: it answers {status}{words}")).into(),
        StatusCode::METHOD_NOT_ALLOWED => Refusal::new(Code::RegistryRejected, format!("`{}` does not allow {doing}{words}", remote.host))
            .help("allow it there (of the `registry` server: `storage: {delete: {enabled: true}}`), or let its own retention delete images")
            .into(),
        _ => Refusal::new(Code::RegistryRejected, format!("`{remote}` refuses {doing}: {status}{words}"))
            .help("does the repository exist, and does the registry take OCI images and indexes?")
            .into(),
    }
}

/// The refusal of a registry that does not let us.
pub(super) fn denied(remote: &Remote, why: &str) -> Failure {
    Refusal::new(Code::RegistryDenied, format!("`{remote}` does not let us: {why}"))
        .help(format!(
            "log in with `docker login {0}` or `skopeo login {0}`, as someone who may read and write `{1}`",
            remote.host, remote.repository
        ))
        .into()
}

/// An error of the client with what caused it: its own words alone leave out why.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            let _ = write!(text, ": {words}");
        }
        cause = inner.source();
    }
    text
}

#[derive(Deserialize)]
struct Problems {
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// The registry's own words, after a colon; nothing when it says none.
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>
async fn words(response: Response) -> String {
    let Ok(bytes) = body::read(response, MAX_BODY, BODY_WAIT).await else { return String::new() };
    let text = match serde_json::from_slice::<Problems>(&bytes) {
        Ok(problems) => {
            let told =
                problems.errors.iter().map(|problem| format!("{} {}", problem.code, problem.message).trim().to_owned());
            told.collect::<Vec<_>>().join("; ")
        }
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let shown: String = text.trim().chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let end = (0..=MAX_WORDS.min(shown.len())).rev().find(|end| shown.is_char_boundary(*end)).unwrap_or(0);
    if end == 0 { String::new() } else { format!(": {}", &shown[..end]) }
}
