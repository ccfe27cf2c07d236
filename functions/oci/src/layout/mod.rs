//! An OCI image layout folder as a repository: `oci-layout`, `index.json` and `blobs/sha256/…`.
//!
//! Everything that changes it happens under one lock file, so that several processes can push, tag and erase at once: blobs are
//! written beside under another name and only renamed under the lock, together with the index that makes them reachable.
//! An image without a tag is listed too, so that other tools see it, and so that what is not reachable from the list is garbage.
//! Source: <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

mod erase;
mod index;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_ports::artifacts::{Image, Manifest, Outcome};
use trunkline_ports::failure::{Failure, Fault};

use crate::digest::{digest_of, digest_of_all};
use crate::document::{Descriptor, Known, MAX_MANIFEST};
use crate::image::told;
use crate::problem;
use index::Index;

/// The file that says what the folder is, and its content.
const MARKER: (&str, &str) = ("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);

/// The file whose lock guards the folder. It is hidden and stays empty.
const LOCK: &str = ".lock";

/// A layout folder. All of its functions block: call them on a thread for such work.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    folder: PathBuf,
}

/// A blob that is written but not under its name yet.
pub(crate) struct Staged {
    pub(crate) digest: Digest,
    pub(crate) file: TempPath,
}

impl Layout {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where files are written that become blobs; the folder is created.
    pub(crate) fn staging(&self) -> Result<&Path, Failure> {
        fs::create_dir_all(&self.folder).map_err(|error| problem::file("cannot create", &self.folder, &error))?;
        Ok(&self.folder)
    }

