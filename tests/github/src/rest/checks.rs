//! Check runs of commits.

use serde_json::{Value, json};

use super::Call;
use crate::description::Description;
use crate::reply::Reply;
use crate::state::Repository;

/// What of a check run is as the caller says.
const SAID: [&str; 7] = ["name", "head_sha", "status", "conclusion", "details_url", "external_id", "started_at"];

pub(crate) fn create(repository: &mut Repository, call: &Call<'_>, number: u64) -> Reply {
    let body = call.body();
    let commit = body["head_sha"].as_str().unwrap_or_default().to_owned();
    if repository.git.commit(&commit).is_none() {
        return Reply::failure(422, "No commit found for SHA");
    }
    let mut shown = Description::get().example("check-run");
    shown["id"] = number.into();
    shown["conclusion"] = Value::Null;
    shown["completed_at"] = Value::Null;
    say(&mut shown, &body);
    repository.made.entry("checks").or_default().push((commit, shown.clone()));
    Reply::json(201, &shown)
}

pub(crate) fn update(repository: &mut Repository, call: &Call<'_>) -> Reply {
    let (id, body) = (call.found.get("check_run_id"), call.body());
    let runs = repository.made.entry("checks").or_default();
    let Some((_, run)) = runs.iter_mut().find(|(_, run)| run["id"].as_u64() == id.parse().ok()) else {
        return Reply::missing();
    };
    say(run, &body);
    Reply::json(200, run)
}

pub(crate) fn list(repository: &Repository, call: &Call<'_>) -> Reply {
    let Some(commit) = repository.git.commit(call.found.get("ref")) else { return Reply::missing() };
    let named = |run: &Value| call.query("check_name").is_none_or(|name| run["name"] == name);
    let found: Vec<Value> = repository.made("checks", &commit).into_iter().filter(named).collect();
    Reply::json(200, &json!({ "total_count": found.len(), "check_runs": call.page(found) }))
}

fn say(run: &mut Value, body: &Value) {
    for key in SAID {
        if !body[key].is_null() {
            run[key] = body[key].clone();
        }
    }
    for key in ["title", "summary", "text"] {
        if !body["output"][key].is_null() {
            run["output"][key] = body["output"][key].clone();
        }
    }
    if !body["conclusion"].is_null() {
        run["status"] = "completed".into();
        run["completed_at"] = body["completed_at"].as_str().unwrap_or("2026-01-01T00:00:00Z").into();
    }
}
