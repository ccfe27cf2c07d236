//! Text that is borrowed from a body where JSON lets it be.

use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// Text of a delivery; its own only when the JSON had escapes in it.
///
/// A type of its own because serde borrows a `Cow` only where it stands alone: inside an `Option` it would be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// Bytes as lowercase hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_escapes_is_borrowed() {
        let read: Option<Text<'_>> = serde_json::from_str(r#""refs/heads/main""#).unwrap();
        assert!(matches!(read, Some(Text(Cow::Borrowed("refs/heads/main")))));
        let read: Option<Text<'_>> = serde_json::from_str(r#""a\u002fb""#).unwrap();
        assert!(matches!(read, Some(Text(Cow::Owned(text))) if text == "a/b"));
    }
}
