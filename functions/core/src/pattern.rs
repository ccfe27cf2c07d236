//! GitHub's filter pattern syntax (interim).
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One filter pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern that everything matches.
    pub fn everything() -> Self {
        Self("**".to_owned())
    }
    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether it starts with `!`.
    pub fn negative(&self) -> bool {
        self.0.starts_with('!')
    }
    /// Whether `text` matches it (its `!` aside).
    pub fn matches(&self, text: &str) -> bool {
        self.0 == "**" || self.0 == text
    }
}
