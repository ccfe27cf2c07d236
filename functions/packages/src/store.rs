//! Packages in a folder, by what they hold: `ROOT/ARTIFACT/<64 hex digits>`.
//!
//! A file is written beside, synced and renamed, so whatever has such a name is whole; its digest is checked whenever it is opened.

use std::fs::{self, File, Permissions};
use std::io::{Error, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use tempfile::{Builder, NamedTempFile};
use trunkline_core::ids::{Digest, Name};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::{Outcome, Package, Packages, Watcher};
use trunkline_ports::failure::Failure;

use crate::archive::pack;
use crate::failure::{fault, passing};

/// What the name of a package in the making begins with.
const UNFINISHED: &str = ".unfinished-";

/// How old a package in the making is when its maker is surely gone.
const STALE: Duration = Duration::from_hours(24);

/// How much is copied and summed up at a time, in bytes (256 KiB).
const CHUNK: usize = 256 << 10;

/// Packages in a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Packages in the folder `root`, which is made when the first one is kept.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn folder(&self, artifact: &Name) -> PathBuf {
        self.root.join(artifact.as_str())
    }

    fn path(&self, artifact: &Name, digest: &Digest) -> PathBuf {
        self.folder(artifact).join(digest.hex())
    }
}

impl Packages for Folder {
    async fn pack(&self, artifact: &Name, folder: &Path, watcher: &Watcher) -> Result<Package, Failure> {
        let (store, folder, watcher) = (self.folder(artifact), folder.to_owned(), watcher.clone());
        blocking(move || {
            let mut file = unfinished(&store)?;
            let threads = available_parallelism().map_or(1, Into::into);
            pack(&folder, file.as_file(), threads, &*watcher)?;
            let (digest, size) = file
                .as_file_mut()
                .rewind()
                .and_then(|()| summed(file.as_file_mut(), &mut std::io::sink()))
                .map_err(|error| fault("reading", file.path(), &error))?;
            finish(&store, file, digest, size)
        })
        .await
    }

    async fn keep(&self, artifact: &Name, file: &Path) -> Result<Package, Failure> {
        let (store, source) = (self.folder(artifact), file.to_owned());
        blocking(move || {
            let mut input = open_source(&source)?;
            let mut file = unfinished(&store)?;
            let copied = summed(&mut input, file.as_file_mut());
            let (digest, size) = copied.map_err(|error| fault("keeping", &source, &error))?;
            finish(&store, file, digest, size)
        })
        .await
    }

    async fn find(&self, artifact: &Name, digest: &Digest) -> Result<Option<Package>, Failure> {
        let path = self.path(artifact, digest);
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(Package { digest: digest.clone(), size: metadata.len() })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault("reading", &path, &error)),
        }
    }

    async fn open(&self, artifact: &Name, digest: &Digest) -> Result<PathBuf, Failure> {
        let (path, artifact, digest) = (self.path(artifact, digest), artifact.clone(), digest.clone());
        blocking(move || {
            let mut file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(&artifact, &digest)),
                Err(error) => return Err(fault("opening", &path, &error)),
            };
            let summed = summed(&mut file, &mut std::io::sink());
            let (found, _) = summed.map_err(|error| fault("reading", &path, &error))?;
            if found == digest { Ok(path) } else { Err(changed(&path, &found)) }
        })
        .await
    }

    async fn erase(&self, artifact: &Name, digest: &Digest) -> Result<Outcome, Failure> {
        let path = self.path(artifact, digest);
        match fs::remove_file(&path) {
            Ok(()) => Ok(Outcome::Changed),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Outcome::Already),
            Err(error) => Err(fault("deleting", &path, &error)),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(passing(format_args!("a worker's thread ended early: {error}"))),
    }
}

fn open_source(source: &Path) -> Result<File, Failure> {
    let missing = |what: &str| {
        Refusal::new(Code::InputMissing, format!("the package `{}` {what}", source.display()))
            .help("does the command write it there? `output` is relative to the folder the command runs in")
            .into()
    };
    match File::open(source) {
        Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => Ok(file),
        Ok(_) => Err(missing("is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(missing("is not there")),
        Err(error) => Err(fault("opening", source, &error)),
    }
}

/// A new file beside the packages, removed when it is dropped. What a maker that died left is removed as well.
fn unfinished(store: &Path) -> Result<NamedTempFile, Failure> {
    let failed = |error| fault("writing to", store, &error);
    fs::create_dir_all(store).map_err(failed)?;
    let now = SystemTime::now();
    for entry in fs::read_dir(store).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            if written.is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age > STALE)) {
                // Another process may remove it at the same time; what stays takes room and nothing else.
                drop(fs::remove_file(entry.path()));
            }
        }
    }
    let mut builder = Builder::new();
    builder.prefix(UNFINISHED).permissions(Permissions::from_mode(0o644)).tempfile_in(store).map_err(failed)
}

/// Gives a file the name of its digest, over a package that has it already: that one may have been damaged.
fn finish(store: &Path, file: NamedTempFile, digest: Digest, size: u64) -> Result<Package, Failure> {
    let path = store.join(digest.hex());
    let failed = |error| fault("writing", &path, &error);
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    File::open(store).and_then(|store| store.sync_all()).map_err(failed)?;
    Ok(Package { digest, size })
}

/// Copies all that is left of `input`; gives its digest and its length.
fn summed(input: &mut File, output: &mut impl Write) -> Result<(Digest, u64), Error> {
    let (mut sum, mut size, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok((Digest::from_sum(sum.finalize().into()), size)),
            Ok(read) => {
                sum.update(&buffer[..read]);
                output.write_all(&buffer[..read])?;
                size += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn missing(artifact: &Name, digest: &Digest) -> Failure {
    Refusal::new(Code::ArtifactMissing, format!("the package {digest} of `{artifact}` is not in the store"))
        .help("was it erased? build its commit again, or deploy another one")
        .into()
}

fn changed(path: &Path, found: &Digest) -> Failure {
    Refusal::new(Code::ArtifactChanged, format!("the package `{}` was changed: its digest is {found}", path.display()))
        .help("delete that file and build its commit again: the same sources give the same bytes")
        .into()
}
