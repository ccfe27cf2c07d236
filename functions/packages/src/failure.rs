//! Failures in our words.

use std::fmt::Display;
use std::io::Error;
use std::path::Path;

use trunkline_ports::failure::{Failure, Fault};

/// What the system answered while `doing` something to `path`.
pub(crate) fn fault(doing: &str, path: &Path, error: &Error) -> Failure {
    Fault::from_io(format_args!("{doing} `{}`", path.display()), error).into()
}

/// Something that should not happen, and may not happen again.
pub(crate) fn passing(message: impl Display) -> Failure {
    Fault::passing(message.to_string()).into()
}
