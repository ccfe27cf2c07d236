//! What stood before an effect: the commit that carries its number is found by its trailers, and its parent is what was.

use trunkline_core::deployment::{Mark, Unit};
use trunkline_core::ids::Commit;
use trunkline_manifests::Change;
use trunkline_manifests::message::{ENTRY, PROJECT, UNDO};
use trunkline_ports::failure::Failure;

use super::cache::Cache;
use super::files::Files;

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
/// # Errors
/// As [`trunkline_manifests::restore`].
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
    Ok(trunkline_manifests::restore(&now, &then, &old, mark)?)
}
