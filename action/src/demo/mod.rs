//! `demo`: the whole story in a folder, on real git repositories, images and zips, by the same verbs as anybody's.
//!
//! Each step runs this very program as a person would and shows what it answers. Who acts and when are fixed, so that every
//! demo gives the same commits and the same bytes.

mod folder;
mod people;
mod shop;
mod story;
mod teller;

use std::path::{Path, PathBuf};

use serde_json::json;
use trunkline_ports::failure::{Failure, Fault};

use crate::answer::{Answer, Exit};
use crate::arguments::Common;
use teller::Teller;

/// Plays the story in `folder`, or in a new one.
///
/// As JSON: `{"folder", "shop", "manifests", "status": {…}}`, and the story goes to the standard error.
///
/// # Errors
/// A refusal when the folder is not empty or git is not there, a fault when a step does not end as it should.
pub(crate) async fn play(common: &Common, folder: Option<PathBuf>) -> Result<Answer, Failure> {
    let folder = folder::prepare(common.directory.as_deref(), folder.as_deref())?;
    let json = common.json;
    // Each step waits for a process; interrupting the demo must not.
    let played = tokio::task::spawn_blocking(move || story(&folder, json)).await;
    played.map_err(|error| Fault::lasting(format!("the story broke off: {error}")))?
}

fn story(folder: &Path, json: bool) -> Result<Answer, Failure> {
    let teller = Teller::new(folder, json)?;
    let status = story::tell(&teller)?;
    let json = json!({
        "folder": folder.display().to_string(),
        "shop": teller.shop().display().to_string(),
        "manifests": teller.manifests().display().to_string(),
        "status": status,
    });
    Ok(Answer { text: String::new(), json, exit: Exit::Done })
}
