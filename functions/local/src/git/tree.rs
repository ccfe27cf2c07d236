//! Trees: the files of a commit, read from the tree objects themselves.
//!
//! Trees that were read are remembered, so the next commit costs only what it changed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use super::objects::{MAX_OBJECT, Objects};

/// The most files that are listed of one commit; trees can refer to one another so that few bytes make billions.
const MAX_FILES: usize = 2_000_000;

/// The most entries that are remembered of trees that were read: some 100 MiB.
const MAX_REMEMBERED: usize = 1_000_000;

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name, or below [`list`](Trees::list) the whole path, with `/` between its parts.
    pub(crate) path: Vec<u8>,
    /// What it is.
    pub(crate) mode: Mode,
    /// Its object's id.
    pub(crate) id: String,
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
    /// Git's own words for it.
    pub(crate) fn as_str(self) -> &'static str {
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

/// Trees, read once each.
#[derive(Debug)]
pub(crate) struct Trees {
    /// The conversation they are read by.
    pub(crate) objects: Objects,
    known: HashMap<String, Arc<[Entry]>>,
    remembered: usize,
}

impl Trees {
    /// Trees that are read by `objects`.
    pub(crate) fn new(objects: Objects) -> Self {
        Self { objects, known: HashMap::new(), remembered: 0 }
    }

    /// The entries of one tree.
    ///
    /// # Errors
    /// A fault when it is not there: the repository is damaged, or only a part of it was fetched.
    pub(crate) async fn tree(&mut self, id: &str) -> Result<Arc<[Entry]>, Failure> {
        if let Some(entries) = self.known.get(id) {
            return Ok(entries.clone());
        }
        let object = self.objects.get(id, MAX_OBJECT).await?;
        let body = object.filter(|object| object.header.kind == "tree").and_then(|object| object.body);
        let entries: Option<Arc<[Entry]>> = body.and_then(|body| parse(&body, id.len() / 2)).map(Arc::from);
        let entries = entries.ok_or_else(|| Fault::lasting(format!("the tree {id} cannot be read: try `git fsck`")))?;
        if self.remembered > MAX_REMEMBERED {
            self.known.clear();
            self.remembered = 0;
        }
        self.remembered += entries.len();
        self.known.insert(id.to_owned(), entries.clone());
        Ok(entries)
    }

    /// All files below a tree, with their whole paths, in git's order.
    ///
    /// # Errors
    /// As [`tree`](Self::tree); a refusal when there are too many.
    pub(crate) async fn list(&mut self, root: &str) -> Result<Vec<Entry>, Failure> {
        let mut files = Vec::new();
        let mut open = vec![(Vec::new(), self.tree(root).await?, 0)];
        while let Some((prefix, entries, next)) = open.last_mut() {
            let Some(entry) = entries.get(*next) else {
                open.pop();
                continue;
            };
            *next += 1;
            let mut path = prefix.clone();
            path.extend_from_slice(&entry.path);
            if entry.mode == Mode::Folder {
                path.push(b'/');
                let below = entry.id.clone();
                let below = self.tree(&below).await?;
                open.push((path, below, 0));
            } else {
                files.push(Entry { path, ..entry.clone() });
            }
            if files.len() > MAX_FILES || open.len() > 4096 {
                return Err(Refusal::new(Code::InputTooLarge, "the commit has too many files or folders").into());
            }
        }
        Ok(files)
    }

    /// The entry at a path; nothing when there is none.
    ///
    /// # Errors
    /// As [`tree`](Self::tree).
    pub(crate) async fn find(&mut self, root: &str, path: &str) -> Result<Option<Entry>, Failure> {
        let mut tree = root.to_owned();
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            let entries = self.tree(&tree).await?;
            let Some(entry) = entries.iter().find(|entry| entry.path == part.as_bytes()) else { return Ok(None) };
            if parts.peek().is_none() {
                return Ok(Some(entry.clone()));
            }
            if entry.mode != Mode::Folder {
                return Ok(None);
            }
            tree.clone_from(&entry.id);
        }
        Ok(Some(Entry { path: Vec::new(), mode: Mode::Folder, id: tree }))
    }
}

/// Takes a tree object apart: mode, blank, name, NUL, raw id of `width` bytes, and again.
fn parse(mut body: &[u8], width: usize) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !body.is_empty() {
        let blank = body.iter().position(|byte| *byte == b' ')?;
        let end = blank + body[blank..].iter().position(|byte| *byte == 0)?;
        let raw = body.get(end + 1..end + 1 + width)?;
        let mode = mode(&body[..blank])?;
        let id = raw.iter().fold(String::with_capacity(width * 2), |mut id, byte| {
            for nibble in [byte >> 4, byte & 15] {
                id.extend(char::from_digit(u32::from(nibble), 16));
            }
            id
        });
        entries.push(Entry { path: body[blank + 1..end].to_owned(), mode, id });
        body = &body[end + 1 + width..];
    }
    Some(entries)
}

/// Git knows two kinds of files; old repositories have more (`100664`), which mean the same.
fn mode(text: &[u8]) -> Option<Mode> {
    let bits = u32::from_str_radix(std::str::from_utf8(text).ok()?, 8).ok()?;
    match bits & 0o170_000 {
        0o040_000 => Some(Mode::Folder),
        0o120_000 => Some(Mode::Link),
        0o160_000 => Some(Mode::Submodule),
        0o100_000 if bits & 0o100 != 0 => Some(Mode::Executable),
        0o100_000 => Some(Mode::File),
        _ => None,
    }
}

/// A path as text. Bytes that are no UTF-8 are written as `\xff`, so that two different paths never become one.
pub(crate) fn text(path: &[u8]) -> String {
    path.utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
        text
    })
}
