//! Lists in pages, each with what GitHub demands of whoever asks for one.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use serde_json::Value;

use super::objects::{Object, Ref};
use super::root::{error, text};
use crate::git::{Commit, Git};

/// The most that a page holds. Source: <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>
const MAX_PAGE: u64 = 100;

/// Which page is asked for: how many, and from which position on.
fn page(given: &Value) -> Result<(usize, usize), FieldError> {
    let first = given["first"].as_u64().filter(|first| (1..=MAX_PAGE).contains(first));
    let first = first.ok_or_else(|| error("`first` must be given, between 1 and 100, to paginate a connection"))?;
    let after = match given["after"].as_str() {
        None => 0,
        Some(cursor) => cursor.parse().map_err(|_| error(format!("`{cursor}` is no cursor")))?,
    };
    Ok((usize::try_from(first).unwrap_or_default(), after))
}

/// `pageInfo` of a page that ends before `end` of a list in which there is `more`.
struct Page {
    end: usize,
    more: bool,
}

impl ObjectValue for Page {
    fn type_name(&self) -> &'static str {
        "PageInfo"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "hasNextPage" => Ok(ResolvedValue::leaf(self.more)),
            "endCursor" => Ok(ResolvedValue::leaf(self.end.to_string())),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// Branches or tags.
pub(crate) struct Refs<'s> {
    git: &'s Git,
    prefix: String,
    all: Vec<(String, String, String)>,
    first: usize,
    after: usize,
}

impl<'s> Refs<'s> {
    pub(crate) fn new(git: &'s Git, given: &Value) -> Result<Self, FieldError> {
        let (first, after) = page(given)?;
        let prefix = text(&given["refPrefix"]).to_owned();
        if !prefix.starts_with("refs/") || !prefix.ends_with('/') {
            return Err(error(format!("`{prefix}` is no prefix of refs: it begins with `refs/` and ends with `/`")));
        }
        Ok(Self { git, all: git.refs(&prefix), prefix, first, after })
    }
}

impl ObjectValue for Refs<'_> {
    fn type_name(&self) -> &'static str {
        "RefConnection"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let end = (self.after + self.first).min(self.all.len());
        match info.field_name() {
            "totalCount" => Ok(ResolvedValue::leaf(self.all.len())),
            "nodes" => {
                let shown = self.all.iter().skip(self.after).take(self.first);
                let node = move |found: &(String, String, String)| {
                    ResolvedValue::object(Ref::new(self.git, found.clone(), &self.prefix))
                };
                Ok(ResolvedValue::list(shown.map(node)))
            }
            "pageInfo" => Ok(ResolvedValue::object(Page { end, more: end < self.all.len() })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// A commit's parents.
pub(crate) struct Parents<'s> {
    git: &'s Git,
    all: Vec<String>,
    first: usize,
}

impl<'s> Parents<'s> {
    pub(crate) fn new(git: &'s Git, all: &[String], given: &Value) -> Result<Self, FieldError> {
        let (first, _) = page(given)?;
        Ok(Self { git, all: all.to_vec(), first })
    }
}

impl ObjectValue for Parents<'_> {
    fn type_name(&self) -> &'static str {
        "CommitConnection"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "totalCount" => Ok(ResolvedValue::leaf(self.all.len())),
            "nodes" => {
                let node = move |oid: &String| ResolvedValue::object(Object::new(self.git, oid.clone()));
                Ok(ResolvedValue::list(self.all.iter().take(self.first).map(node)))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// Commits from one on, in the order of `git log`.
pub(crate) struct History<'s> {
    git: &'s Git,
    commits: Vec<Commit>,
    after: usize,
    more: bool,
}

impl<'s> History<'s> {
    pub(crate) fn new(git: &'s Git, oid: &str, given: &Value) -> Result<Self, FieldError> {
        let (first, after) = page(given)?;
        let mut commits = git.log(&[oid], after, first + 1);
        let more = commits.len() > first;
        commits.truncate(first);
        Ok(Self { git, commits, after, more })
    }
}

impl ObjectValue for History<'_> {
    fn type_name(&self) -> &'static str {
        "CommitHistoryConnection"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "nodes" => {
                let node = move |commit: &Commit| ResolvedValue::object(Object::of_commit(self.git, commit.clone()));
                Ok(ResolvedValue::list(self.commits.iter().map(node)))
            }
            "pageInfo" => Ok(ResolvedValue::object(Page { end: self.after + self.commits.len(), more: self.more })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
