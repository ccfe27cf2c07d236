//! Comments on commits.

use serde_json::Value;

use super::Call;
use crate::description::Description;
use crate::reply::Reply;
use crate::state::Repository;

pub(crate) fn list(repository: &Repository, call: &Call<'_>) -> Reply {
    let mut found = repository.made("comments", call.found.get("commit_sha"));
    found.reverse();
    Reply::json(200, &Value::Array(call.page(found)))
}

pub(crate) fn create(repository: &mut Repository, call: &Call<'_>, number: u64) -> Reply {
    let commit = call.found.get("commit_sha").to_owned();
    if repository.git.commit(&commit).is_none() {
        return Reply::failure(422, "No commit found for SHA");
    }
    let mut shown = Description::get().example("commit-comment");
    shown["id"] = number.into();
    shown["commit_id"] = commit.as_str().into();
    shown["body"] = call.body()["body"].clone();
    repository.made.entry("comments").or_default().push((commit, shown.clone()));
    Reply::json(201, &shown)
}
