//! How checked names are held: the state copies and compares them all the time.

use std::fmt;
use std::marker::PhantomData;
use std::str::{self, FromStr};
use std::sync::Arc;

use serde::de::{Error, Visitor};

use crate::refusal::Refusal;

/// Up to 64 hex digits in place: what the state's maps are keyed by, so that looking one up follows no pointer.
///
/// The digits are followed by zeros, so that the order of the bytes is the order of the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hex {
    digits: [u8; 64],
    length: u8,
}

impl Hex {
    /// `text` is 64 digits at most.
    pub(super) fn new(text: &str) -> Self {
        let mut digits = [0; 64];
        digits[..text.len()].copy_from_slice(text.as_bytes());
        Self { digits, length: u8::try_from(text.len()).unwrap_or(64) }
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.digits[..usize::from(self.length)]).expect("digits are text")
    }
}

/// A text that all copies share.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shared(Arc<str>);

impl Shared {
    pub(super) fn new(text: &str) -> Self {
        Self(Arc::from(text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a name through its check, without a `String` in between.
pub(super) struct Checked<T>(PhantomData<T>);

impl<T> Checked<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: FromStr<Err = Refusal>> Visitor<'_> for Checked<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}
