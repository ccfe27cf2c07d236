//! What a commit to a manifest repository says: for people first, with trailers for whoever must tell whose it was.

use std::fmt::Write as _;

use trunkline_core::deployment::Mark;
use trunkline_ports::failure::Failure;

use super::files::Spot;
use crate::git::text::clean;

/// The trailer with the project's name: one repository may serve several.
pub(crate) const PROJECT: &str = "Trunkline-Project";

/// The trailer with the number of the ledger's entry that started the deployment.
pub(crate) const ENTRY: &str = "Trunkline-Entry";

/// The trailer with the number of the entry whose effect was undone.
pub(crate) const UNDO: &str = "Trunkline-Undo";

/// How many digits of a commit people are shown.
const SHORT: usize = 12;

/// How many lines of what was shipped fit in a message that people read.
const MAX_SHIPPED: usize = 100;

/// One image that moves.
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    artifact: String,
    from: String,
    to: String,
}

impl Moved {
    /// # Errors
    /// As [`Spot::read`].
    pub(crate) fn new(spot: &Spot<'_>) -> Result<Self, Failure> {
        let found = spot.read()?;
        let from = match found.digest {
            Some(digest) => digest.to_string(),
            None if found.text.is_empty() => "nothing".to_owned(),
            None => clean(&found.text, 200),
        };
        Ok(Self { artifact: spot.piece.artifact.to_string(), from, to: spot.piece.bytes.digest.to_string() })
    }
}

/// The message of a deployment.
pub(crate) fn shipped(mark: &Mark, moved: &[Moved]) -> String {
    let subject = format!("{}: {} to {}", mark.project, mark.environment, mark.commit.short(SHORT));
    let mut body = String::new();
    for Moved { artifact, from, to } in moved {
        let _ = writeln!(body, "{artifact}\n  from {from}\n    to {to}");
    }
    if !mark.shipped.is_empty() {
        body.push_str("\nShipped:\n");
        for line in mark.shipped.iter().take(MAX_SHIPPED) {
            let _ = writeln!(body, "- {}", clean(line, 200));
        }
        if let more @ 1.. = mark.shipped.len().saturating_sub(MAX_SHIPPED) {
            let _ = writeln!(body, "- and {more} more");
        }
    }
    format!("{subject}\n\n{body}\n{}", trailers(mark, ENTRY))
}

/// The message of an undoing.
pub(crate) fn undone(mark: &Mark) -> String {
    let subject = format!("{}: {} back from {}", mark.project, mark.environment, mark.commit.short(SHORT));
    format!("{subject}\n\nWhat stood there before is put back.\n\n{}", trailers(mark, UNDO))
}

fn trailers(mark: &Mark, number: &str) -> String {
    let previous = mark.previous.as_ref().map(|previous| format!("Trunkline-Previous: {previous}\n"));
    format!(
        "{PROJECT}: {}\nTrunkline-Environment: {}\nTrunkline-Commit: {}\n{}{number}: {}\n",
        mark.project,
        mark.environment,
        mark.commit,
        previous.unwrap_or_default(),
        mark.number
    )
}
