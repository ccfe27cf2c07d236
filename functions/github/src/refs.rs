//! Branches and tags, and what is behind each tag, from one question for as many as fit a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use trunkline_core::ids::{Commit, TagName};
use trunkline_core::pattern::Pattern;
use trunkline_core::policy::{FILE, Patterns};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::repository::Ask;

use crate::blob::{BLOB, Blob};
use crate::chain::Source;
use crate::graph::{Actor, Node, SAID};
use crate::graphql::{Page, quoted, repository};

/// How many refs are on a page: the most that GitHub gives.
const TOGETHER: usize = 100;

/// How many of trunk's newest commits are asked for beside: so many are hardly ever new at once.
const NEWEST: usize = 25;

/// The most refs of a kind that are read.
const MAX_REFS: usize = 50_000;

/// What is asked of a tag: a tag may be of a tag. What is deeper is asked for by itself.
pub(crate) const TAGGED: &str = "fragment Tagged on GitObject { __typename oid ... on Tag { tagger { name email } target { __typename oid \
    ... on Tag { target { __typename oid ... on Tag { target { __typename oid } } } } } } }";

/// What the names of a repository point to.
#[derive(Debug, Default)]
pub(crate) struct Refs {
    /// Trunk and release branches.
    pub(crate) heads: BTreeMap<String, Commit>,
    pub(crate) tags: BTreeMap<TagName, Tagged>,
    /// Trunk's newest commits.
    pub(crate) newest: Vec<Node>,
    /// The policy at trunk's head.
    pub(crate) policy: Option<Blob>,
    /// Tags of tags of tags: their objects are still to be looked behind.
    nested: Vec<(TagName, String, Option<String>)>,
}

/// Pages of refs by the alias of their list.
pub(crate) type Lists = BTreeMap<String, Page<Ref>>;

/// What a tag names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tagged {
    pub(crate) commit: Commit,
    pub(crate) by: Option<String>,
}

/// A branch or a tag.
#[derive(Debug, Deserialize)]
pub(crate) struct Ref {
    prefix: String,
    name: String,
    target: Option<Target>,
}

/// What one points to.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    #[serde(rename = "__typename")]
    kind: String,
    oid: String,
    tagger: Option<Actor>,
    #[serde(rename = "target")]
    behind: Option<Box<Target>>,
}

