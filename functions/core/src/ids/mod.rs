//! Names that have been checked: commits, digests, keys, names, tags and times.
//!
//! Serde goes through the same door as everybody else, so an unchecked one cannot exist, in a fixture either.

mod text;

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use text::{Hex, Shared};

use crate::refusal::{Code, Refusal};

/// Declares a string that one function has checked, and how it is held: [`Hex`] or [`Shared`], neither of which costs much to copy.
macro_rules! checked {
    ($(#[$meta:meta])* $name:ident($held:ty), $check:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
        pub struct $name(#[schemars(with = "String")] $held);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl std::str::FromStr for $name {
            type Err = Refusal;
            fn from_str(text: &str) -> Result<Self, Refusal> {
                $check(text)?;
                Ok(Self(<$held>::new(text)))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Refusal;
            fn try_from(text: String) -> Result<Self, Refusal> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(text::Checked::new())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), formatter)
            }
        }

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
                self.as_str().hash(hasher);
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }
    };
}

checked! {
    /// A full git commit id: 40 lowercase hex digits, or 64 in a SHA-256 repository.
    Commit(Hex), check_commit
}

impl Commit {
    /// The first `length` digits: the image tag of a commit.
    pub fn short(&self, length: usize) -> &str {
        self.as_str().get(..length).unwrap_or(self.as_str())
    }

    /// The image tag of the commit: its first `length` digits.
    pub fn tag(&self, length: usize) -> ImageTag {
        ImageTag(Shared::new(self.short(length)))
    }
}

checked! {
    /// The digest of an artifact's bytes: `sha256:` and 64 lowercase hex digits.
    ///
    /// Of an image, this is the digest of its manifest or index; of a package, that of the file.
    Digest(Shared), check_digest
}

impl Digest {
    /// The 64 hex digits, without the algorithm.
    pub fn hex(&self) -> &str {
        &self.as_str()["sha256:".len()..]
    }

    /// The digest whose SHA-256 sum is `sum`.
    pub fn from_sum(sum: [u8; 32]) -> Self {
        Self(Shared::new(&format!("sha256:{}", hex(&sum))))
    }
}

checked! {
    /// What an artifact was built from: the SHA-256 sum of the watched files and the recipe, as 64 hex digits.
    Key(Hex), check_key
}

impl Key {
    /// The key whose SHA-256 sum is `sum`.
    pub fn from_sum(sum: [u8; 32]) -> Self {
        Self(Hex::new(&hex(&sum)))
    }
}

checked! {
    /// The name of a project, an artifact, an environment or a check: `[a-z0-9]` with `-`, `_` and `.` inside, 63 at most.
    ///
    /// It becomes a folder, a part of an object's key and a part of a queue's message group, so it is kept to what all of them take.
    Name(Shared), check_name
}

checked! {
    /// A git tag's name, without `refs/tags/`.
    ///
    /// It holds what git lets a tag be named; whether it is a legal image tag is another question ([`TagName::image_tag`]).
    TagName(Shared), check_tag
}

impl TagName {
    /// The same name as an image tag.
    ///
    /// # Errors
    /// [`Code::IllegalImageTag`] when a registry would not take it (`v1+b1`, `a/b`): it is never silently changed.
    /// Source: `<reference>` in <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>
    pub fn image_tag(&self) -> Result<ImageTag, Refusal> {
        self.as_str().parse()
    }
}

checked! {
    /// A tag that registries take: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    ImageTag(Shared), check_image_tag
}

fn check_commit(text: &str) -> Result<(), Refusal> {
    if matches!(text.len(), 40 | 64) && is_hex(text) {
        return Ok(());
    }
    Err(Refusal::new(Code::MalformedCommit, format!("`{text}` is not a full commit id"))
        .help("give all 40 lowercase hex digits; `git rev-parse REVISION` prints them"))
}

fn check_digest(text: &str) -> Result<(), Refusal> {
    if text.strip_prefix("sha256:").is_some_and(|sum| sum.len() == 64 && is_hex(sum)) {
        return Ok(());
    }
    Err(Refusal::new(Code::MalformedDigest, format!("`{text}` is not a digest"))
        .help("a digest is `sha256:` and 64 lowercase hex digits"))
}

fn check_key(text: &str) -> Result<(), Refusal> {
    if text.len() == 64 && is_hex(text) {
        return Ok(());
    }
    Err(Refusal::new(Code::MalformedKey, format!("`{text}` is not a content key"))
        .help("a key is 64 lowercase hex digits"))
}

