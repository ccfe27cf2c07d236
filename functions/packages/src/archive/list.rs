//! What goes into an archive: every file, link and empty folder, sorted by name.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;

use crate::failure::fault;

/// The longest name, in bytes. Source: 4.4.10 in <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
const LONGEST_NAME: usize = 65_535;

/// One thing that goes into an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Its name in the archive, with `/` between the parts and, for a folder, at the end.
    pub(super) name: String,
    /// Where it is read.
    pub(super) path: PathBuf,
    /// What it is.
    pub(super) content: Content,
}

/// What a thing is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A file: its length in bytes when it was listed, and whether its owner may execute it.
    File { size: u64, executable: bool },
    /// A link, and where it leads.
    Link(String),
    /// An empty folder; the others are there by what they hold.
    Folder,
}

impl Item {
    /// Its length in bytes.
    pub(super) fn size(&self) -> u64 {
        match &self.content {
            Content::File { size, .. } => *size,
            Content::Link(target) => target.len() as u64,
            Content::Folder => 0,
        }
    }

    /// Its mode: the kind, and rights that do not depend on who unpacked the sources.
    pub(super) fn mode(&self) -> u32 {
        match &self.content {
            Content::File { executable: false, .. } => 0o100_644,
            Content::File { executable: true, .. } => 0o100_755,
            Content::Link(_) => 0o120_777,
            Content::Folder => 0o040_755,
        }
    }
}

/// All that is in `folder`, sorted by the bytes of its name.
pub(super) fn list(folder: &Path) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => visit(folder, "", &mut items)?,
        Ok(_) => return Err(missing(folder, "is no folder")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(folder, "is not there")),
        Err(error) => return Err(fault("reading", folder, &error)),
    }
    if items.iter().all(|item| item.content == Content::Folder) {
        return Err(missing(folder, "holds no file"));
    }
    items.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(items)
}

/// Adds what is in `folder`, whose name in the archive is `prefix`, to `items`. Folders wait in a list, so depth costs no stack.
fn visit(folder: &Path, prefix: &str, items: &mut Vec<Item>) -> Result<(), Failure> {
    let mut open = vec![(folder.to_owned(), prefix.to_owned())];
    while let Some((folder, prefix)) = open.pop() {
        let failed = |error| fault("reading", &folder, &error);
        let mut empty = true;
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, name) = (entry.path(), format!("{prefix}{}", part(&entry.path(), &entry.file_name())?));
            let metadata = entry.metadata().map_err(|error| fault("reading", &path, &error))?;
            empty = false;
            if metadata.is_dir() {
                open.push((path, format!("{name}/")));
            } else {
                let content = content(&path, &name, &metadata)?;
                items.push(Item { name: checked(name)?, path, content });
            }
        }
        if empty && !prefix.is_empty() {
            items.push(Item { name: checked(prefix)?, path: folder, content: Content::Folder });
        }
    }
    Ok(())
}

fn content(path: &Path, name: &str, metadata: &Metadata) -> Result<Content, Failure> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(Content::File { size: metadata.len(), executable: metadata.permissions().mode() & 0o100 != 0 });
    }
    if !kind.is_symlink() {
        let what = if kind.is_socket() {
            "a socket"
        } else if kind.is_fifo() {
            "a pipe"
        } else {
            "a device"
        };
        return Err(unusable(
            format!("`{name}` is {what}, which cannot be packed"),
            "leave it out of what the package is made of",
        ));
    }
    let target = fs::read_link(path).map_err(|error| fault("reading", path, &error))?;
    match target.to_str() {
        Some(target) if stays_inside(name, target) => Ok(Content::Link(target.to_owned())),
        _ => Err(Refusal::new(
            Code::PathEscapes,
            format!("the link `{name}` leads to `{}`, out of the package", target.display()),
        )
        .help("let it lead to something in the same package, with `..` in front only, or put a copy there")
        .into()),
    }
}

/// Whether the link `name` leads to something in its archive, whatever else is a link there.
///
/// `..` counts in front only. There, the folders it leaves are real ones; after a name, which may be a link itself, nobody
/// knows which folder it would leave.
pub(crate) fn stays_inside(name: &str, target: &str) -> bool {
    let depth = name.split('/').count() - 1;
    let parts: Vec<&str> = target.split('/').filter(|part| *part != "." && !part.is_empty()).collect();
    let up = parts.iter().take_while(|part| **part == "..").count();
    !target.is_empty()
        && !target.starts_with('/')
        && !target.contains('\0')
        && up <= depth
        && !parts[up..].contains(&"..")
}

fn part<'a>(path: &Path, name: &'a OsStr) -> Result<&'a str, Failure> {
    match name.to_str() {
        Some(name) if !name.contains('\\') => Ok(name),
        Some(_) => Err(unusable(
            format!("the name of `{}` holds a `\\`", path.display()),
            "readers of zips take it for a `/`: rename it",
        )),
        None => Err(unusable(
            format!("the name of `{}` is no UTF-8", path.display()),
            "rename it, so that every reader sees the same name",
        )),
    }
}

fn checked(name: String) -> Result<String, Failure> {
    if name.len() <= LONGEST_NAME {
        return Ok(name);
    }
    let start: String = name.chars().take(80).collect();
    Err(unusable(format!("the path `{start}…` is too long for a zip"), "shorten it to 65,535 bytes"))
}

fn unusable(message: String, help: &str) -> Failure {
    Refusal::new(Code::BuildFailed, message).help(help).into()
}

fn missing(folder: &Path, what: &str) -> Failure {
    Refusal::new(Code::InputMissing, format!("the folder `{}`, which the package is made of, {what}", folder.display()))
        .help("does a build step write it, and does `watch` hold its files?")
        .into()
}

#[cfg(test)]
mod tests {
    use super::stays_inside;

    #[test]
    fn a_link_may_lead_anywhere_inside() {
        for (name, target) in [("a", "b"), ("a", "./b/c"), ("d/a", "../b"), ("d/e/a", "../../b/c"), ("d/a", "..")] {
            assert!(stays_inside(name, target), "{name} → {target}");
        }
    }

    #[test]
    fn a_link_may_not_lead_out_by_any_way() {
        for (name, target) in [
            ("a", "/etc/passwd"),
            ("a", ".."),
            ("a", "../b"),
            ("d/a", "../../b"),
            ("a", "b/../../c"),
            ("a", "b/.."),
            ("a", ""),
        ] {
            assert!(!stays_inside(name, target), "{name} → {target}");
        }
    }
}
