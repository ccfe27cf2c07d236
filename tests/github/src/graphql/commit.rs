//! `createCommitOnBranch`: a commit on a branch's head, if the head is still the one that was expected.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::objects::Object;
use super::root::{error, text};
use crate::git::Git;
use crate::state::State;

/// Who GitHub says made a commit by its API, and who it says committed it.
const WHO: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "trunkline[bot]"),
    ("GIT_AUTHOR_EMAIL", "7+trunkline[bot]@users.noreply.github.com"),
    ("GIT_COMMITTER_NAME", "GitHub"),
    ("GIT_COMMITTER_EMAIL", "noreply@github.com"),
];

/// Makes the commit.
pub(crate) fn create<'s>(state: &'s State, input: &Value) -> Result<ResolvedValue<'s>, FieldError> {
    let (name, branch) = (text(&input["branch"]["repositoryNameWithOwner"]), text(&input["branch"]["branchName"]));
    let missing = || error(format!("NOT_FOUND: Could not resolve to a Repository with the name '{name}'."));
    let git = &state.repository(name).ok_or_else(missing)?.git;
    let full = format!("refs/heads/{branch}");
    let head = git.object(&full).ok_or_else(|| error(format!("NOT_FOUND: No ref found for {branch}")))?;
    let expected = text(&input["expectedHeadOid"]);
    if head != expected {
        return Err(stale(expected));
    }
    if let Some(reason) = state.protected(name, branch) {
        return Err(error(format!("UNPROCESSABLE: {reason}")));
    }
    let tree = tree(git, &head, &input["fileChanges"])?;
    let (headline, body) = (text(&input["message"]["headline"]), text(&input["message"]["body"]));
    let message = if body.is_empty() { headline.to_owned() } else { format!("{headline}\n\n{body}") };
    let made = git.run(&["commit-tree", "-p", &head, &tree], &WHO, message.as_bytes());
    let made = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    git.ask(&["update-ref", &full, &made, &head]).ok_or_else(|| stale(expected))?;
    Ok(ResolvedValue::object(Payload { git, made }))
}

/// Source: what GitHub answers, as tools that commit by it quote it: `type` is `STALE_DATA`, the status 200.
fn stale(expected: &str) -> FieldError {
    error(format!("STALE_DATA: Expected branch to point to \"{expected}\" but it did not. Pull and try again."))
}

/// The tree with additions and deletions in it; the modes of files that are there stay.
fn tree(git: &Git, head: &str, changes: &Value) -> Result<String, FieldError> {
    let folder = tempfile::tempdir().map_err(|failure| error(failure.to_string()))?;
    let index = folder.path().join("index");
    let variables = [("GIT_INDEX_FILE", index.to_str().unwrap_or_default())];
    let run = |arguments: &[&str], input: &[u8]| {
        let output = git.run(arguments, &variables, input);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout) } else { Err(error(format!("UNPROCESSABLE: {said}"))) }
    };
    run(&["read-tree", head], b"")?;
    let list = |key: &str| changes[key].as_array().cloned().unwrap_or_default();
    for addition in list("additions") {
        let path = text(&addition["path"]).to_owned();
        let bytes = STANDARD.decode(text(&addition["contents"]));
        let bytes = bytes.map_err(|_| error("UNPROCESSABLE: contents are not base64"))?;
        let blob = run(&["hash-object", "-w", "--stdin"], &bytes)?;
        let blob = String::from_utf8_lossy(&blob).trim().to_owned();
        let there = git.ask(&["ls-tree", head, "--", &path]).unwrap_or_default();
        let mode = if there.starts_with(b"100755") { "100755" } else { "100644" };
        run(&["update-index", "--add", "--cacheinfo", mode, &blob, &path], b"")?;
    }
    for deletion in list("deletions") {
        run(&["update-index", "--force-remove", "--", text(&deletion["path"])], b"")?;
    }
    let tree = run(&["write-tree"], b"")?;
    Ok(String::from_utf8_lossy(&tree).trim().to_owned())
}

/// What the mutation gives.
struct Payload<'s> {
    git: &'s Git,
    made: String,
}

impl ObjectValue for Payload<'_> {
    fn type_name(&self) -> &'static str {
        "CreateCommitOnBranchPayload"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "commit" => Ok(ResolvedValue::object(Object::new(self.git, self.made.clone()))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
