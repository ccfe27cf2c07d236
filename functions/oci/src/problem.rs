//! What went wrong, in words: files that cannot be read or written, and contents that are not what they should be.

use std::io;
use std::path::Path;

use trunkline_core::ids::Digest;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

/// A file that could not be read or written. It stays so until someone looks, save where the system says it was busy.
pub(crate) fn file(doing: &str, path: &Path, error: &io::Error) -> Failure {
    let message = format!("{doing} `{}`: {error}", path.display());
    let full =
        matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge);
    let busy = matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ResourceBusy);
    match (full, busy) {
        (true, _) => {
            Fault::lasting(format!("no room left: {message}; make room and run it again, nothing was lost")).into()
        }
        (_, true) => Fault::passing(message).into(),
        _ => Fault::lasting(message).into(),
    }
}

/// A thread that did not come to its end, which only a bug in a library brings about.
pub(crate) fn thread(error: &tokio::task::JoinError) -> Failure {
    Fault::lasting(format!("a worker thread ended early: {error}")).into()
}

/// Bytes that are not those their digest names.
pub(crate) fn changed(what: &str, expected: &Digest, actual: &Digest) -> Failure {
    Refusal::new(
        Code::ArtifactChanged,
        format!("{what} is not what its digest says: expected {expected}, got {actual}"),
    )
    .help("something changed it on the way or where it is kept; it was not used")
    .into()
}

/// An image or one of its parts that is not there.
pub(crate) fn missing(what: &str, place: &str) -> Failure {
    Refusal::new(Code::ArtifactMissing, format!("{what} is not in {place}"))
        .help("was it deleted there by hand or by a retention rule? build the commit again, or push it again")
        .into()
}

/// JSON that is not the document it should be.
pub(crate) fn unreadable(what: &str, error: &serde_json::Error) -> Failure {
    Refusal::new(Code::ArtifactChanged, format!("{what} cannot be read: {error}"))
        .help("it is no document of the OCI image format; look at it with `skopeo inspect --raw`")
        .into()
}

/// A recipe or its files that cannot become an image.
pub(crate) fn unbuildable(message: impl Into<String>, help: impl Into<String>) -> Failure {
    Refusal::new(Code::BuildFailed, message).help(help).into()
}
