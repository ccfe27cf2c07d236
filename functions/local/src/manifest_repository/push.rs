//! The push: it succeeds only on the head that the commit was made for; and what its answer means.

use trunkline_core::ids::Commit;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::Put;

use super::cache::Cache;
use crate::git::failure;

/// What servers say when somebody was quicker: before git asked, between asking and writing, and from hosts that queue.
const QUICKER: &[&str] = &[
    "(fetch first)",
    "(non-fast-forward)",
    "but expected",
    "(incorrect old value provided)",
    "(reference already exists)",
    "(stale info)",
];

/// What servers say when somebody is writing right now.
const BUSY: &[&str] =
    &["cannot lock ref", "failed to update ref", "unable to create", "failed to lock", "internal server error"];

/// Offers `commit` as the branch's new head, in the place of its parent `on` and of nothing else.
///
/// A plain push onto a branch that was set back by force would bring forward what was thrown away. `--force-with-lease`
/// with the very head that is expected takes any other for a refusal; since `commit` follows `on`, it never overwrites.
///
/// # Errors
/// A refusal when the repository does not take it, a fault when it may or may not have been taken: look again.
pub(crate) async fn push(cache: &Cache, on: &Commit, commit: &Commit) -> Result<Put, Failure> {
    let order =
        cache.git.order("push").args(["--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]);
    let branch = format!("refs/heads/{}", cache.address.branch);
    let order = order.arg(format!("--force-with-lease={branch}:{on}"));
    let answer = order.args(["--", "origin", &format!("{commit}:{branch}")]).talks().answer().await?;
    let output = String::from_utf8_lossy(&answer.output);
    match output.lines().find(|line| line.starts_with("!\t")) {
        Some(line) => rejected(cache, line.rsplit('\t').next().unwrap_or(line), &answer.noise),
        None if answer.status.success() => Ok(Put::Done),
        None => Err(failure::explain("push", &answer.noise, true)),
    }
}

/// What it means that the repository did not take it: `why` is its one line, `noise` what it said beside that.
fn rejected(cache: &Cache, why: &str, noise: &str) -> Result<Put, Failure> {
    let holds = |words: &[&str]| words.iter().any(|word| why.contains(word));
    let all = || failure::said(&format!("{why}\n{}", remote(noise)));
    if holds(QUICKER) {
        return Ok(Put::Moved);
    }
    if holds(BUSY) {
        return Err(Fault::passing(format!("git push: {}", all())).into());
    }
    let branch = &cache.address.branch;
    let message = format!("`{}` does not take a push to `{branch}`: {}", cache.address.shown, all());
    let help = if why.contains("checked out") {
        "the branch is checked out there: make that repository bare, check out another branch, or let it follow with \
         `git config receive.denyCurrentBranch updateInstead`"
    } else {
        "let this user push to the branch (branch protection, hooks), or name another branch in the policy"
    };
    Err(Refusal::new(Code::RepositoryUnusable, message).help(help).into())
}

fn remote(noise: &str) -> String {
    let lines = noise.lines().filter_map(|line| line.trim().strip_prefix("remote:"));
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
