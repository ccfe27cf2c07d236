//! The files of a commit, as one question per tree tells them; trees that were read are remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use serde::Deserialize;
use trunkline_core::key::File;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use crate::chain::Source;
use crate::client::Ask;

/// The most files that are listed of one commit.
const MAX_FILES: usize = 2_000_000;

/// The most entries that are remembered of trees that were read: some 100 MiB.
const MAX_REMEMBERED: usize = 1_000_000;

/// How deep folders may be in one another, where a tree is too large to be told at once.
const MAX_DEPTH: usize = 200;

/// A tree as the API tells it. Source: <https://docs.github.com/en/rest/git/trees#get-a-tree>
#[derive(Deserialize)]
struct Told {
    tree: Vec<Entry>,
    truncated: bool,
}

/// An entry of a tree.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    /// The whole path. Bytes that are no UTF-8 were replaced by GitHub.
    pub(crate) path: String,
    pub(crate) mode: String,
    #[serde(rename = "sha")]
    pub(crate) id: String,
    /// The file's length in bytes.
    #[serde(default)]
    pub(crate) size: u64,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    File,
    Executable,
    Link,
    Submodule,
    Folder,
}

impl Mode {
    /// Git knows two kinds of files; old repositories have more (`100664`), which mean the same.
    pub(crate) fn of(bits: u32) -> Option<Self> {
        match bits & 0o170_000 {
            0o040_000 => Some(Self::Folder),
            0o120_000 => Some(Self::Link),
            0o160_000 => Some(Self::Submodule),
            0o100_000 if bits & 0o100 != 0 => Some(Self::Executable),
            0o100_000 => Some(Self::File),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Link => "120000",
            Self::Submodule => "160000",
            Self::Folder => "040000",
        }
    }

    /// Whether it is a plain file.
    pub(crate) fn is_file(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

impl Entry {
    pub(crate) fn mode(&self) -> Option<Mode> {
        u32::from_str_radix(&self.mode, 8).ok().and_then(Mode::of)
    }

    /// The entry as keys are made of it; nothing for a folder.
    pub(crate) fn file(&self) -> Option<File> {
        let mode = self.mode().filter(|mode| *mode != Mode::Folder)?.as_str().to_owned();
        Some(File { path: self.path.clone(), mode, object: self.id.clone() })
    }
}

/// Trees, read once each.
#[derive(Debug, Default)]
pub(crate) struct Trees(Mutex<HashMap<String, Arc<[Entry]>>>);

impl Trees {
    /// All files below a tree, with their whole paths.
    ///
    /// # Errors
    /// As [`Client::send`](crate::client::Client::send); a refusal when there are too many.
    pub(crate) async fn list(&self, source: Source<'_>, root: &str) -> Result<Arc<[Entry]>, Failure> {
        if let Some(entries) = self.known().get(root) {
            return Ok(entries.clone());
        }
        let told = tell(source, root, true).await?;
        let entries = if told.truncated { folder_by_folder(source, root).await? } else { files(told.tree) };
        let entries: Arc<[Entry]> = entries.into();
        let mut known = self.known();
        if known.values().map(|entries| entries.len()).sum::<usize>() > MAX_REMEMBERED {
            known.clear();
        }
        known.insert(root.to_owned(), entries.clone());
        Ok(entries)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<[Entry]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn files(entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().filter(|entry| entry.mode() != Some(Mode::Folder)).collect()
}

/// The tree is too large to be told at once.
async fn folder_by_folder(source: Source<'_>, root: &str) -> Result<Vec<Entry>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), root.to_owned(), 0)];
    while let Some((prefix, id, depth)) = open.pop() {
        let told = tell(source, &id, false).await?;
        if told.truncated || depth > MAX_DEPTH || found.len() + told.tree.len() > MAX_FILES {
            return Err(Refusal::new(Code::InputTooLarge, "the commit has too many files or folders").into());
        }
        for entry in told.tree {
            let path = format!("{prefix}{}", entry.path);
            match entry.mode() {
                Some(Mode::Folder) => open.push((format!("{path}/"), entry.id, depth + 1)),
                _ => found.push(Entry { path, ..entry }),
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

async fn tell(source: Source<'_>, id: &str, recursive: bool) -> Result<Told, Failure> {
    let query = if recursive { "?recursive=1" } else { "" };
    let path = format!("/repos/{}/git/trees/{id}{query}", source.name);
    let answer = source.client.send(Ask::get(source.name, path)).await?;
    let told: Told = source.client.read(&answer, StatusCode::OK, "a tree", "contents: read")?;
    let odd = |entry: &&Entry| entry.mode().is_none();
    match told.tree.iter().find(odd) {
        Some(entry) => Err(Fault::lasting(format!(
            "GitHub tells of the mode `{}`, which git has not",
            entry.mode.escape_default()
        ))
        .into()),
        None => Ok(told),
    }
}
