//! Writing into a folder, off the executor's threads: git's rights and nobody's mask, and nothing over what is there.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use trunkline_ports::failure::{Failure, Fault};

/// The folder that is exported into.
#[derive(Debug)]
pub(super) struct Folder {
    into: PathBuf,
    made: HashSet<PathBuf>,
}

impl Folder {
    /// A folder in which nothing is.
    pub(super) async fn empty(into: &Path) -> Result<Self, Failure> {
        let folder = Self { into: into.to_owned(), made: HashSet::new() };
        folder
            .apart(|folder| {
                let mut content = fs::read_dir(&folder.into).map_err(|error| fault("reading", &folder.into, &error))?;
                if content.next().is_none() {
                    return Ok(());
                }
                let shown = folder.into.display();
                Err(Fault::lasting(format!("`{shown}` is not empty, so nothing is exported into it")).into())
            })
            .await
    }

    /// Does something with the folder on a thread that may block.
    pub(super) async fn apart(
        mut self,
        work: impl FnOnce(&mut Self) -> Result<(), Failure> + Send + 'static,
    ) -> Result<Self, Failure> {
        let done = tokio::task::spawn_blocking(move || work(&mut self).map(|()| self)).await;
        done.map_err(|error| Fault::passing(format!("a worker's thread ended early: {error}")))?
    }

    /// A new file with git's rights, and where it is.
    pub(super) fn file(&mut self, path: &[u8], executable: bool) -> Result<(File, PathBuf), Failure> {
        let place = self.place(path)?;
        let mode = if executable { 0o755 } else { 0o644 };
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&place);
        let file = file.map_err(|error| fault("writing", &place, &error))?;
        // Whoever runs this may have a narrower mask, and an image takes the rights as they are.
        file.set_permissions(Permissions::from_mode(mode)).map_err(|error| fault("writing", &place, &error))?;
        Ok((file, place))
    }

    /// A new file with this content.
    pub(super) fn whole(&mut self, path: &[u8], executable: bool, content: &[u8]) -> Result<(), Failure> {
        let (mut file, place) = self.file(path, executable)?;
        file.write_all(content).map_err(|error| fault("writing", &place, &error))
    }

    /// A new link that says `target`.
    pub(super) fn link(&mut self, path: &[u8], target: &[u8]) -> Result<(), Failure> {
        let place = self.place(path)?;
        std::os::unix::fs::symlink(OsStr::from_bytes(target), &place).map_err(|error| fault("linking", &place, &error))
    }

    /// The place of a path, whose folders are made when they are not there.
    fn place(&mut self, path: &[u8]) -> Result<PathBuf, Failure> {
        let place = self.into.join(OsStr::from_bytes(path));
        let missing =
            place.ancestors().skip(1).take_while(|folder| *folder != self.into && !self.made.contains(*folder));
        let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        for folder in missing.into_iter().rev() {
            let made = fs::DirBuilder::new().mode(0o755).create(&folder);
            let made = made.and_then(|()| fs::set_permissions(&folder, Permissions::from_mode(0o755)));
            made.map_err(|error| fault("creating", &folder, &error))?;
            self.made.insert(folder);
        }
        Ok(place)
    }
}

/// What the system answered while `doing` something to `path`.
pub(super) fn fault(doing: &str, path: &Path, error: &std::io::Error) -> Failure {
    Fault::from_io(format_args!("{doing} `{}`", path.display()), error).into()
}
