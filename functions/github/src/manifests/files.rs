//! The files that a unit's pieces may be in, at one commit or several, from one question.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use trunkline_core::deployment::Unit;
use trunkline_core::ids::Commit;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_manifests::{Candidates, MAX_BYTES, Spot, readable};
use trunkline_ports::failure::{Failure, Fault};

use super::Branch;
use crate::blob::{BLOB, Blob};
use crate::client::Client;
use crate::graph::Id;
use crate::graphql::{quoted, repository};
use crate::trees::Mode;

/// What is asked of a file.
const ENTRY: &str = "mode oid object";

/// Files by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// The paths that were asked for.
    asked: BTreeSet<String>,
    there: BTreeMap<String, File>,
}

/// A file, or what stands in its place.
#[derive(Clone, Debug)]
struct File {
    mode: Option<Mode>,
    id: String,
    /// Nothing when it is too long.
    content: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct Entry {
    mode: u32,
    oid: String,
    object: Option<Blob>,
}

/// A commit's files, each under the alias it was asked by.
#[derive(Deserialize)]
struct At {
    oid: Option<String>,
    #[serde(flatten)]
    files: BTreeMap<String, Option<Entry>>,
}

impl Files {
    /// Whether these are all files that a unit's pieces may be in.
    pub(crate) fn hold(&self, unit: &Unit) -> bool {
        candidates(unit).is_ok_and(|paths| paths.is_subset(&self.asked))
    }

    /// Each piece of a unit with its file.
    ///
    /// # Errors
    /// As [`Candidates::choose`] and [`readable`].
    pub(crate) fn spots<'u>(&self, unit: &'u Unit, branch: &Branch) -> Result<Vec<Spot<'u>>, Failure> {
        let mut spots = Vec::new();
        for piece in &unit.pieces {
            let candidates = Candidates::of(piece).ok_or_else(|| elsewhere(unit))?;
            let there = candidates.files.iter().filter_map(|path| Some((path, self.there.get(path)?)));
            let found = there.map(|found| (found, found.1.mode.is_some_and(Mode::is_file))).collect();
            let (path, file) = candidates.choose(found, &branch.shown())?;
            spots.push(Spot {
                piece,
                path: path.clone(),
                executable: file.mode == Some(Mode::Executable),
                id: file.id.clone(),
                text: readable(path, file.content.clone())?,
            });
        }
        Ok(spots)
    }

    async fn taken(client: &Client, branch: &Branch, asked: &[String], at: At) -> Result<Self, Failure> {
        let mut files = Self { asked: asked.iter().cloned().collect(), there: BTreeMap::new() };
        for (alias, entry) in at.files {
            let path = alias.strip_prefix('f').and_then(|number| asked.get(number.parse::<usize>().ok()?));
            let (Some(path), Some(entry)) = (path, entry) else { continue };
            let mode = Mode::of(entry.mode).filter(|mode| *mode != Mode::Folder);
            let Some(mode) = mode else { continue };
            let content = match entry.object {
                Some(blob) if mode.is_file() => client.content(&branch.name, blob, MAX_BYTES).await?,
                _ => None,
            };
            files.there.insert(path.clone(), File { mode: Some(mode), id: entry.oid, content });
        }
        Ok(files)
    }
}

fn elsewhere(unit: &Unit) -> Fault {
    Fault::lasting(format!("not everything of {} is deployed to a manifest", unit.environment))
}

/// Every path that a piece of the unit may be in.
fn candidates(unit: &Unit) -> Result<BTreeSet<String>, Fault> {
    let mut paths = BTreeSet::new();
    for piece in &unit.pieces {
        paths.extend(Candidates::of(piece).ok_or_else(|| elsewhere(unit))?.files);
    }
    Ok(paths)
}

fn fields(paths: &[String]) -> String {
    let field = |(number, path): (usize, &String)| {
        format!("f{number}: file(path: {}) {{ {ENTRY} {{ {BLOB} }} }}", quoted(path))
    };
    paths.iter().enumerate().map(field).collect::<Vec<_>>().join(" ")
}