/// What is behind a tag.
enum Behind<'a> {
    Commit(&'a str),
    /// A tag of which nothing more was told.
    Tag(&'a str),
    /// Not a commit: nothing of ours.
    Other,
}

impl Target {
    fn behind(&self) -> Behind<'_> {
        match (self.kind.as_str(), &self.behind) {
            ("Commit", _) => Behind::Commit(&self.oid),
            ("Tag", Some(target)) => target.behind(),
            ("Tag", None) => Behind::Tag(&self.oid),
            _ => Behind::Other,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Trunk {
    target: Option<TrunkHead>,
}

#[derive(Debug, Deserialize)]
struct TrunkHead {
    oid: String,
    history: Option<Page<Node>>,
}

#[derive(Deserialize)]
struct Data {
    repository: Shown,
}

#[derive(Deserialize)]
struct Shown {
    trunk: Option<Trunk>,
    policy: Option<Blob>,
    #[serde(flatten)]
    lists: Lists,
}

/// A list that is read: its alias, its prefix, and where its next page begins.
#[derive(Clone, Debug)]
pub(crate) struct List {
    alias: String,
    prefix: String,
    after: Option<String>,
}

/// Reads branches that matter to `ask`, and all tags.
///
/// # Errors
/// As [`Client::query`](crate::client::Client::query).
pub(crate) async fn read(source: Source<'_>, ask: &Ask) -> Result<Refs, Failure> {
    let patterns = Patterns(ask.release_branches.clone());
    let mut open = lists(&ask.release_branches);
    let mut refs = Refs::default();
    let mut first = true;
    while !open.is_empty() {
        let query = query(source, &open, first.then_some(ask.trunk.as_str()));
        let data: Data = source.client.query(source.name, &query, "contents: read").await?;
        let Shown { trunk, policy, lists } = data.repository;
        if first {
            refs.trunk(&ask.trunk, trunk)?;
            refs.policy = policy;
        }
        first = false;
        open = refs.take(open, lists, &patterns)?;
    }
    refs.peel(source).await?;
    Ok(refs)
}

impl Refs {
    /// Takes a page of each list; the lists that go on.
    ///
    /// # Errors
    /// A fault when there are too many.
    pub(crate) fn take(
        &mut self,
        lists: Vec<List>,
        mut pages: Lists,
        patterns: &Patterns,
    ) -> Result<Vec<List>, Failure> {
        let mut open = Vec::new();
        for list in lists {
            let Some(page) = pages.remove(&list.alias) else { continue };
            open.extend(page.next().map(|after| List { after: Some(after.to_owned()), ..list.clone() }));
            for found in page.nodes {
                let Some(target) = &found.target else { continue };
                let full = format!("{}{}", found.prefix, found.name);
                if let Some(name) = full.strip_prefix("refs/heads/") {
                    self.branch(patterns, name, target);
                } else if let Some(name) = full.strip_prefix("refs/tags/") {
                    self.tag(name, target);
                }
            }
        }
        if self.heads.len().max(self.tags.len()) > MAX_REFS {
            return Err(Fault::lasting(format!("the repository has more than {MAX_REFS} branches or tags")).into());
        }
        Ok(open)
    }

    fn trunk(&mut self, name: &str, found: Option<Trunk>) -> Result<(), Failure> {
        let Some(head) = found.and_then(|found| found.target) else { return Ok(()) };
        self.heads.insert(name.to_owned(), head.oid.parse()?);
        self.newest = head.history.map(|page| page.nodes).unwrap_or_default();
        Ok(())
    }

    fn branch(&mut self, patterns: &Patterns, name: &str, target: &Target) {
        if patterns.matches(name) && !self.heads.contains_key(name) {
            self.heads.extend(target.oid.parse().ok().map(|commit| (name.to_owned(), commit)));
        }
    }

    fn tag(&mut self, name: &str, target: &Target) {
        let Ok(name) = name.parse::<TagName>() else { return };
        let by = target.tagger.as_ref().map(Actor::shown).filter(|by| by != "<>");
        match target.behind() {
            Behind::Commit(id) => self.tags.extend(id.parse().ok().map(|commit| (name, Tagged { commit, by }))),
            Behind::Tag(id) => self.nested.push((name, id.to_owned(), by)),
            Behind::Other => {}
        }
    }

    /// Looks behind tags of tags of tags.
    ///
    /// # Errors
    /// As [`Client::query`](crate::client::Client::query).
    pub(crate) async fn peel(&mut self, source: Source<'_>) -> Result<(), Failure> {
        for (name, id, by) in std::mem::take(&mut self.nested) {
            if let Some(commit) = peel(source, id).await? {
                self.tags.insert(name, Tagged { commit, by });
            }
        }
        Ok(())
    }
}

fn query(source: Source<'_>, open: &[List], trunk: Option<&str>) -> String {
    let mut fields = String::new();
    let mut fragments = TAGGED.to_owned();
    if let Some(trunk) = trunk {
        let full = format!("refs/heads/{trunk}");
        let history = format!("... on Commit {{ history(first: {NEWEST}) {{ nodes {{ ...Said }} }} }}");
        // Writing to a string cannot fail.
        let _ = write!(fields, "trunk: ref(qualifiedName: {}) {{ target {{ oid {history} }} }} ", quoted(&full));
        let policy = quoted(&format!("{full}:{FILE}"));
        let _ = write!(fields, "policy: object(expression: {policy}) {{ {BLOB} }} ");
        fragments = format!("{SAID} {fragments}");
    }
    fields.push_str(&self::fields(open));
    format!("{{ {} {{ {fields}}} }} {fragments}", repository(source.name))
}

/// The fields that give the next page of each list.
pub(crate) fn fields(open: &[List]) -> String {
    let mut fields = String::new();
    for List { alias, prefix, after } in open {
        let after = after.as_ref().map(|after| format!(", after: {}", quoted(after))).unwrap_or_default();
        let list = format!("refs(refPrefix: {}, first: {TOGETHER}{after})", quoted(prefix));
        let page = "nodes { prefix name target { ...Tagged } } pageInfo { hasNextPage endCursor }";
        // Writing to a string cannot fail.
        let _ = write!(fields, "{alias}: {list} {{ {page} }} ");
    }
    fields
}

/// The lists to read: tags, and the folders of branches in which release branches can be.
pub(crate) fn lists(patterns: &[Pattern]) -> Vec<List> {
    let mut folders: Vec<String> = patterns.iter().filter(|pattern| !pattern.negative()).map(folder).collect();
    folders.sort_unstable();
    // What is below another folder is read with it; sorted, the other one comes first.
    let mut kept: Vec<String> = Vec::new();
    for folder in folders {
        if !kept.iter().any(|outer| folder.starts_with(outer)) {
            kept.push(folder);
        }
    }
    let branches = kept.into_iter().enumerate();
    let branches = branches.map(|(number, prefix)| List { alias: format!("heads{number}"), prefix, after: None });
    let tags = List { alias: "tags".to_owned(), prefix: "refs/tags/".to_owned(), after: None };
    branches.chain([tags]).collect()
}

/// The folder that everything is in that a pattern can match.
fn folder(pattern: &Pattern) -> String {
    let text = pattern.as_str();
    let plain = text.find(|char: char| !char.is_ascii_alphanumeric() && !"/-_.".contains(char)).unwrap_or(text.len());
    let end = text[..plain].rfind('/').map_or(0, |slash| slash + 1);
    format!("refs/heads/{}", &text[..end])
}

/// Looks behind a tag of tags of tags.
async fn peel(source: Source<'_>, mut id: String) -> Result<Option<Commit>, Failure> {
    for _ in 0..20 {
        let target = object(source, &format!("oid: {}", quoted(&id))).await?;
        match target.as_ref().map(Target::behind) {
            Some(Behind::Commit(commit)) => return Ok(commit.parse().ok()),
            Some(Behind::Tag(deeper)) if deeper != id => deeper.clone_into(&mut id),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// The commit behind whatever `expression` names, as `git rev-parse` reads it.
///
/// # Errors
/// As [`Client::query`](crate::client::Client::query).
pub(crate) async fn resolve(source: Source<'_>, expression: &str) -> Result<Option<Commit>, Failure> {
    let target = object(source, &format!("expression: {}", quoted(expression))).await?;
    match target.as_ref().map(Target::behind) {
        Some(Behind::Commit(commit)) => Ok(commit.parse().ok()),
        Some(Behind::Tag(id)) => peel(source, id.to_owned()).await,
        _ => Ok(None),
    }
}

async fn object(source: Source<'_>, which: &str) -> Result<Option<Target>, Failure> {
    #[derive(Deserialize)]
    struct Data {
        repository: Shown,
    }
    #[derive(Deserialize)]
    struct Shown {
        object: Option<Target>,
    }
    let query = format!("{{ {} {{ object({which}) {{ ...Tagged }} }} }} {TAGGED}", repository(source.name));
    let data: Data = source.client.query(source.name, &query, "contents: read").await?;
    Ok(data.repository.object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folders_are_read_in_which_release_branches_can_be() {
        let prefixes = |patterns: &[&str]| {
            let patterns: Vec<Pattern> = patterns.iter().map(|text| text.parse().unwrap()).collect();
            lists(&patterns).into_iter().map(|list| list.prefix).collect::<Vec<_>>()
        };
        assert_eq!(prefixes(&[]), ["refs/tags/"]);
        assert_eq!(prefixes(&["release/*"]), ["refs/heads/release/", "refs/tags/"]);
        assert_eq!(prefixes(&["release/v+", "release/*/x", "!release/old"]), ["refs/heads/release/", "refs/tags/"]);
        assert_eq!(prefixes(&["v*", "release/*"]), ["refs/heads/", "refs/tags/"]);
        assert_eq!(prefixes(&["a/b", "a/c/d"]), ["refs/heads/a/", "refs/tags/"]);
    }
}
