//! Branches and tags, from one `git for-each-ref`; tags are peeled to the commit behind them.

use std::collections::BTreeMap;

use trunkline_core::ids::{Commit, TagName};
use trunkline_core::text::clean;
use trunkline_ports::failure::Failure;

use super::Git;
use super::objects::{MAX_OBJECT, Objects};

/// Name, object, its kind, the object behind a tag, its kind, who tagged.
///
/// Fields end with NUL, which no name can hold. Source: <https://git-scm.com/docs/git-for-each-ref>
const FORMAT: &str = "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)%00%(taggername) %(taggeremail)";

/// What the names of a repository point to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Refs {
    /// Branches, without `refs/heads/`.
    pub(crate) heads: BTreeMap<String, Commit>,
    /// Tags of commits, without `refs/tags/`.
    pub(crate) tags: BTreeMap<TagName, Tagged>,
}

/// What a tag names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tagged {
    /// The commit.
    pub(crate) commit: Commit,
    /// Who made the tag, when it says so.
    pub(crate) by: Option<String>,
}

/// What is behind a tag.
enum Behind {
    Commit(Commit),
    /// A tag of a tag: git before 2.45 looks behind one only.
    Tag(String),
    /// Not a commit: nothing of ours.
    Other,
}

/// Reads all branches and tags.
///
/// # Errors
/// A refusal when it is no repository.
pub(crate) async fn read(git: &Git) -> Result<Refs, Failure> {
    let output = git.order("for-each-ref").args([FORMAT, "refs/heads", "refs/tags"]).output().await?;
    let mut refs = Refs::default();
    let mut nested = Vec::new();
    for line in String::from_utf8_lossy(&output).lines() {
        let fields: Vec<&str> = line.split('\0').collect();
        let [name, object, kind, behind, behind_kind, tagger] = fields[..] else { continue };
        let behind = match (kind, behind_kind) {
            ("commit", _) => commit(object),
            ("tag", "commit") => commit(behind),
            ("tag", "tag") => Behind::Tag(object.to_owned()),
            _ => Behind::Other,
        };
        if let (Some(branch), Behind::Commit(commit)) = (name.strip_prefix("refs/heads/"), &behind) {
            refs.heads.insert(branch.to_owned(), commit.clone());
        }
        let Some(Ok(tag)) = name.strip_prefix("refs/tags/").map(str::parse::<TagName>) else { continue };
        let by = Some(clean(tagger, 200)).filter(|by| !by.is_empty());
        match behind {
            Behind::Commit(commit) => drop(refs.tags.insert(tag, Tagged { commit, by })),
            Behind::Tag(id) => nested.push((tag, id, by)),
            Behind::Other => {}
        }
    }
    peel(git, nested, &mut refs.tags).await?;
    Ok(refs)
}

fn commit(id: &str) -> Behind {
    id.parse().map_or(Behind::Other, Behind::Commit)
}

/// Looks behind tags of tags, all of them in one conversation.
async fn peel(
    git: &Git,
    nested: Vec<(TagName, String, Option<String>)>,
    tags: &mut BTreeMap<TagName, Tagged>,
) -> Result<(), Failure> {
    if nested.is_empty() {
        return Ok(());
    }
    let mut objects = Objects::open(git)?;
    for (tag, id, by) in nested {
        let object = objects.get(&format!("{id}^{{}}"), MAX_OBJECT).await?;
        let commit =
            object.filter(|object| object.header.kind == "commit").and_then(|object| object.header.id.parse().ok());
        if let Some(commit) = commit {
            tags.insert(tag, Tagged { commit, by });
        }
    }
    Ok(())
}
