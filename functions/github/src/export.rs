//! A clean export: the watched files of a commit, byte for byte as the commit has them.
//!
//! They come in one archive. GitHub makes it with `git archive`, which lets `.gitattributes` leave files out (`export-ignore`) or
//! change them (`export-subst`, line ends), so each file is held to the id that the commit's tree has for it; what is missing or
//! another is fetched by that id. Nothing else of the archive is believed: neither names, nor modes, nor lengths.

mod archive;
mod write;

use std::path::Path;

use bytes::Bytes;
use http::header::LOCATION;
use http::{StatusCode, Uri};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tokio::sync::mpsc;
use trunkline_core::ids::Commit;
use trunkline_core::policy::Patterns;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::links::Links;

use crate::chain::Source;
use crate::client::{self, Ask};
use crate::failure;
use crate::graph::Id;
use crate::graphql::{quoted, repository};
use crate::revisions::unknown;
use crate::trees::{Entry, Mode, Trees};
use write::Folder;

/// The longest text of a link, in bytes. Source: `PATH_MAX` in `linux/limits.h`
const MAX_LINK: u64 = 4096;

/// The most that is written, in bytes: what a function's disk holds.
const MAX_WRITTEN: u64 = 8 << 30;

/// The longest file that GitHub gives by its id, in bytes. Source: <https://docs.github.com/en/rest/git/blobs#get-a-blob>
const MAX_BLOB: usize = 100 << 20;

/// How many pieces of the archive may wait for the disk.
const WAITING: usize = 64;

/// Writes the files that `watch` matches into the empty folder `into`.
///
/// # Errors
/// [`Code::PathEscapes`] for a name or link that leads out, [`Code::InputTooLarge`], [`Code::UnknownRevision`]; a fault when
/// GitHub cannot be asked or writing fails.
pub(crate) async fn export(
    source: Source<'_>,
    trees: &Trees,
    commit: &Commit,
    watch: &Patterns,
    into: &Path,
) -> Result<(), Failure> {
    let folder = Folder::empty(into).await?;
    let tree = tree(source, commit).await?;
    let entries = trees.list(source, &tree).await?;
    let watched = |entry: &&Entry| entry.mode() != Some(Mode::Submodule) && watch.matches(&entry.path);
    let wanted: Vec<Entry> = entries.iter().filter(watched).cloned().collect();
    wanted.iter().try_for_each(|entry| confined(&entry.path))?;
    if wanted.iter().map(|entry| entry.size).sum::<u64>() > MAX_WRITTEN {
        return Err(Refusal::new(Code::InputTooLarge, format!("the watched files have more than {MAX_WRITTEN} bytes"))
            .help("watch fewer files")
            .into());
    }
    if wanted.is_empty() {
        return Ok(());
    }
    // All that the archive can rightly hold, with its headers, and room for what attributes make of it.
    let most = entries.iter().map(|entry| entry.size + 4096).sum::<u64>().saturating_mul(2) + (1 << 20);
    let (folder, missing, mut links) = unpack(source, commit, folder, wanted, most).await?;
    let folder = fetch(source, folder, missing, &mut links).await?;
    link(folder, links).await
}

async fn tree(source: Source<'_>, commit: &Commit) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Data {
        repository: Shown,
    }
    #[derive(Deserialize)]
    struct Shown {
        object: Option<Object>,
    }
    #[derive(Deserialize)]
    struct Object {
        tree: Option<Id>,
    }
    let object = format!("object(oid: {}) {{ ... on Commit {{ tree {{ oid }} }} }}", quoted(commit.as_str()));
    let query = format!("{{ {} {{ {object} }} }}", repository(source.name));
    let data: Data = source.client.query(source.name, &query, "contents: read").await?;
    let tree = data.repository.object.and_then(|object| object.tree);
    Ok(tree.ok_or_else(|| unknown(commit))?.oid)
}

