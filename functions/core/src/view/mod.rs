//! What people and programs are shown of the state: pure values that print as text and as JSON.
//!
//! They decide nothing. Times are told as ISO 8601 in UTC and, to people, by how long ago they were.

pub mod asked;
pub mod changes;
pub mod forecast;
pub mod history;
pub mod log;
pub mod outstanding;
pub mod status;
mod table;
pub mod tell;
pub mod where_is;

use std::fmt;

use serde::{Serialize, Serializer};

use crate::deployment::{Artifacts, Bytes};
use crate::ids::{Digest, ImageTag, Name, Time};

pub use asked::{Asked, asked};
pub use changes::{Changes, changes};
pub use forecast::{Then, forecast};
pub use log::{Line, lines};
pub use outstanding::Outstanding;
pub use status::{Status, status};
pub use where_is::{WhereIs, where_is};

/// A moment as views tell it: `2026-11-20T12:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Time);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// An artifact as views show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The digest of its bytes.
    pub digest: Digest,
    /// The image's repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The tag people know the image by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<ImageTag>,
}

impl From<&Bytes> for Shown {
    fn from(bytes: &Bytes) -> Self {
        Self { digest: bytes.digest.clone(), repository: bytes.repository.clone(), tag: bytes.tag.clone() }
    }
}

/// Artifacts as views show them.
pub type ShownArtifacts = std::collections::BTreeMap<Name, Shown>;

pub(crate) fn shown(artifacts: &Artifacts) -> ShownArtifacts {
    artifacts.iter().map(|(name, bytes)| (name.clone(), Shown::from(bytes))).collect()
}

/// How long before `now` a moment was, or how long after: `3 min ago`, `in 2 h`.
pub fn ago(now: Time, moment: Time) -> String {
    let (past, future) = (now.since(moment).as_secs(), moment.since(now).as_secs());
    let words = |seconds: u64| match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    };
    if future > 0 { format!("in {}", words(future)) } else { format!("{} ago", words(past)) }
}

/// The first 12 hex digits of a digest: enough for people.
pub(crate) fn brief(digest: &Digest) -> &str {
    let hex = digest.hex();
    hex.get(..crate::plan::SHORT).unwrap_or(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_by_how_long_ago_they_were() {
        let now = Time(1_000_000_000);
        let told = |seconds: i64| ago(now, Time(now.0 - seconds * 1000));
        assert_eq!(told(0), "0 s ago");
        assert_eq!(told(59), "59 s ago");
        assert_eq!(told(200), "3 min ago");
        assert_eq!(told(7200), "2 h ago");
        assert_eq!(told(300_000), "3 days ago");
        assert_eq!(told(-1800), "in 30 min");
    }
}