fn check_name(text: &str) -> Result<(), Refusal> {
    let inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    if bytes.len() <= 63 && bytes.iter().all(|byte| inner(*byte)) && outer(bytes.first()) && outer(bytes.last()) {
        return Ok(());
    }
    Err(Refusal::new(Code::MalformedName, format!("`{text}` is not a name"))
        .help("use lowercase letters and digits, with `-`, `_` or `.` inside, 63 characters at most"))
}

/// Git's own rules for the last part of a ref. Source: <https://git-scm.com/docs/git-check-ref-format>
fn check_tag(text: &str) -> Result<(), Refusal> {
    let forbidden = |char: char| char.is_control() || " ~^:?*[\\".contains(char);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none();
    let legal = !text.is_empty()
        && text.len() <= 255
        && !text.contains(forbidden)
        && !text.contains("..")
        && !text.contains("@{")
        && !text.starts_with('-')
        && !text.ends_with('.')
        && text != "@"
        && text.split('/').all(part);
    if legal {
        return Ok(());
    }
    Err(Refusal::new(Code::MalformedTag, format!("`{}` is not a tag's name", text.escape_default()))
        .help("git does not take it either: see `git check-ref-format --help`"))
}

fn check_image_tag(text: &str) -> Result<(), Refusal> {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let first = text.as_bytes().first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if first && text.len() <= 128 && text.as_bytes().iter().all(inner) {
        return Ok(());
    }
    Err(Refusal::new(Code::IllegalImageTag, format!("`{}` cannot be an image tag", text.escape_default()))
        .help("registries take letters, digits, `_`, `.` and `-`, 128 at most, not `.` or `-` in front: tag the commit with such a name"))
}

fn is_hex(text: &str) -> bool {
    // Not `all`: looking at every byte, whatever the others are, is done for many at once.
    text.bytes().fold(true, |hex, byte| hex & matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A moment by the store's clock, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// The moment `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; nothing when it is still to come.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Time {
    /// ISO 8601 in UTC, to the second: `2026-11-20T12:00:00Z`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1000);
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Year, month and day of a day number. Source: `civil_from_days` in
/// <https://howardhinnant.github.io/date_algorithms.html>
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shown_in_utc() {
        assert_eq!(Time(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Time(951_782_400_000).to_string(), "2000-02-29T00:00:00Z");
        assert_eq!(Time(1_795_176_000_999).to_string(), "2026-11-20T12:00:00Z");
        assert_eq!(Time(-1).to_string(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn a_commit_is_forty_or_sixty_four_lowercase_hex_digits() {
        assert!("a".repeat(40).parse::<Commit>().is_ok());
        assert!("0".repeat(64).parse::<Commit>().is_ok());
        for wrong in ["", "abc", &"A".repeat(40), &"g".repeat(40), &"a".repeat(41)] {
            assert_eq!(wrong.parse::<Commit>().unwrap_err().code, Code::MalformedCommit, "{wrong}");
        }
    }

    #[test]
    fn a_tag_that_no_registry_takes_is_refused_and_not_changed() {
        for wrong in ["v1+b1", "a/b", "-x", &"v".repeat(129)] {
            let tag = wrong.parse::<TagName>();
            let refused = tag.and_then(|tag| tag.image_tag()).unwrap_err();
            assert!(matches!(refused.code, Code::IllegalImageTag | Code::MalformedTag), "{wrong}");
        }
        assert_eq!("v1.0.0".parse::<TagName>().and_then(|tag| tag.image_tag()).unwrap().as_str(), "v1.0.0");
    }

    #[test]
    fn a_tag_is_what_git_takes() {
        for wrong in ["", "a..b", "a b", "x.lock", "/a", "a//b", "a\nb", "@", "a@{b", "v.", "-d"] {
            assert!(wrong.parse::<TagName>().is_err(), "{wrong:?}");
        }
        for right in ["v1", "release/1.0", "rc-1", "v1+build", "$(x)"] {
            assert!(right.parse::<TagName>().is_ok(), "{right:?}");
        }
    }

    #[test]
    fn names_fit_folders_keys_and_groups() {
        for wrong in ["", "Api", "-a", "a-", "a/b", "..", &"a".repeat(64)] {
            assert!(wrong.parse::<Name>().is_err(), "{wrong:?}");
        }
        assert!("api-2.x_y".parse::<Name>().is_ok());
    }
}
