//! Deployments and what is told of each.

use serde_json::Value;

use super::Call;
use crate::description::Description;
use crate::reply::Reply;
use crate::state::Repository;

pub(crate) fn list(repository: &Repository, call: &Call<'_>) -> Reply {
    let fits = |value: &Value| {
        ["sha", "ref", "task", "environment"]
            .iter()
            .all(|name| call.query(name).is_none_or(|wanted| value[*name].as_str() == Some(wanted)))
    };
    let found = repository.made("deployments", "").into_iter().filter(fits).collect();
    Reply::json(200, &Value::Array(call.page(found)))
}

pub(crate) fn create(repository: &mut Repository, call: &Call<'_>, number: u64) -> Reply {
    let body = call.body();
    let wanted = body["ref"].as_str().unwrap_or_default();
    let Some(commit) = repository.git.commit(wanted) else {
        return Reply::failure(422, &format!("No ref found for: {wanted}"));
    };
    let mut shown = Description::get().example("deployment-items")[0].clone();
    for key in
        ["ref", "task", "environment", "description", "payload", "transient_environment", "production_environment"]
    {
        if !body[key].is_null() {
            shown[key] = body[key].clone();
        }
    }
    shown["id"] = number.into();
    shown["sha"] = commit.into();
    repository.made.entry("deployments").or_default().push((String::new(), shown.clone()));
    Reply::json(201, &shown)
}

pub(crate) fn statuses(repository: &Repository, call: &Call<'_>) -> Reply {
    let id = call.found.get("deployment_id");
    if !known(repository, id) {
        return Reply::missing();
    }
    Reply::json(200, &Value::Array(call.page(repository.made("statuses", id))))
}

pub(crate) fn tell(repository: &mut Repository, call: &Call<'_>, number: u64) -> Reply {
    let (id, body) = (call.found.get("deployment_id"), call.body());
    if !known(repository, id) {
        return Reply::missing();
    }
    let mut shown = Description::get().example("deployment-status");
    for key in ["state", "description", "environment", "environment_url", "log_url", "target_url"] {
        if !body[key].is_null() {
            shown[key] = body[key].clone();
        }
    }
    shown["id"] = number.into();
    repository.made.entry("statuses").or_default().push((id.to_owned(), shown.clone()));
    Reply::json(201, &shown)
}

fn known(repository: &Repository, id: &str) -> bool {
    repository.made("deployments", "").iter().any(|deployment| deployment["id"].as_u64() == id.parse().ok())
}
