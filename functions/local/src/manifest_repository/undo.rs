//! What stood before an effect: the commit that carries its number is found by its trailers, and its parent is what was.

use trunkline_core::deployment::{Mark, Unit};
use trunkline_core::ids::Commit;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;

use super::cache::Cache;
use super::files::{self, Change, Files, Spot};
use super::message::{ENTRY, PROJECT, UNDO};

/// How far back an effect is searched, in commits, step by step: what is undone is hardly ever old.
const DEPTHS: [usize; 3] = [1, 100, 2000];

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is on the branch.
    Effect {
        /// The commit that carries it.
        commit: Commit,
        /// The commit before that.
        before: Commit,
    },
    /// It was undone since.
    Undone,
    /// It is not there.
    Nothing,
}

/// Searches the branch for the effect with `mark`'s number, newest first.
///
/// # Errors
/// A fault when more history cannot be fetched now.
pub(crate) async fn find(cache: &Cache, head: &Commit, mark: &Mark) -> Result<Found, Failure> {
    for depth in DEPTHS {
        if depth > 1 {
            if !cache.is_shallow() {
                break;
            }
            cache.deepen(depth).await?;
        }
        if let Some(found) = search(cache, head, mark).await? {
            return Ok(found);
        }
    }
    Ok(Found::Nothing)
}

/// Nothing, too, when the effect is the oldest commit that was fetched: then what was before is not known yet.
async fn search(cache: &Cache, head: &Commit, mark: &Mark) -> Result<Option<Found>, Failure> {
    let trailer = |name: &str| format!("%(trailers:key={name},valueonly,separator=%x2C)");
    let format = format!("--format=%H%x00%P%x00{}%x00{}%x00{}", trailer(PROJECT), trailer(ENTRY), trailer(UNDO));
    let count = format!("--max-count={}", DEPTHS[DEPTHS.len() - 1]);
    let order = cache.plain.order("rev-list").args(["--first-parent", &count, &format]).args([head.as_str(), "--"]);
    let output = order.output().await?;
    let number = mark.number.to_string();
    for line in String::from_utf8_lossy(&output).lines() {
        let fields: Vec<&str> = line.split('\0').collect();
        let [commit, parents, project, entry, undo] = fields[..] else { continue };
        if project != mark.project.as_str() {
            continue;
        }
        if undo == number {
            return Ok(Some(Found::Undone));
        }
        if entry == number {
            let before = parents.split(' ').next().unwrap_or_default().parse();
            return Ok(commit.parse().ok().zip(before.ok()).map(|(commit, before)| Found::Effect { commit, before }));
        }
    }
    Ok(None)
}

/// The files that get back what they had before.
///
/// A file nobody touched since gets its old bytes back. In one that was touched, only the images are put back; that takes a
/// digest that stood there, since a tag alone may mean something else by now.
///
/// # Errors
/// A refusal when what stood there cannot be told.
pub(crate) async fn restore(
    files: &mut Files,
    unit: &Unit,
    head: &Commit,
    effect: &Commit,
    before: &Commit,
    mark: &Mark,
) -> Result<Vec<Change>, Failure> {
    let now = files.spots(head, unit).await?;
    let then = files.spots(effect, unit).await?;
    let old = files.spots(before, unit).await?;
    let mut changes: Vec<Change> = Vec::new();
    let mut touched: Vec<Spot<'_>> = Vec::new();
    for ((now, then), old) in now.iter().zip(&then).zip(&old) {
        let known = changes.iter().any(|change| change.path == now.path);
        if now.path == old.path && now.id == then.id {
            if !known && now.id != old.id {
                changes.push(Change { path: old.path.clone(), mode: old.mode, text: old.text.clone() });
            }
        } else {
            touched.push(now.clone());
        }
    }
    let commit = mark.previous.as_ref().unwrap_or(&mark.commit);
    changes.extend(files::edit_with(&touched, commit, |spot| {
        let was = old.iter().find(|old| old.piece.artifact == spot.piece.artifact);
        let Some(was) = was else { return Ok(None) };
        let found = was.read()?;
        match found.digest {
            _ if found == spot.read()? => Ok(None),
            Some(digest) => Ok(Some((found.tag, digest))),
            None => Err(untold(spot, &found.text).into()),
        }
    })?);
    Ok(changes)
}

fn untold(spot: &Spot<'_>, text: &str) -> Refusal {
    let message = format!("`{}` held `{text}` before, without a digest, and was changed by others since", spot.path);
    Refusal::new(Code::ManifestUnmatched, message).help("set the image by hand, then run this again")
}
