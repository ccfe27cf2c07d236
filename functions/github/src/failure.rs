//! What GitHub's refusals mean: something to mend, or something that may pass.

use std::error::Error;

use http::StatusCode;
use serde::Deserialize;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::text::clean;
use trunkline_ports::failure::{Failure, Fault};

use crate::client::Answer;
use crate::name::RepositoryName;

/// The longest that GitHub's own words are told, in characters.
const MAX_WORDS: usize = 300;

/// A failure as GitHub tells it. Source: <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>
#[derive(Default, Deserialize)]
struct Told {
    #[serde(default)]
    message: String,
}

/// GitHub's own words, on one line.
pub(crate) fn words(answer: &Answer) -> String {
    let told: Told = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = clean(&told.message, MAX_WORDS);
    if words.is_empty() { answer.status.to_string() } else { words }
}

/// What an answer means that is not the one that was hoped for. `needs` is the App's permission: `contents: read`.
///
/// A 404 may be a missing right, too: GitHub does not say that what may not be seen exists.
pub(crate) fn explain(who: &str, what: &str, answer: &Answer, needs: &str) -> Failure {
    let words = words(answer);
    let refusal = |message: String, help: String| Refusal::new(Code::RepositoryUnusable, message).help(help).into();
    match answer.status {
        StatusCode::UNAUTHORIZED => refusal(
            format!("GitHub does not let {who} in: {words}"),
            "check that the token has not expired, or the App's number and private key".to_owned(),
        ),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => refusal(
            format!("GitHub does not give {who} {what}: {words}"),
            format!("check the name, and that {who} has the permission `{needs}` there"),
        ),
        status if status.is_server_error() => Fault::passing(format!("GitHub failed to give {what}: {words}")).into(),
        _ => Fault::lasting(format!("GitHub did not give {what}: {} {words}", answer.status.as_u16())).into(),
    }
}

/// The repository is not shown to who asks.
pub(crate) fn unseen(who: &str, name: &RepositoryName, needs: &str) -> Refusal {
    Refusal::new(Code::RepositoryUnusable, format!("GitHub shows {who} no repository `{name}`"))
        .help(format!("check the name, and that {who} may see it: an App must be installed there with `{needs}`"))
}

/// An error with all its causes, on one line. Octocrab's own words are mostly "service error".
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    clean(&text, MAX_WORDS)
}