/// Every part of a path is a name and nothing else, and none is git's own folder.
fn confined(path: &str) -> Result<(), Refusal> {
    let odd = |part: &str| part.is_empty() || part == "." || part == ".." || part.eq_ignore_ascii_case(".git");
    if !path.split('/').any(odd) && !path.contains('\0') {
        return Ok(());
    }
    Err(Refusal::new(Code::PathEscapes, format!("the commit holds the path `{}`", path.escape_default()))
        .help("git itself does not check such a commit out: remove the path"))
}

/// Takes out of the archive what is rightly in it; what was not, and the links.
async fn unpack(
    source: Source<'_>,
    commit: &Commit,
    folder: Folder,
    wanted: Vec<Entry>,
    most: u64,
) -> Result<(Folder, Vec<Entry>, Links), Failure> {
    let Source { client, name } = source;
    let answer = client.send(Ask::get(name, format!("/repos/{name}/tarball/{commit}"))).await?;
    if answer.status != StatusCode::FOUND {
        return Err(failure::explain(&client.who(), "an archive", &answer, "contents: read"));
    }
    let address = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let address: Uri = address.ok_or_else(|| Fault::passing("GitHub sends nowhere for an archive"))?;
    let response = client.fetch(&address).await?;
    if response.status() != StatusCode::OK {
        return Err(Fault::passing(format!("GitHub failed to give an archive: {}", response.status())).into());
    }
    let (pieces, order) = mpsc::channel(WAITING);
    let read = tokio::task::spawn_blocking(move || archive::unpack(order, folder, wanted, most));
    let sent = send(response.into_body(), pieces).await;
    let read = read.await.map_err(|error| Fault::passing(format!("a worker's thread ended early: {error}")))?;
    // A connection that ended early is the cause of an archive that ends early.
    sent.and(read)
}

async fn send(mut body: client::Body, pieces: mpsc::Sender<Bytes>) -> Result<(), Failure> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| client::unreached(&error))?;
        let Ok(piece) = frame.into_data() else { continue };
        // A reader that has all it wants ends before the archive does.
        if pieces.send(piece).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Fetches files that the archive had not, or not as the commit has them.
async fn fetch(
    source: Source<'_>,
    mut folder: Folder,
    missing: Vec<Entry>,
    links: &mut Links,
) -> Result<Folder, Failure> {
    for entry in missing {
        let length = usize::try_from(entry.size).unwrap_or(usize::MAX);
        if length > MAX_BLOB {
            let message = format!(
                "`{}` has {} bytes and is not in GitHub's archive as it is",
                entry.path.escape_default(),
                entry.size
            );
            return Err(Refusal::new(Code::InputTooLarge, message)
                .help("take it out of `export-ignore`, `export-subst` and `eol` in `.gitattributes`")
                .into());
        }
        let content = source.client.raw(source.name, &entry.id, length.max(1)).await?;
        if entry.mode() == Some(Mode::Link) {
            links.insert(entry.path.into_bytes(), content);
            continue;
        }
        folder = folder
            .apart(move |folder| {
                let executable = entry.mode() == Some(Mode::Executable);
                folder.whole(entry.path.as_bytes(), executable, &content)
            })
            .await?;
    }
    Ok(folder)
}

/// Links come last, so that no file is ever written through one.
async fn link(folder: Folder, links: Links) -> Result<(), Failure> {
    let all: Vec<(Vec<u8>, Vec<u8>)> = links.clone().into_sorted().collect();
    for (path, target) in &all {
        let long = target.len() as u64 > MAX_LINK;
        if long || links.leads_out(path) {
            let what = if long { "is too long" } else { "leads out of the export" };
            let shown = String::from_utf8_lossy(path);
            return Err(Refusal::new(Code::PathEscapes, format!("the link `{}` {what}", shown.escape_default()))
                .help("let it point to a file of the same commit that is watched too, by a relative path")
                .into());
        }
    }
    folder.apart(move |folder| all.iter().try_for_each(|(path, target)| folder.link(path, target))).await?;
    Ok(())
}
