//! Trees, blobs and tag objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Call;
use crate::git::Git;
use crate::reply::Reply;

/// The most entries of a tree that are told at once.
/// Source: <https://docs.github.com/en/rest/git/trees#get-a-tree>
const MAX_ENTRIES: usize = 100_000;

pub(crate) fn tree(git: &Git, call: &Call<'_>) -> Reply {
    let name = call.found.get("tree_sha");
    let Some(oid) = git.object(&format!("{name}^{{tree}}")) else { return Reply::missing() };
    let recursive: &[&str] = if call.query("recursive").is_some() { &["-r", "-t"] } else { &[] };
    let listed = git.ask(&[&["ls-tree", "-z", "--long"], recursive, &[&oid]].concat()).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let url = |kind: &str, oid: &str| format!("{}/repos/{}/git/{kind}s/{oid}", call.url, call.repository());
    let entry = |line: &str| {
        let (head, path) = line.split_once('\t')?;
        let mut words = head.split_whitespace();
        let (mode, kind, oid) = (words.next()?, words.next()?, words.next()?);
        let mut entry = json!({ "path": path, "mode": mode, "type": kind, "sha": oid });
        if let Some(Ok(size)) = words.next().map(str::parse::<u64>) {
            entry["size"] = size.into();
        }
        if kind != "commit" {
            entry["url"] = url(kind, oid).into();
        }
        Some(entry)
    };
    let mut entries: Vec<Value> = listed.split('\0').filter_map(entry).collect();
    let truncated = entries.len() > MAX_ENTRIES;
    entries.truncate(MAX_ENTRIES);
    Reply::json(200, &json!({ "sha": oid, "url": url("tree", &oid), "tree": entries, "truncated": truncated }))
}

pub(crate) fn blob(git: &Git, call: &Call<'_>) -> Reply {
    let oid = call.found.get("file_sha");
    let Some(body) = git.ask(&["cat-file", "blob", oid]) else { return Reply::missing() };
    if call.asked.accept.contains("raw") {
        return Reply::raw("application/vnd.github.raw+json; charset=utf-8", body);
    }
    let url = format!("{}/repos/{}/git/blobs/{oid}", call.url, call.repository());
    let content = STANDARD.encode(&body);
    let shown =
        json!({ "sha": oid, "node_id": oid, "size": body.len(), "url": url, "content": content, "encoding": "base64" });
    Reply::json(200, &shown)
}

pub(crate) fn tag(git: &Git, call: &Call<'_>) -> Reply {
    let oid = call.found.get("tag_sha");
    let Some(text) = git.text(&["cat-file", "tag", oid]) else { return Reply::missing() };
    let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let mut shown = crate::description::Description::get().example("git-tag");
    shown["sha"] = oid.into();
    shown["tag"] = header("tag ").into();
    shown["object"]["sha"] = header("object ").into();
    shown["object"]["type"] = header("type ").into();
    Reply::json(200, &shown)
}
