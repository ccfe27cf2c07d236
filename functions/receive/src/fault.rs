//! An effect that did not happen.

/// Why something outside did not do what it was asked. It may have done it all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub struct Fault {
    /// What was said, or what went wrong.
    pub said: String,
    /// Whether trying again may help.
    pub again: bool,
}

impl Fault {
    /// Trying again may help.
    pub(crate) fn passing(said: impl Into<String>) -> Self {
        Self { said: said.into(), again: true }
    }

    /// Trying again cannot help: someone has to look.
    pub(crate) fn lasting(said: impl Into<String>) -> Self {
        Self { said: said.into(), again: false }
    }
}
