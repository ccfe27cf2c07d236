//! The two ways in which a call into the world does not give what it was asked for.

use std::fmt::Display;
use std::io::{Error, ErrorKind};

use trunkline_core::refusal::Refusal;

/// An effect or an observation that did not happen, or may not have. It says whether to try again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What happened, with its causes, in lower case.
    pub message: String,
    /// Whether trying again may help. When not, someone has to look.
    pub again: bool,
}

impl Fault {
    /// A fault that may pass: the network, throttling, somebody was quicker.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), again: true }
    }

    /// A fault that stays until someone looks: a full disk, a right that is missing.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), again: false }
    }

    /// What the operating system answered while `doing` something: `writing /srv/x`.
    ///
    /// A full disk, a limit on a file's size and a missing right stay until someone looks; anything else may pass.
    pub fn from_io(doing: impl Display, error: &Error) -> Self {
        let advice = match error.kind() {
            ErrorKind::StorageFull => "the disk is full: make room, then run this again",
            ErrorKind::QuotaExceeded => "the disk quota is used up: make room, then run this again",
            ErrorKind::FileTooLarge => {
                "no file may become so large here: raise the limit (`ulimit -f`), then run this again"
            }
            ErrorKind::PermissionDenied => {
                "this user may not do that: change the owner or the rights, then run this again"
            }
            ErrorKind::ReadOnlyFilesystem => "that place can only be read: use another, then run this again",
            _ => return Self::passing(format!("{doing}: {error}")),
        };
        Self::lasting(format!("{doing}: {advice}"))
    }
}

/// Why a call did not give what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Something must be mended first; it is recorded and never tried again by itself.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It did not work, this time.
    #[error(transparent)]
    Fault(#[from] Fault),
}