    /// The path of a blob, there or not.
    pub(crate) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.folder.join("blobs/sha256").join(digest.hex())
    }

    /// Whether a blob is there with that length.
    pub(crate) fn has(&self, blob: &Descriptor) -> bool {
        fs::metadata(self.blob_path(&blob.digest)).is_ok_and(|metadata| metadata.len() == blob.size)
    }

    /// The bytes of a small blob, checked against its digest; nothing when it is not there.
    pub(crate) fn bytes(&self, digest: &Digest, limit: u64) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.blob_path(digest);
        let failed = |error| problem::file("cannot read", &path, &error);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        let actual = digest_of(&bytes);
        if actual == *digest {
            return Ok(Some(bytes));
        }
        Err(problem::changed(&format!("the blob `{}`", path.display()), digest, &actual))
    }

    /// A manifest or index that is listed here or belongs to one that is.
    pub(crate) fn manifest(&self, digest: &Digest) -> Result<Option<Known>, Failure> {
        let bytes = self.bytes(digest, MAX_MANIFEST)?;
        bytes.map(|bytes| Known::verify(digest, bytes, None)).transpose()
    }

    /// The image, when it is listed and whole as far as its manifests go.
    pub(crate) fn find(&self, digest: &Digest) -> Result<Option<Image>, Failure> {
        if !self.index()?.holds(digest) {
            return Ok(None);
        }
        let Some(image) = self.manifest(digest)? else { return Ok(None) };
        let children = self.children(&image)?;
        Ok(Some(told(image, &children)))
    }

    /// The manifests an index refers to, those that are there.
    pub(crate) fn children(&self, image: &Known) -> Result<Vec<Known>, Failure> {
        let found = image.references.manifests.iter().map(|child| self.manifest(&child.digest).transpose());
        found.flatten().collect()
    }

    /// The one image of a layout that another tool wrote.
    pub(crate) fn only(&self) -> Result<Option<Known>, Failure> {
        match self.index()?.manifests.as_slice() {
            [only] => self.manifest(&only.digest),
            _ => Ok(None),
        }
    }

    /// Keeps bytes under their digest, outside any image.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Result<(), Failure> {
        let staged = self.stage(bytes)?;
        let path = self.blob_path(&staged.digest);
        let kept = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| staged.file.persist(&path).map_err(|error| error.error));
        kept.map_err(|error| problem::file("cannot write", &path, &error))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts staged blobs under their names and lists the image, in one step as far as others can see.
    ///
    /// `needed` must all be there then: what was there when it was looked at may have been erased since.
    pub(crate) fn commit(
        &self,
        staged: Vec<Staged>,
        needed: &[Descriptor],
        image: &Descriptor,
    ) -> Result<Outcome, Failure> {
        let blobs = self.folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(|error| problem::file("cannot create", &blobs, &error))?;
        for blob in &staged {
            sync(&blob.file)?;
        }
        let _lock = self.lock()?;
        self.mark()?;
        for blob in staged {
            let path = self.blob_path(&blob.digest);
            blob.file.persist(&path).map_err(|error| problem::file("cannot write", &path, &error.error))?;
        }
        sync(&blobs)?;
        if let Some(gone) = needed.iter().find(|blob| !self.has(blob)) {
            return Err(Fault::passing(format!(
                "{} was erased from `{}` meanwhile",
                gone.digest,
                self.folder.display()
            ))
            .into());
        }
        let mut index = self.index()?;
        if index.holds(&image.digest) {
            return Ok(Outcome::Already);
        }
        index.add(image);
        self.write_index(&index)?;
        Ok(Outcome::Changed)
    }

    /// Puts `tag` on an image that is listed.
    pub(crate) fn tag(&self, digest: &Digest, tag: &ImageTag, given: Option<&Manifest>) -> Result<Outcome, Failure> {
        if let Some(given) = given {
            Known::verify(digest, given.text.clone().into_bytes(), Some(&given.media_type))?;
        }
        let missing = || problem::missing(&format!("the image {digest}"), &format!("`{}`", self.folder.display()));
        if !self.folder.join("index.json").is_file() {
            return Err(missing());
        }
        let _lock = self.lock()?;
        let mut index = self.index()?;
        if index.tagged(tag) == Some(digest) {
            return Ok(Outcome::Already);
        }
        let known = if index.holds(digest) { self.manifest(digest)? } else { None };
        index.tag(&known.ok_or_else(missing)?.descriptor(), tag);
        self.write_index(&index)?;
        Ok(Outcome::Changed)
    }

    /// Writes bytes to a file that can be committed.
    pub(crate) fn stage(&self, bytes: &[u8]) -> Result<Staged, Failure> {
        let mut file = crate::layers::begin(self.staging()?)?;
        let written = file.write_all(bytes);
        written.map_err(|error| problem::file("cannot write", file.path(), &error))?;
        Ok(Staged { digest: digest_of(bytes), file: file.into_temp_path() })
    }

    /// Copies a blob from a file to one that can be committed, if its bytes are those of its digest.
    pub(crate) fn stage_file(&self, source: &Path, digest: &Digest) -> Result<Staged, Failure> {
        let mut file = crate::layers::begin(self.staging()?)?;
        let mut from = File::open(source).map_err(|error| problem::file("cannot read", source, &error))?;
        let copied = io::copy(&mut from, &mut file);
        copied.map_err(|error| problem::file("cannot write", file.path(), &error))?;
        Self::check(file, digest)
    }

    /// A file whose bytes are checked against their digest, read again from where they were written.
    pub(crate) fn check(file: NamedTempFile, digest: &Digest) -> Result<Staged, Failure> {
        let read = File::open(file.path()).and_then(|mut written| digest_of_all(&mut written));
        let (actual, _) = read.map_err(|error| problem::file("cannot read", file.path(), &error))?;
        if actual == *digest {
            return Ok(Staged { digest: actual, file: file.into_temp_path() });
        }
        Err(problem::changed("the blob", digest, &actual))
    }

    fn index(&self) -> Result<Index, Failure> {
        Index::read(&self.folder.join("index.json"))
    }

    fn mark(&self) -> Result<(), Failure> {
        let path = self.folder.join(MARKER.0);
        if path.is_file() { Ok(()) } else { self.replace(&path, MARKER.1.as_bytes()) }
    }

    fn write_index(&self, index: &Index) -> Result<(), Failure> {
        self.replace(&self.folder.join("index.json"), index.text()?.as_bytes())
    }

    /// Writes a file beside, makes it durable and renames it: readers see the old or the new one, whole.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let staged = self.stage(bytes)?;
        sync(&staged.file)?;
        staged.file.persist(path).map_err(|error| problem::file("cannot write", path, &error.error))?;
        sync(&self.folder)
    }

    /// The lock, held until it is dropped or the process ends.
    fn lock(&self) -> Result<File, Failure> {
        let path = self.folder.join(LOCK);
        let opened = File::options().create(true).append(true).open(&path);
        let locked = opened.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| problem::file("cannot lock", &path, &error))
    }
}

/// Makes a file's or folder's content durable.
fn sync(path: &Path) -> Result<(), Failure> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| problem::file("cannot write", path, &error))
}
