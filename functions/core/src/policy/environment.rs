//! Where commits go, what brings them there, and what they must have shown before and show afterwards.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::artifact::Target;
use super::values::Duration;
use crate::ids::Name;
use crate::pattern::{Pattern, chosen};

/// One environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// What brings commits here: `trunk`, a tag pattern, `{ branch: … }`, `{ tag: … }`, or a list of these.
    pub on: Sources,
    /// The environments in which the same bytes must have been verified.
    #[serde(default)]
    pub after: After,
    /// How long they must have run there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<Duration>,
    /// How a deployment is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// What is otherwise in this environment, by artifact.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Name" }))]
    pub artifacts: IndexMap<Name, Override>,
}

/// What is otherwise in one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Another target than the artifact's own.
    pub deploy: Target,
}

/// What brings commits to an environment: one source or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Sources {
    /// Several.
    Many(Vec<Source>),
    /// One.
    One(Source),
}

/// One source of commits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// Branches by pattern, beside trunk: `{ branch: "release/*" }`.
    Branch {
        /// The branch's pattern.
        branch: Pattern,
    },
    /// Tags by pattern: `{ tag: "v*" }`.
    Tag {
        /// The tag's pattern.
        tag: Pattern,
    },
    /// `trunk`, or a tag pattern.
    Word(Pattern),
}

/// The environments that come before: the same for all lines, or by line (`{ trunk: [stage], release: [demo] }`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum After {
    /// For every line.
    All(Vec<Name>),
    /// By line: `trunk`, `release`.
    #[schemars(extend("propertyNames" = { "enum": ["trunk", "release"] }))]
    ByLine(BTreeMap<String, Vec<Name>>),
}

/// How a deployment is judged. Silence means unverified, never failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// Checks whose verdicts are recorded by others: `trunkline verdict … --check NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Name>,
    /// A command: success is its exit code 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// An address that must answer as it should within the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpCheck>,
    /// How long the environment stays on a commit that has no verdict.
    #[serde(default = "half_an_hour")]
    pub within: Duration,
    /// What a failure brings.
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// What a failed check brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The commit is barred everywhere.
    Yank,
    /// The environment stays as it is until a person releases it.
    #[default]
    Hold,
    /// It is only recorded.
    Nothing,
}

/// An address that must answer as it should.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpCheck {
    /// The address; `{environment}` and `{commit}` stand for the deployment's.
    pub url: String,
    /// The status it must answer with.
    #[serde(default = "ok")]
    pub status: u16,
    /// A text that the body must hold; `{environment}` and `{commit}` stand for the deployment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl Default for After {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl After {
    /// The environments that come before for a commit on trunk (or, when `release`, on a release branch).
    pub fn of(&self, release: bool) -> &[Name] {
        match self {
            Self::All(names) => names,
            Self::ByLine(lines) => lines.get(if release { "release" } else { "trunk" }).map_or(&[], Vec::as_slice),
        }
    }

    /// All environments that are named.
    pub fn all(&self) -> Vec<&Name> {
        match self {
            Self::All(names) => names.iter().collect(),
            Self::ByLine(lines) => lines.values().flatten().collect(),
        }
    }
}

impl Sources {
    /// Every source, in the order written.
    pub fn each(&self) -> &[Source] {
        match self {
            Self::Many(sources) => sources,
            Self::One(source) => std::slice::from_ref(source),
        }
    }

    /// Whether trunk's commits come here by themselves.
    pub fn trunk(&self) -> bool {
        self.each().iter().any(|source| matches!(source, Source::Word(word) if word.as_str() == "trunk"))
    }

    /// Whether the commits of `branch` come here by themselves: what is left when its patterns have been read in order.
    pub fn branch<'a>(&'a self, branch: &str) -> bool {
        let pattern = |source: &'a Source| if let Source::Branch { branch } = source { Some(branch) } else { None };
        chosen(self.each().iter().filter_map(pattern), branch)
    }

    /// The patterns of tags that bring their commits here, as written.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.each().iter().filter_map(|source| match source {
            Source::Tag { tag } => Some(tag.as_str()),
            Source::Word(word) if word.as_str() != "trunk" => Some(word.as_str()),
            Source::Word(_) | Source::Branch { .. } => None,
        })
    }

    /// Whether `tag` brings its commit here: what is left when the tag patterns have been read in order.
    pub fn tag<'a>(&'a self, tag: &str) -> bool {
        let pattern = |source: &'a Source| match source {
            Source::Tag { tag } => Some(tag),
            Source::Word(word) => Some(word).filter(|word| word.as_str() != "trunk"),
            Source::Branch { .. } => None,
        };
        chosen(self.each().iter().filter_map(pattern), tag)
    }
}

fn half_an_hour() -> Duration {
    Duration::from_secs(30 * 60)
}

fn ok() -> u16 {
    200
}
