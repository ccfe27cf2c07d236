//! Refs: reading one, and making one.

use serde_json::{Value, json};

use super::Call;
use crate::git::Git;
use crate::reply::Reply;

pub(crate) fn get(git: &Git, call: &Call<'_>) -> Reply {
    let full = format!("refs/{}", call.found.get("ref"));
    match git.refs(&full).into_iter().find(|(name, ..)| *name == full) {
        Some((name, oid, kind)) => Reply::json(200, &shown(call, &name, &oid, &kind)),
        None => Reply::missing(),
    }
}

/// The refusals are in GitHub's words.
pub(crate) fn create(git: &Git, call: &Call<'_>) -> Reply {
    let body = call.body();
    let (full, oid) = (body["ref"].as_str().unwrap_or_default(), body["sha"].as_str().unwrap_or_default());
    if !full.starts_with("refs/") || full.matches('/').count() < 2 {
        return Reply::failure(422, "Reference name must contain at least three slash-separated components.");
    }
    if git.ask(&["check-ref-format", full]).is_none() {
        return Reply::failure(422, &format!("{full} is not a valid ref name."));
    }
    let Some(kind) = git.kind(oid) else { return Reply::failure(422, "Object does not exist") };
    if git.refs(full).iter().any(|(name, ..)| name == full) {
        return Reply::failure(422, "Reference already exists");
    }
    let nothing = "0".repeat(oid.len());
    match git.ask(&["update-ref", "--", full, oid, &nothing]) {
        Some(_) => Reply::json(201, &shown(call, full, oid, &kind)),
        None => Reply::failure(422, "Reference update failed"),
    }
}

fn shown(call: &Call<'_>, full: &str, oid: &str, kind: &str) -> Value {
    let base = format!("{}/repos/{}/git", call.url, call.repository());
    json!({
        "ref": full,
        "node_id": oid,
        "url": format!("{base}/{}", percent_encoding::utf8_percent_encode(full, percent_encoding::NON_ALPHANUMERIC)),
        "object": { "type": kind, "sha": oid, "url": format!("{base}/{kind}s/{oid}") },
    })
}
