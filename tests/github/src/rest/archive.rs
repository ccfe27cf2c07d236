//! Tarballs: the API sends to another host, which needs no authorization but what is in the address.

use super::Call;
use crate::reply::Reply;
use crate::state::{Repository, State};

/// Where the other host begins here.
pub(crate) const CODELOAD: &str = "/_codeload/";

pub(crate) fn redirect(repository: &Repository, call: &Call<'_>) -> Reply {
    let Some(commit) = repository.git.commit(call.found.get("ref")) else { return Reply::missing() };
    let address = format!("{}{CODELOAD}{}/legacy.tar.gz/{commit}?token=of-this-address", call.url, repository.name);
    Reply { body: Vec::new(), ..Reply::json(302, &serde_json::Value::Null) }.with("location", &address)
}

/// The tarball, as `git archive` makes it: it minds `.gitattributes`, as GitHub does.
pub(crate) fn codeload(state: &State, path: &str) -> Reply {
    let Some((name, commit)) = path.split_once("/legacy.tar.gz/") else { return Reply::missing() };
    let Some(repository) = state.repository(name) else { return Reply::missing() };
    let prefix = format!("--prefix={}-{}/", name.replace('/', "-"), commit.get(..7).unwrap_or_default());
    match repository.git.ask(&["archive", "--format=tar.gz", &prefix, commit]) {
        Some(body) => Reply::raw("application/x-gzip", body),
        None => Reply::missing(),
    }
}
