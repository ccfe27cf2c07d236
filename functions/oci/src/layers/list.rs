//! What a layer holds: a sorted list, made and checked before a byte is written.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;

use super::Wanted;
use crate::problem;

/// What lies below the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// Nothing: folders above a layer's files are created.
    Scratch,
    /// An image: the folders every system has are its own.
    Image,
}

/// One entry of the archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path in the image, without the leading `/`.
    pub(super) path: PathBuf,
    pub(super) content: Content,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Folder,
    File { source: PathBuf, size: u64, executable: bool },
    Link { target: PathBuf },
}

/// Folders that are the base's. In many images `lib` and `bin` are links into `usr`, and `tmp` has its own mode: an entry
/// for them would replace the link, and everything behind it, when the layer is unpacked.
/// Source: <https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html>
const SYSTEM: &[&str] = &[
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/include",
    "usr/lib",
    "usr/lib32",
    "usr/lib64",
    "usr/libexec",
    "usr/libx32",
    "usr/local",
    "usr/local/bin",
    "usr/local/etc",
    "usr/local/include",
    "usr/local/lib",
    "usr/local/lib64",
    "usr/local/man",
    "usr/local/sbin",
    "usr/local/share",
    "usr/sbin",
    "usr/share",
    "usr/src",
    "var",
    "var/cache",
    "var/lib",
    "var/lock",
    "var/log",
    "var/mail",
    "var/run",
    "var/spool",
    "var/tmp",
];

/// Lists the entries of a layer, parents first, each folder's entries in the order of their bytes.
pub(super) fn list(export: &Path, wanted: &Wanted, base: Base) -> Result<Vec<Entry>, Failure> {
    let source = confined(export, &wanted.from)?;
    let metadata = fs::metadata(&source).map_err(|error| problem::file("cannot read", &source, &error))?;
    let place = place(wanted, metadata.is_dir())?;
    let mut walk = Walk { wanted, base, root: place.clone(), entries: Vec::new() };
    walk.parents(&place);
    if metadata.is_dir() {
        walk.folder(&source, &place)?;
    } else {
        walk.one(&source, place)?;
    }
    Ok(walk.entries)
}

/// The source's own path, when it is there and within the export.
pub(crate) fn confined(export: &Path, from: &str) -> Result<PathBuf, Failure> {
    let export = export.canonicalize().map_err(|error| problem::file("cannot read", export, &error))?;
    let source = export.join(from).canonicalize().map_err(|_| {
        Refusal::new(Code::InputMissing, format!("`{}` is not there", if from.is_empty() { "." } else { from }))
            .help("the build sees only what `watch` matches and what `run` wrote: is it among them?")
    })?;
    if source.starts_with(&export) {
        return Ok(source);
    }
    Err(Refusal::new(Code::PathEscapes, format!("`{from}` leads out of the export, through a link"))
        .help("copy what it points to into the repository; nothing outside the commit is ever built in")
        .into())
}

/// Where the source goes: a folder's content to `to`, a file to `to`, or into it when it ends in `/`.
fn place(wanted: &Wanted, folder: bool) -> Result<PathBuf, Failure> {
    let mut place = PathBuf::new();
    for part in Path::new(&wanted.to).components() {
        match part {
            Component::Normal(part) => place.push(part),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => return Err(astray(wanted)),
        }
    }
    if !wanted.to.starts_with('/') {
        return Err(astray(wanted));
    }
    if !folder && (wanted.to.ends_with('/') || place.as_os_str().is_empty()) {
        place.push(Path::new(&wanted.from).file_name().unwrap_or_else(|| OsStr::new("file")));
    }
    Ok(place)
}

fn astray(wanted: &Wanted) -> Failure {
    Refusal::new(Code::PathEscapes, format!("a layer cannot go to `{}`", wanted.to.escape_default()))
        .help("write an absolute path in the image, without `..`: `/app`")
        .into()
}

