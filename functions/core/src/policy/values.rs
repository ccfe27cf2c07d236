//! The small values a policy is made of: durations, lists of patterns, platforms, confined paths.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pattern::{Pattern, chosen};
use crate::refusal::{Code, Refusal};

/// A length of time, written as a number with a unit: `30s`, `15m`, `1h`, `2d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Duration(#[schemars(with = "String", regex(pattern = "^[0-9]{1,6}(s|m|h|d)$"))] u64);

impl Duration {
    /// So many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The same as the standard library's.
    pub const fn get(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0)
    }
}

impl TryFrom<String> for Duration {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(60 * 60),
            "d" => Some(24 * 60 * 60),
            _ => None,
        };
        let number = (digits.len() <= 6).then(|| digits.parse::<u64>().ok()).flatten();
        match (number, unit) {
            (Some(number), Some(unit)) => Ok(Self(number * unit)),
            _ => Err(Refusal::new(Code::PolicyInvalid, format!("`{text}` is not a length of time"))
                .help("write a number and a unit, `s`, `m`, `h` or `d`: `30m`")),
        }
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

impl fmt::Display for Duration {
    /// In the largest unit that leaves nothing over.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = [(86_400, 'd'), (3600, 'h'), (60, 'm')]
            .into_iter()
            .find(|(size, _)| self.0 > 0 && self.0.is_multiple_of(*size));
        let (size, letter) = unit.unwrap_or((1, 's'));
        write!(formatter, "{}{letter}", self.0 / size)
    }
}

/// Filter patterns in order; a later one that starts with `!` takes away what an earlier one gave. Nothing written: everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Patterns(pub Vec<Pattern>);

impl Default for Patterns {
    fn default() -> Self {
        Self(vec![Pattern::everything()])
    }
}

impl Patterns {
    /// Whether `text` is left when all patterns have been read in order.
    pub fn matches(&self, text: &str) -> bool {
        chosen(&self.0, text)
    }
}

/// A platform as image indexes name it: `linux/amd64`, `linux/arm64`, `linux/arm/v7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Platform {
    /// The operating system.
    pub os: String,
    /// The processor architecture, by Go's name.
    pub architecture: String,
    /// The architecture's variant.
    pub variant: Option<String>,
}

impl TryFrom<String> for Platform {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        let word = |word: &&str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let words: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match words[..] {
            [os, architecture] if words.iter().all(word) => (os, architecture, None),
            [os, architecture, variant] if words.iter().all(word) => (os, architecture, Some(variant.to_owned())),
            _ => {
                return Err(Refusal::new(Code::PolicyInvalid, format!("`{text}` is not a platform"))
                    .help("write the operating system and the architecture: `linux/amd64`, `linux/arm64`"));
            }
        };
        Ok(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant })
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.to_string()
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(formatter, "/{variant}"))
    }
}

/// A path that stays inside the folder it is relative to: no `..`, no leading `/`. Nothing written: the folder itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct RelativePath(#[schemars(with = "String")] String);

impl RelativePath {
    /// The path with `/` between its parts, without a `.` part or one at the end; empty for the folder itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RelativePath {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        if text.starts_with('/') || text.contains(['\\', '\0']) || text.split('/').any(|part| part == "..") {
            return Err(Refusal::new(
                Code::PathEscapes,
                format!("the path `{}` leads out of its folder", text.escape_default()),
            )
            .help("write a path relative to the folder, with `/` and without `..`"));
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        Ok(Self(parts.join("/")))
    }
}

impl From<RelativePath> for String {
    fn from(path: RelativePath) -> Self {
        if path.0.is_empty() { ".".to_owned() } else { path.0 }
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(if self.0.is_empty() { "." } else { &self.0 })
    }
}
