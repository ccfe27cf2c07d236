//! The folder that a cache is in: locked, made, and cleared of what a process that was killed has left.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use trunkline_ports::failure::Failure;

use crate::files::{blocking, fault};

/// How many files of packs there may be: four for each of a hundred packs. Each write adds a pack or two, and git looks into
/// all of them for each object.
const MAX_PACK_FILES: usize = 400;

/// Waits until nobody else has the lock. The system takes it back from a process that ends, however it ends.
///
/// # Errors
/// A fault when the folder cannot be written.
pub(crate) async fn lock(folder: PathBuf, path: PathBuf) -> Result<File, Failure> {
    blocking(move || {
        fs::create_dir_all(&folder).map_err(|error| fault("creating", &folder, &error))?;
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| fault("locking", &path, &error))
    })
    .await
}

/// The kind of ids of the whole repository that the folder holds; nothing when it holds none.
pub(crate) fn format(folder: &Path) -> Option<&'static str> {
    let settings = fs::read_to_string(folder.join("config")).unwrap_or_default();
    let format = if settings.contains("sha256") { "sha256" } else { "sha1" };
    folder.join("HEAD").is_file().then_some(format)
}

/// Makes the folder an empty bare repository whose ids are of the kind `format`, whatever it held; `HEAD` comes last.
///
/// This is what `git init` would do, without a process for it.
/// Source: <https://git-scm.com/docs/gitrepository-layout> and <https://git-scm.com/docs/repository-version>
///
/// # Errors
/// A fault when the folder cannot be written.
pub(crate) async fn make(folder: PathBuf, format: &'static str) -> Result<(), Failure> {
    let settings = match format {
        "sha1" => "[core]\n\trepositoryformatversion = 0\n\tbare = true\n".to_owned(),
        other => {
            format!("[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = {other}\n")
        }
    };
    blocking(move || {
        let failed = |error| fault("making", &folder, &error);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(fault("removing", &folder, &error)),
            _ => {}
        }
        for inside in ["objects/pack", "refs"] {
            fs::create_dir_all(folder.join(inside)).map_err(failed)?;
        }
        fs::write(folder.join("config"), settings).map_err(failed)?;
        let unborn = folder.join("HEAD.new");
        fs::write(&unborn, "ref: refs/heads/none\n").map_err(failed)?;
        fs::rename(&unborn, folder.join("HEAD")).map_err(failed)
    })
    .await
}

/// Whether so many packs have gathered that it is quicker to begin anew.
pub(crate) fn is_crowded(folder: &Path) -> bool {
    fs::read_dir(folder.join("objects/pack")).is_ok_and(|files| files.count() > MAX_PACK_FILES)
}

/// Removes locks that a git which was killed has left: whoever holds ours knows that none is alive.
///
/// # Errors
/// A fault when one cannot be removed.
pub(crate) async fn sweep(folder: PathBuf) -> Result<(), Failure> {
    blocking(move || {
        for name in ["shallow.lock", "packed-refs.lock", "config.lock", "HEAD.lock"] {
            remove(&folder.join(name))?;
        }
        let mut open = vec![folder.join("refs")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "lock") {
                    remove(&path)?;
                }
            }
        }
        Ok(())
    })
    .await
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(fault("removing", path, &error)),
        _ => Ok(()),
    }
}
