//! Refusals: reasons to stop that trying again cannot fix, each with a stable code, a sentence and a way out.
//!
//! The other kind of failure, a fault, belongs to whoever has effects: see `trunkline-ports`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of refusal it is. The codes are stable: workflows branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    // Words that are not what they should be.
    MalformedCommit,
    MalformedDigest,
    MalformedKey,
    MalformedName,
    MalformedTag,
    IllegalImageTag,
    MalformedPattern,
    // Policy.
    PolicyInvalid,
    PolicyMissing,
    UnknownEnvironment,
    UnknownArtifact,
    // Where a commit stands.
    UnknownRevision,
    NotOnLine,
    TagMoved,
    LineRewritten,
    LineGone,
    Diverged,
    // What a commit is made of.
    NothingBuilt,
    BuildFailed,
    PathEscapes,
    InputMissing,
    InputTooLarge,
    ToolMissing,
    CommandFailed,
    AlreadyRecorded,
    // Whether an environment may have it.
    Barred,
    NotVerified,
    NotSoaked,
    NeverRan,
    Superseded,
    Backwards,
    NothingToReturnTo,
    NoEnvironment,
    Withdrawn,
    Held,
    DeployFailed,
    Torn,
    Drifted,
    CheckFailed,
    NothingToJudge,
    NotYanked,
    NotHeld,
    // Manifests.
    ManifestMissing,
    ManifestUnreadable,
    ManifestTemplated,
    ManifestAmbiguous,
    ManifestUnmatched,
    // Registries and stores.
    RegistryDenied,
    RegistryRejected,
    ArtifactMissing,
    ArtifactChanged,
    LedgerCorrupt,
    LedgerForeign,
    TooOld,
    StoreUnusable,
    RepositoryUnusable,
    // Files that would be written over.
    AlreadyThere,
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// A place in a text file; line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file's path as the reader knows it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A reason to stop that trying again cannot fix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, thiserror::Error)]
pub struct Refusal {
    /// What kind it is.
    pub code: Code,
    /// What happened: a sentence in lower case, without a full stop.
    pub message: String,
    /// What the reader can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where, when it is about a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Refusal {
    /// A refusal that says what happened.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, place: None }
    }

    /// The same, saying what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, saying where.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: usize, column: usize) -> Self {
        self.place = Some(Place { file: file.into(), line, column });
        self
    }
}

impl fmt::Display for Refusal {
    /// `file:line:column: message` and, on a line of its own, `help: …`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(formatter, "{place}: ")?;
        }
        formatter.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(formatter, "\nhelp: {help}")?;
        }
        Ok(())
    }
}
