//! A clean export: the watched files of a commit, byte for byte as the commit has them.
//!
//! Objects are written as they are. `git archive` and `git checkout` are not used: both let `.gitattributes` leave files out
//! (`export-ignore`), rewrite them (`export-subst`, line ends) or run filters, and the content key knows nothing of that.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncWriteExt as _, BufWriter};
use tokio::process::ChildStdin;
use tokio::sync::mpsc;
use trunkline_core::policy::Patterns;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::links::Links;

use super::Git;
use super::objects::{self, Answers};
use super::revisions::damaged;
use super::tree::{self, Entry, Mode};
use crate::files::{blocking, fault};

/// The longest text of a link, in bytes. Source: `PATH_MAX` in `linux/limits.h`
const MAX_LINK: u64 = 4096;

/// How many pieces of files may wait for the disk: 64 of 256 KiB.
const WAITING: usize = 64;

/// What the writing thread is told.
enum Step {
    /// A new file begins: the path and whether it can be executed.
    File(Vec<u8>, bool),
    /// The next piece of the file that began last.
    Piece(Vec<u8>),
    /// A link, with what it says.
    Link(Vec<u8>, Vec<u8>),
}

/// Writes those of `entries` that `watch` matches into the empty folder `into`.
///
/// # Errors
/// [`Code::PathEscapes`] for a name or link that leads out, a fault when an object is missing or writing fails.
pub(crate) async fn export(git: &Git, entries: Vec<Entry>, watch: &Patterns, into: &Path) -> Result<(), Failure> {
    let watched = |entry: &Entry| entry.mode != Mode::Submodule && watch.matches(&tree::text(&entry.path));
    let mut entries: Vec<Entry> = entries.into_iter().filter(watched).collect();
    entries.iter().try_for_each(|entry| confined(&entry.path))?;
    // Links come last, so that no file is ever written through one.
    entries.sort_by_key(|entry| entry.mode == Mode::Link);

    let (_child, questions, answers) = objects::stream(git)?;
    let (steps, orders) = mpsc::channel(WAITING);
    let folder = into.to_owned();
    let write = blocking(move || write(&folder, orders));
    let (asked, read, written) = tokio::join!(ask(questions, &entries), read(answers, &entries, steps), write);
    // A writer that failed ends the reader, so what it says is the cause.
    written.and(read).and(asked)
}

/// Every part of a path is a name and nothing else, and none is git's own folder.
fn confined(path: &[u8]) -> Result<(), Refusal> {
    let odd = |part: &[u8]| part.is_empty() || part == b"." || part == b".." || part.eq_ignore_ascii_case(b".git");
    if !path.split(|byte| *byte == b'/').any(odd) {
        return Ok(());
    }
    Err(Refusal::new(Code::PathEscapes, format!("the commit holds the path `{}`", tree::text(path).escape_default()))
        .help("git itself does not check such a commit out: remove the path"))
}

async fn ask(questions: ChildStdin, entries: &[Entry]) -> Result<(), Failure> {
    let mut questions = BufWriter::new(questions);
    for entry in entries {
        // When git ends early, its answers say so.
        if questions.write_all(format!("{}\n", entry.id).as_bytes()).await.is_err() {
            return Ok(());
        }
    }
    drop(questions.shutdown().await);
    Ok(())
}

async fn read(mut answers: Answers, entries: &[Entry], steps: mpsc::Sender<Step>) -> Result<(), Failure> {
    let gone = |_| Fault::passing("the export was given up");
    let mut links = Links::default();
    for entry in entries {
        let header = answers.header().await?.ok_or_else(|| damaged(&entry.id))?;
        let mut left = header.size;
        if entry.mode == Mode::Link {
            if left > MAX_LINK {
                return Err(leads_out(&entry.path, "is too long").into());
            }
            let target = answers.piece(left).await?;
            links.insert(entry.path.clone(), target.clone());
        } else {
            steps.send(Step::File(entry.path.clone(), entry.mode == Mode::Executable)).await.map_err(gone)?;
            while left > 0 {
                let piece = answers.piece(left).await?;
                left -= piece.len() as u64;
                steps.send(Step::Piece(piece)).await.map_err(gone)?;
            }
        }
        answers.end().await?;
    }
    for entry in entries.iter().filter(|entry| entry.mode == Mode::Link) {
        if links.leads_out(&entry.path) {
            return Err(leads_out(&entry.path, "leads out of the export").into());
        }
    }
    for (path, target) in links.into_sorted() {
        steps.send(Step::Link(path, target)).await.map_err(gone)?;
    }
    Ok(())
}

fn leads_out(path: &[u8], what: &str) -> Refusal {
    Refusal::new(Code::PathEscapes, format!("the link `{}` {what}", tree::text(path).escape_default()))
        .help("let it point to a file of the same commit that is watched too, by a relative path")
}

/// Writes what it is told until nobody tells any more.
fn write(into: &Path, mut steps: mpsc::Receiver<Step>) -> Result<(), Failure> {
    let mut folders = HashSet::new();
    let mut open: Option<(File, PathBuf)> = None;
    while let Some(step) = steps.blocking_recv() {
        match step {
            Step::File(path, executable) => {
                let path = place(into, &path, &mut folders)?;
                let file = create(&path, executable).map_err(|error| fault("writing", &path, &error))?;
                open = Some((file, path));
            }
            Step::Piece(bytes) => {
                if let Some((file, path)) = &mut open {
                    file.write_all(&bytes).map_err(|error| fault("writing", path, &error))?;
                }
            }
            Step::Link(path, target) => {
                let path = place(into, &path, &mut folders)?;
                let target = std::ffi::OsStr::from_bytes(&target);
                std::os::unix::fs::symlink(target, &path).map_err(|error| fault("linking", &path, &error))?;
            }
        }
    }
    Ok(())
}

/// The place of a path, whose folders are made when they are not there.
fn place(into: &Path, path: &[u8], folders: &mut HashSet<PathBuf>) -> Result<PathBuf, Failure> {
    let place = into.join(std::ffi::OsStr::from_bytes(path));
    let missing = place.ancestors().skip(1).take_while(|folder| *folder != into && !folders.contains(*folder));
    let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    for folder in missing.into_iter().rev() {
        let made = fs::DirBuilder::new().mode(0o755).create(&folder);
        // Whoever runs this may have a narrower mask, and an image takes the rights as they are.
        let made = made.and_then(|()| fs::set_permissions(&folder, Permissions::from_mode(0o755)));
        made.map_err(|error| fault("creating", &folder, &error))?;
        folders.insert(folder);
    }
    Ok(place)
}

/// A new file with git's rights: what a mask or another link at that place would make of it does not count.
fn create(path: &Path, executable: bool) -> std::io::Result<File> {
    let mode = if executable { 0o755 } else { 0o644 };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}