struct Walk<'a> {
    wanted: &'a Wanted,
    base: Base,
    /// The place of the layer's source in the image.
    root: PathBuf,
    entries: Vec<Entry>,
}

impl Walk<'_> {
    fn parents(&mut self, place: &Path) {
        let above: Vec<&Path> = place.ancestors().skip(1).collect();
        for parent in above.into_iter().rev() {
            self.add_folder(parent);
        }
    }

    fn add_folder(&mut self, path: &Path) {
        let theirs = self.base == Base::Image && SYSTEM.iter().any(|system| Path::new(system) == path);
        if !path.as_os_str().is_empty() && !theirs {
            self.entries.push(Entry { path: path.to_owned(), content: Content::Folder });
        }
    }

    fn folder(&mut self, source: &Path, place: &Path) -> Result<(), Failure> {
        self.add_folder(place);
        let read = |error| problem::file("cannot read", source, &error);
        let mut names: Vec<OsString> = Vec::new();
        for found in fs::read_dir(source).map_err(read)? {
            names.push(found.map_err(read)?.file_name());
        }
        names.sort_by(|left, right| left.as_bytes().cmp(right.as_bytes()));
        for name in names {
            self.one(&source.join(&name), place.join(&name))?;
        }
        Ok(())
    }

    fn one(&mut self, source: &Path, place: PathBuf) -> Result<(), Failure> {
        self.refuse_whiteout(&place)?;
        let metadata = fs::symlink_metadata(source).map_err(|error| problem::file("cannot read", source, &error))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            return self.folder(source, &place);
        }
        let content = if kind.is_symlink() {
            let target = fs::read_link(source).map_err(|error| problem::file("cannot read", source, &error))?;
            self.check_link(&place, &target)?;
            Content::Link { target }
        } else if kind.is_file() {
            Content::File { source: source.to_owned(), size: metadata.len(), executable: metadata.mode() & 0o111 != 0 }
        } else {
            let what = if kind.is_socket() {
                "a socket"
            } else if kind.is_fifo() {
                "a pipe"
            } else {
                "a device"
            };
            return Err(problem::unbuildable(
                format!("`/{}` is {what}: an image's layer holds files, folders and links", place.display()),
                format!("remove it from `{}` before the layer is made", self.wanted.from),
            ));
        };
        self.entries.push(Entry { path: place, content });
        Ok(())
    }

    /// A file of such a name would delete another one when the layer is unpacked.
    /// Source: <https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts>
    fn refuse_whiteout(&self, place: &Path) -> Result<(), Failure> {
        if !place.file_name().is_some_and(|name| name.as_bytes().starts_with(b".wh.")) {
            return Ok(());
        }
        Err(problem::unbuildable(
            format!(
                "`/{}` would delete a file of the image: names that begin with `.wh.` mean that in a layer",
                place.display()
            ),
            format!("rename it in `{}`", self.wanted.from),
        ))
    }

    /// A link must stay within what the layer's source becomes in the image.
    fn check_link(&self, place: &Path, target: &Path) -> Result<(), Failure> {
        let mut reached =
            if target.is_absolute() { PathBuf::new() } else { place.parent().map(Path::to_owned).unwrap_or_default() };
        let mut inside = !target.as_os_str().is_empty();
        for part in target.components() {
            match part {
                Component::Normal(part) => reached.push(part),
                Component::ParentDir => {
                    inside &= reached.pop() && (target.is_absolute() || reached.starts_with(&self.root));
                }
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        if inside && reached.starts_with(&self.root) {
            return Ok(());
        }
        let message = format!("the link `/{}` leads out of its layer, to `{}`", place.display(), target.display());
        Err(Refusal::new(Code::PathEscapes, message)
            .help(format!(
                "copy the file in its place, or let one layer to `/` hold both; `{}` goes to `{}`",
                self.wanted.from, self.wanted.to
            ))
            .into())
    }
}
