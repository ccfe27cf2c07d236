//! Where a project's ledger and packages are kept.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::{Code, Refusal};

/// A folder, relative to the policy file, or a place in a bucket: `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Store {
    /// A folder.
    Folder(String),
    /// A bucket, and what its keys begin with; that is empty, or has parts with `/` between them.
    Bucket {
        /// The bucket's name.
        name: String,
        /// What its keys begin with.
        prefix: String,
    },
}

impl Store {
    /// The folder on this machine: the store itself, or what stays here of one in a bucket, which is only there to save time.
    pub fn folder(&self) -> &str {
        match self {
            Self::Folder(folder) => folder,
            Self::Bucket { .. } => HERE,
        }
    }
}

/// The store when the policy names none.
const HERE: &str = ".trunkline";

impl Default for Store {
    fn default() -> Self {
        Self::Folder(HERE.to_owned())
    }
}

impl TryFrom<String> for Store {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        let refuse = |message: String, help: &str| Err(Refusal::new(Code::PolicyInvalid, message).help(help));
        let shown = text.escape_debug();
        if text.trim().is_empty() {
            return refuse("`store` is empty".to_owned(), "name a folder, or leave the key out for `.trunkline`");
        }
        let Some((scheme, address)) = text.split_once("://") else { return Ok(Self::Folder(text)) };
        if scheme != "s3" {
            let message = format!("the store `{shown}` is neither a folder nor in a bucket");
            return refuse(message, "write a folder, relative to this file, or `s3://bucket/prefix`");
        }
        let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
        if !is_bucket(name) {
            let message = format!("`{}` is not the name of a bucket", name.escape_debug());
            return refuse(message, "it has 3 to 63 lowercase letters and digits, with `-` and `.` between them");
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let plain = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.contains(|char: char| char.is_control() || char.is_whitespace())
        };
        if !prefix.is_empty() && !prefix.split('/').all(plain) {
            return refuse(
                format!("the store `{shown}` has a part that is empty, `.`, `..` or has blanks"),
                "write `s3://bucket/prefix` with plain names between `/`",
            );
        }
        Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
    }
}

/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(name: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let bytes = name.as_bytes();
    let address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && edge(bytes.first())
        && edge(bytes.last())
        && !name.contains("..")
        && !address
}

impl From<Store> for String {
    fn from(store: Store) -> Self {
        store.to_string()
    }
}

impl fmt::Display for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => formatter.write_str(folder),
            Self::Bucket { name, prefix } if prefix.is_empty() => write!(formatter, "s3://{name}"),
            Self::Bucket { name, prefix } => write!(formatter, "s3://{name}/{prefix}"),
        }
    }
}
