//! REST: which work an operation is, and what all of them are given.

mod app;
mod archive;
mod checks;
mod comments;
mod compare;
mod deployments;
mod objects;
mod refs;

use serde_json::Value;

pub(crate) use archive::{CODELOAD, codeload};

use crate::description::Match;
use crate::git::Git;
use crate::reply::Reply;
use crate::server::Asked;
use crate::state::{Repository, State};

/// A call of an operation.
pub(crate) struct Call<'c> {
    pub(crate) found: &'c Match,
    pub(crate) query: &'c [(String, String)],
    pub(crate) asked: &'c Asked,
    /// Where the stand-in is.
    pub(crate) url: &'c str,
}

impl Call<'_> {
    /// A parameter of the query.
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `owner/name`.
    fn repository(&self) -> String {
        format!("{}/{}", self.found.get("owner"), self.found.get("repo"))
    }

    fn body(&self) -> Value {
        serde_json::from_slice(&self.asked.body).unwrap_or_default()
    }

    /// The part of a list that is asked for.
    fn page(&self, all: Vec<Value>) -> Vec<Value> {
        let number =
            |name: &str, default: usize| self.query(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let count = number("per_page", 30).min(100);
        all.into_iter().skip((number("page", 1).max(1) - 1) * count).take(count).collect()
    }
}

/// Answers a call; nothing when the stand-in does not serve the operation.
pub(crate) fn call(state: &mut State, call: &Call<'_>) -> Option<Reply> {
    let template = call.found.template;
    if let Some(reply) = app::call(state, call) {
        return Some(reply);
    }
    let rest = template.strip_prefix("/repos/{owner}/{repo}")?;
    let name = call.repository();
    let number = state.number();
    let Some(repository) = state.repository_mut(&name) else { return Some(Reply::missing()) };
    let git = &repository.git;
    Some(match (call.asked.method.as_str(), rest) {
        ("GET", "") => shown(repository),
        ("GET", "/git/trees/{tree_sha}") => objects::tree(git, call),
        ("GET", "/git/blobs/{file_sha}") => objects::blob(git, call),
        ("GET", "/git/tags/{tag_sha}") => objects::tag(git, call),
        ("GET", "/git/ref/{ref}") => refs::get(git, call),
        ("POST", "/git/refs") => refs::create(git, call),
        ("GET", "/compare/{basehead}") => compare::compare(git, call),
        ("GET", "/tarball/{ref}") => archive::redirect(repository, call),
        ("GET", "/deployments") => deployments::list(repository, call),
        ("POST", "/deployments") => deployments::create(repository, call, number),
        ("GET", "/deployments/{deployment_id}/statuses") => deployments::statuses(repository, call),
        ("POST", "/deployments/{deployment_id}/statuses") => deployments::tell(repository, call, number),
        ("POST", "/check-runs") => checks::create(repository, call, number),
        ("PATCH", "/check-runs/{check_run_id}") => checks::update(repository, call),
        ("GET", "/commits/{ref}/check-runs") => checks::list(repository, call),
        ("GET", "/commits/{commit_sha}/comments") => comments::list(repository, call),
        ("POST", "/commits/{commit_sha}/comments") => comments::create(repository, call, number),
        ("POST", "/actions/workflows/{workflow_id}/dispatches") => dispatch(git, call),
        _ => return None,
    })
}

fn shown(repository: &Repository) -> Reply {
    let mut shown = crate::description::Description::get().example("full-repository-default-response");
    let (owner, name) = repository.name.split_once('/').unwrap_or_default();
    // GitHub's own example lacks a key that its schema asks for, here and in the repositories that this one is a fork of.
    shown["language"] = Value::Null;
    for fork in ["parent", "source"] {
        shown.as_object_mut().map(|shown| shown.remove(fork));
    }
    shown["id"] = repository.id.into();
    shown["name"] = name.into();
    shown["full_name"] = repository.name.as_str().into();
    shown["owner"]["login"] = owner.into();
    let head = repository.git.text(&["symbolic-ref", "--short", "HEAD"]).unwrap_or_default();
    shown["default_branch"] = head.into();
    Reply::json(200, &shown)
}

fn dispatch(git: &Git, call: &Call<'_>) -> Reply {
    let body = call.body();
    let branch = body["ref"].as_str().unwrap_or_default();
    if git.commit(branch).is_none() {
        return Reply::failure(422, &format!("No ref found for: {branch}"));
    }
    Reply { body: Vec::new(), ..Reply::json(204, &Value::Null) }
}
