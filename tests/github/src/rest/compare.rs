//! Comparing two commits: which is ahead, by how much.

use serde_json::Value;

use super::Call;
use crate::description::Description;
use crate::git::Git;
use crate::reply::Reply;

pub(crate) fn compare(git: &Git, call: &Call<'_>) -> Reply {
    let range = call.found.get("basehead");
    let Some((base, head)) = range.split_once("...") else { return Reply::missing() };
    let (Some(base), Some(head)) = (git.commit(base), git.commit(head)) else { return Reply::missing() };
    let Some(common) = git.text(&["merge-base", &base, &head]) else {
        return Reply::failure(404, &format!("No common ancestor between {base} and {head}."));
    };
    let count = |from: &str, to: &str| {
        let text = git.text(&["rev-list", "--count", &format!("{from}..{to}")]);
        text.and_then(|text| text.parse::<u64>().ok()).unwrap_or_default()
    };
    let (ahead, behind) = (count(&base, &head), count(&head, &base));
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let mut shown = Description::get().example("commit-comparison");
    let commit = shown["commits"][0].clone();
    let with = |oid: &str| {
        let mut commit = commit.clone();
        commit["sha"] = oid.into();
        commit
    };
    shown["base_commit"] = with(&base);
    shown["merge_base_commit"] = with(&common);
    shown["status"] = status.into();
    shown["ahead_by"] = ahead.into();
    shown["behind_by"] = behind.into();
    shown["total_commits"] = ahead.into();
    let listed = git.text(&["rev-list", "--reverse", &format!("{base}..{head}")]).unwrap_or_default();
    shown["commits"] = Value::Array(call.page(listed.lines().map(with).collect()));
    shown["files"] = Value::Array(Vec::new());
    Reply::json(200, &shown)
}
