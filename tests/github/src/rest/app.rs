//! The App: where it is installed, and tokens for its installations. One installation for each owner.

use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::Call;
use crate::auth::APP;
use crate::description::Description;
use crate::reply::Reply;
use crate::state::State;

/// Answers what is about the App.
pub(crate) fn call(state: &mut State, call: &Call<'_>) -> Option<Reply> {
    Some(match (call.asked.method.as_str(), call.found.template) {
        ("GET", "/repos/{owner}/{repo}/installation") => installation(state, call),
        ("POST", "/app/installations/{installation_id}/access_tokens") => token(state),
        _ => return None,
    })
}

/// The number of an owner's installation.
fn number(owner: &str) -> u64 {
    owner.bytes().fold(1000, |number, byte| (number * 31 + u64::from(byte)) % 1_000_000)
}

fn installation(state: &State, call: &Call<'_>) -> Reply {
    if state.repository(&call.repository()).is_none() {
        return Reply::missing();
    }
    let owner = call.found.get("owner");
    let mut shown = Description::get().example("installation");
    shown["id"] = number(owner).into();
    shown["app_id"] = APP.into();
    shown["account"]["login"] = owner.into();
    Reply::json(200, &shown)
}

/// Source: <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>: it holds an hour.
fn token(state: &mut State) -> Reply {
    let token = format!("ghs_{}", state.number());
    state.tokens.insert(token.clone());
    let expires = Timestamp::now() + 1.hour();
    let expires = expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let shown = json!({ "token": token, "expires_at": expires, "permissions": { "contents": "write" }, "repository_selection": "all" });
    Reply::json(201, &shown)
}
