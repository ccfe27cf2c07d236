//! Commits made without a work tree or an index: `git fast-import` takes the old commit's tree and the new files.

use std::time::{SystemTime, UNIX_EPOCH};

use trunkline_core::ids::Commit;
use trunkline_manifests::Change;
use trunkline_ports::failure::{Failure, Fault};

use crate::git::Git;

/// Who commits where nobody told git a name.
const FALLBACK: &str = "Trunkline <trunkline@localhost>";

/// Who commits, and when, in git's own form: `Name <address> 1700000000 +0000`.
///
/// # Errors
/// A refusal when there is no git.
pub(crate) async fn identity(git: &Git) -> Result<String, Failure> {
    // Without this, git makes a name of the user's and the machine's.
    let git = git.clone().set("user.useConfigOnly", "true");
    let answer = git.order("var").arg("GIT_COMMITTER_IDENT").answer().await?;
    let identity = String::from_utf8_lossy(&answer.output).trim().to_owned();
    if answer.status.success() && !identity.is_empty() {
        return Ok(identity);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    Ok(format!("{FALLBACK} {now} +0000"))
}

/// Makes a commit after `parent` in which `changes` are made and everything else stays; its id.
///
/// The cache keeps it under a ref of its own until the next one, so that nothing removes it before it is pushed.
///
/// # Errors
/// A fault when the cache cannot be written.
pub(crate) async fn commit(
    git: &Git,
    parent: &Commit,
    identity: &str,
    message: &str,
    changes: &[Change],
) -> Result<Commit, Failure> {
    let mut stream =
        format!("feature done\ncommit refs/trunkline/made\nmark :1\nauthor {identity}\ncommitter {identity}\n")
            .into_bytes();
    data(&mut stream, message);
    stream.extend(format!("from {parent}\n").bytes());
    for change in changes {
        let mode = if change.executable { "100755" } else { "100644" };
        stream.extend(format!("M {mode} inline {}\n", quoted(&change.path)).bytes());
        data(&mut stream, &change.text);
    }
    stream.extend(b"\nget-mark :1\ndone\n");
    // The pack is kept as it is, which saves a process that would take it apart, and is not compressed: the push makes its
    // own, with what differs from the commit before.
    let git = git.clone().set("fastimport.unpackLimit", "1").set("pack.compression", "0");
    // `--force` is about that ref alone, which holds some earlier commit; it never leaves the cache.
    let order = git.order("fast-import").args(["--quiet", "--force", "--date-format=raw"]);
    let output = order.input(stream).output().await?;
    let id = String::from_utf8_lossy(&output).trim().to_owned();
    id.parse().map_err(|_| Fault::lasting(format!("`git fast-import` answered `{id}` instead of a commit")).into())
}

fn data(stream: &mut Vec<u8>, text: &str) {
    stream.extend(format!("data {}\n", text.len()).bytes());
    stream.extend(text.bytes());
    stream.push(b'\n');
}

/// A path as a quoted string. Source: "filemodify" in <https://git-scm.com/docs/git-fast-import>
fn quoted(path: &str) -> String {
    let mut quoted = String::from("\"");
    for char in path.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
