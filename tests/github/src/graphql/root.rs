//! Where queries and mutations begin: repositories, and the one mutation that commits.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use serde_json::Value;

use super::commit;
use super::connection::Refs;
use super::objects::Object;
use crate::state::{Repository, State};

/// The root of an operation.
pub(crate) enum Root<'s> {
    Query(&'s State),
    Mutation(&'s State),
}

/// A field's arguments as plain JSON.
pub(crate) fn arguments(info: &ResolveInfo<'_>) -> Value {
    serde_json::to_value(info.arguments()).unwrap_or_default()
}

pub(crate) fn error(message: impl Into<String>) -> FieldError {
    FieldError { message: message.into() }
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        match self {
            Self::Query(_) => "Query",
            Self::Mutation(_) => "Mutation",
        }
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let given = arguments(info);
        match (self, info.field_name()) {
            (Self::Query(state), "repository") => {
                let name = format!("{}/{}", text(&given["owner"]), text(&given["name"]));
                let repository = state.repository(&name).ok_or_else(|| {
                    error(format!("NOT_FOUND: Could not resolve to a Repository with the name '{name}'."))
                })?;
                Ok(ResolvedValue::object(Shown(repository)))
            }
            (Self::Mutation(state), "createCommitOnBranch") => commit::create(state, &given["input"]),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A repository.
struct Shown<'s>(&'s Repository);

impl ObjectValue for Shown<'_> {
    fn type_name(&self) -> &'static str {
        "Repository"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let given = arguments(info);
        let git = &self.0.git;
        match info.field_name() {
            "nameWithOwner" => Ok(ResolvedValue::leaf(self.0.name.as_str())),
            "databaseId" => Ok(ResolvedValue::leaf(self.0.id)),
            "refs" => Ok(ResolvedValue::object(Refs::new(git, &given)?)),
            "ref" => {
                let name = text(&given["qualifiedName"]);
                let prefixes = ["", "refs/heads/", "refs/tags/"];
                let found = prefixes.iter().find_map(|prefix| {
                    let full = format!("{prefix}{name}");
                    git.refs(&full).into_iter().find(|(reference, ..)| *reference == full)
                });
                Ok(ResolvedValue::nullable_object(found.map(|found| super::objects::Ref::new(git, found, ""))))
            }
            "object" => {
                let revision = given["oid"].as_str().or(given["expression"].as_str()).unwrap_or_default();
                let oid = git.object(revision).filter(|oid| git.kind(oid).is_some());
                Ok(ResolvedValue::nullable_object(oid.map(|oid| Object::new(git, oid))))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
