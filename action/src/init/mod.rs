//! `init`: a policy for a repository, from what it holds, with comments that say what to change.
//!
//! It guesses, and says what it guessed from. What it writes passes `check`, or it is not written.

mod find;
mod names;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::path::Path;

use serde_json::json;
use trunkline_core::policy::{FILE, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use crate::answer::{Answer, Exit};
use crate::arguments::Common;
use find::Found;
use tree::Tree;

/// Writes the policy of the repository in `folder`, or the one here or above.
///
/// As JSON `{"file", "project", "found": ["api/Dockerfile: the image `api`", …]}`.
///
/// # Errors
/// [`Code::AlreadyThere`] when there is a policy and nobody said `--force`, [`Code::RepositoryUnusable`] when it is no repository.
pub(crate) fn init(common: &Common, folder: Option<&Path>, force: bool) -> Result<Answer, Failure> {
    let start = common.directory.as_deref().unwrap_or(Path::new("."));
    let tree = Tree::read(&start.join(folder.unwrap_or(Path::new(""))))?;
    let file = tree.root.join(FILE);
    if file.exists() && !force {
        let message = format!("`{}` is there already", file.display());
        return Err(Refusal::new(Code::AlreadyThere, message)
            .help("`trunkline init --force` writes over it; `trunkline check` says what is wrong with it")
            .into());
    }
    let found = Found::look(&tree);
    let policy = text::policy(&found);
    checked(&policy)?;
    std::fs::write(&file, &policy)
        .map_err(|error| Fault::from_io(format_args!("writing `{}`", file.display()), &error))?;
    Ok(answer(&file, &found))
}

/// What is guessed wrongly must not be written.
fn checked(policy: &str) -> Result<(), Failure> {
    match Policy::check(policy).first() {
        None => Ok(()),
        Some(refusal) => Err(Fault::lasting(format!("what was found makes no policy: {refusal}")).into()),
    }
}

fn answer(file: &Path, found: &Found) -> Answer {
    // From here, when it is here.
    let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
    let file = here.as_deref().and_then(|here| file.strip_prefix(here).ok()).unwrap_or(file);
    let shown = file.display();
    let mut lines: Vec<String> = found.told.iter().map(|line| format!("found {line}")).collect();
    if lines.is_empty() {
        lines.push("found nothing that is built or deployed: the policy has an example to fill in".to_owned());
    }
    lines.push(format!("wrote {shown}: read it, it says what was guessed\n"));
    lines.push("next:".to_owned());
    lines.push(format!("  git add {FILE} && git commit --message 'Carry commits to production'"));
    lines.push("  trunkline plan\n".to_owned());
    let json = json!({ "file": shown.to_string(), "project": found.project, "found": found.told });
    Answer { text: lines.join("\n"), json, exit: Exit::Done }
}