/// The head of a branch, and the files there that a unit's pieces may be in.
///
/// # Errors
/// [`Code::ManifestMissing`] when there is no such branch; else as [`Client::query`].
pub(crate) async fn read(client: &Client, branch: &Branch, unit: &Unit) -> Result<(Commit, Files), Failure> {
    let paths: Vec<String> = candidates(unit)?.into_iter().collect();
    let head: Head<At> = at_head(client, branch, &fields(&paths)).await?;
    let at = head.target.ok_or_else(|| missing(branch))?;
    let commit = at.oid.as_deref().ok_or_else(|| missing(branch))?.parse()?;
    Ok((commit, Files::taken(client, branch, &paths, at).await?))
}

/// The head of a branch.
///
/// # Errors
/// As [`read`].
pub(crate) async fn head(client: &Client, branch: &Branch) -> Result<Commit, Failure> {
    let head: Head<Id> = at_head(client, branch, "").await?;
    Ok(head.target.ok_or_else(|| missing(branch))?.oid.parse()?)
}

/// The same files at several commits.
///
/// # Errors
/// As [`read`]; a fault when one of the commits is not there any more.
pub(crate) async fn at<const N: usize>(
    client: &Client,
    branch: &Branch,
    unit: &Unit,
    commits: [&Commit; N],
) -> Result<[Files; N], Failure> {
    #[derive(Deserialize)]
    struct Data {
        repository: BTreeMap<String, Option<At>>,
    }
    let paths: Vec<String> = candidates(unit)?.into_iter().collect();
    let fields = fields(&paths);
    let objects = commits.iter().enumerate().map(|(number, commit)| {
        format!("c{number}: object(oid: {}) {{ oid ... on Commit {{ {fields} }} }}", quoted(commit.as_str()))
    });
    let query = format!("{{ {} {{ {} }} }}", repository(&branch.name), objects.collect::<Vec<_>>().join(" "));
    let mut data: Data = client.query(&branch.name, &query, "contents: write").await?;
    let mut all = std::array::from_fn(|_| Files::default());
    for (number, files) in all.iter_mut().enumerate() {
        let at = data.repository.remove(&format!("c{number}")).flatten();
        let at = at.ok_or_else(|| Fault::passing(format!("a commit of {} is not there any more", branch.shown())))?;
        *files = Files::taken(client, branch, &paths, at).await?;
    }
    Ok(all)
}

#[derive(Deserialize)]
pub(super) struct Head<T> {
    pub(super) target: Option<T>,
}

/// What `fields` say of the commit at a branch's head.
///
/// # Errors
/// As [`read`].
pub(super) async fn at_head<T: serde::de::DeserializeOwned>(
    client: &Client,
    branch: &Branch,
    fields: &str,
) -> Result<Head<T>, Failure> {
    #[derive(Deserialize)]
    #[serde(bound = "T: Deserialize<'de>")]
    struct Data<T> {
        repository: Shown<T>,
    }
    #[derive(Deserialize)]
    #[serde(bound = "T: Deserialize<'de>")]
    struct Shown<T> {
        #[serde(rename = "ref")]
        reference: Option<Head<T>>,
    }
    let full = quoted(&format!("refs/heads/{}", branch.branch));
    let on_commit = if fields.is_empty() { String::new() } else { format!("... on Commit {{ {fields} }}") };
    let query = format!(
        "{{ {} {{ ref(qualifiedName: {full}) {{ target {{ oid {on_commit} }} }} }} }}",
        repository(&branch.name)
    );
    let data: Data<T> = client.query(&branch.name, &query, "contents: write").await?;
    Ok(data.repository.reference.ok_or_else(|| missing(branch))?)
}

fn missing(branch: &Branch) -> Refusal {
    Refusal::new(Code::ManifestMissing, format!("`{}` has no branch `{}`", branch.name, branch.branch))
        .help("push the branch first, or correct `branch:` under `manifests:` in the policy")
}
