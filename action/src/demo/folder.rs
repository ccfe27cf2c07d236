//! The folder a demo is played in: new, or empty.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

/// An empty folder: the one that is named, or a new one among the temporary files.
///
/// # Errors
/// [`Code::AlreadyThere`] when something is in it.
pub(super) fn prepare(start: Option<&Path>, named: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(named) = named else {
        let made = tempfile::Builder::new().prefix("trunkline-demo-").tempdir();
        return Ok(made.map_err(|error| fault(&std::env::temp_dir(), &error))?.keep());
    };
    let folder = start.unwrap_or(Path::new("")).join(named);
    std::fs::create_dir_all(&folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => taken(&folder),
        _ => fault(&folder, &error),
    })?;
    let mut entries = std::fs::read_dir(&folder).map_err(|error| fault(&folder, &error))?;
    if entries.next().is_some() {
        return Err(taken(&folder));
    }
    folder.canonicalize().map_err(|error| fault(&folder, &error))
}

fn taken(folder: &Path) -> Failure {
    let message = format!("`{}` is not an empty folder", folder.display());
    Refusal::new(Code::AlreadyThere, message).help("name a new one, or none for one among the temporary files").into()
}

fn fault(folder: &Path, error: &std::io::Error) -> Failure {
    Fault::from_io(format_args!("making `{}`", folder.display()), error).into()
}
