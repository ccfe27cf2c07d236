//! Releases in the making, and those that nobody needs any more.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use trunkline_core::ids::{Digest, Name};
use trunkline_ports::failure::Failure;

use super::place::{Link, Place};
use super::record::Marker;
use super::{Unpack, fresh};
use crate::files::{self, fault};

/// How many hex digits of the digest a release's name begins with.
const DIGITS: usize = 12;

/// What a zip begins with: the signature of a file's header. Source: 4.3.7 in
/// <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
const ZIP: [u8; 4] = *b"PK\x03\x04";

/// A release in the making: a folder, and a locked file that says that its maker lives.
pub(super) struct Unpacking {
    path: PathBuf,
    alive: PathBuf,
    _lock: File,
}

/// Makes the folder of a new release, and removes what makers that died left behind.
pub(super) fn begin(place: &Place) -> Result<Unpacking, Failure> {
    place.make()?;
    // Under the folder's lock, so that nobody takes a file that is not locked yet for one whose maker died.
    let _lock = place.lock()?;
    sweep(place)?;
    let path = place.releases().join(fresh("unpacking"));
    let alive = path.with_extension("alive");
    let failed = |error| fault("making", &path, &error);
    let lock = File::create_new(&alive).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let unpacking = Unpacking { alive, _lock: lock, path: path.clone() };
    fs::create_dir(&path).map_err(failed)?;
    Ok(unpacking)
}

impl Unpacking {
    /// The folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the release its name and its marker, under the place's lock.
    pub(super) fn finish(self, place: &Place, marker: &Marker) -> Result<String, Failure> {
        let digits = marker.pieces.values().next().map_or("empty", |digest: &Digest| &digest.hex()[..DIGITS]);
        let first = format!("{digits}-{}", marker.number);
        let free = |name: &String| !place.releases().join(name).exists();
        let again = (2_u64..).map(|again| format!("{first}-{again}"));
        let name = std::iter::once(first.clone()).chain(again).find(free).unwrap_or(first);
        place.write_marker(&name, marker)?;
        let path = place.releases().join(&name);
        fs::rename(&self.path, &path).map_err(|error| fault("naming", &path, &error))?;
        Ok(name)
    }
}

impl Drop for Unpacking {
    /// The folder first: as long as it is there, the file says whose it is.
    fn drop(&mut self) {
        // After `finish` there is no folder; and what cannot be removed now is swept up by the next release.
        drop(fs::remove_dir_all(&self.path));
        drop(fs::remove_file(&self.alive));
    }
}

/// Puts a package into a release.
pub(super) fn fill(release: &Path, artifact: &Name, package: &Path, unpack: Unpack) -> Result<(), Failure> {
    let failed = |error| fault("reading", package, &error);
    let mut start = Vec::new();
    File::open(package).map_err(failed)?.take(ZIP.len() as u64).read_to_end(&mut start).map_err(failed)?;
    if start == ZIP {
        return unpack(package, release);
    }
    let file = release.join(artifact.as_str());
    fs::copy(package, &file).map(drop).map_err(|error| fault("writing", &file, &error))
}

/// Waits until a release's files are on the disk: after a power cut the link must not lead to empty files.
pub(super) fn settle(release: &Path) -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    {
        let failed = |error| fault("syncing", release, &error);
        let folder = File::open(release).map_err(failed)?;
        rustix::fs::syncfs(&folder).map_err(|error| failed(error.into()))
    }
    #[cfg(not(target_os = "linux"))]
    files::sync(release).map_err(|error| fault("syncing", release, &error))
}

/// Removes releases that are neither current nor among `kept`, under the place's lock.
pub(super) fn prune(place: &Place, kept: &[Option<String>]) -> Result<(), Failure> {
    let link = place.look()?.link;
    let needed =
        |release: &str| link == Link::Release(release.to_owned()) || kept.iter().flatten().any(|kept| kept == release);
    for name in files::names(place.releases()).map_err(|error| fault("reading", place.releases(), &error))? {
        let Some(name) = name.to_str() else { continue };
        let release = name.strip_suffix(".json").unwrap_or(name);
        if is_release(release) && !needed(release) {
            remove(&place.releases().join(name));
        }
    }
    Ok(())
}

/// Whether a name is one that [`Unpacking::finish`] gives.
fn is_release(name: &str) -> bool {
    let (digits, rest) = name.split_once('-').unwrap_or_default();
    let hex = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Removes what makers that died left behind, under the place's lock.
fn sweep(place: &Place) -> Result<(), Failure> {
    for name in files::names(place.releases()).map_err(|error| fault("reading", place.releases(), &error))? {
        let path = place.releases().join(&name);
        let Some(name) = name.to_str() else { continue };
        let dead = if name.starts_with("unpacking-") {
            File::open(path.with_extension("alive")).is_ok_and(|alive| alive.try_lock().is_ok())
                || !path.with_extension("alive").exists()
        } else {
            name.starts_with("writing-") || name.starts_with("link-")
        };
        if dead {
            remove(&path);
        }
    }
    Ok(())
}

/// Removes a file or a folder. One that stays takes room and nothing else, and is tried again by the next release.
fn remove(path: &Path) {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    drop(if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) });
}
