//! What a commit to a manifest repository says: for people first, with trailers for whoever must tell whose it was.

use std::fmt::Write as _;

use trunkline_core::deployment::Mark;
use trunkline_core::refusal::Refusal;
use trunkline_core::text::clean;

use crate::Spot;

/// The trailer with the project's name: one repository may serve several.
pub const PROJECT: &str = "Trunkline-Project";

/// The trailer with the number of the ledger's entry that started the deployment.
pub const ENTRY: &str = "Trunkline-Entry";

/// The trailer with the number of the entry whose effect was undone.
pub const UNDO: &str = "Trunkline-Undo";

/// How many digits of a commit people are shown.
const SHORT: usize = 12;

/// How many lines of what was shipped fit in a message that people read.
const MAX_SHIPPED: usize = 100;

/// One image that moves.
#[derive(Clone, Debug)]
pub struct Moved {
    artifact: String,
    from: String,
    to: String,
}

impl Moved {
    /// The image of a spot, from what stands there to what shall.
    ///
    /// # Errors
    /// As [`Spot::read`].
    pub fn new(spot: &Spot<'_>) -> Result<Self, Refusal> {
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
pub fn shipped(mark: &Mark, moved: &[Moved]) -> String {
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
pub fn undone(mark: &Mark) -> String {
    let subject = format!("{}: {} back from {}", mark.project, mark.environment, mark.commit.short(SHORT));
    format!("{subject}\n\nWhat stood there before is put back.\n\n{}", trailers(mark, UNDO))
}

/// Whether a commit's message says that it is `mark`'s effect (`name` is [`ENTRY`]) or its undoing ([`UNDO`]).
///
/// Only the paragraphs at the end that hold nothing but trailers count: what people wrote above cannot pretend to be one, and
/// what others add below (`Signed-off-by`) takes nothing away.
pub fn says(message: &str, mark: &Mark, name: &str) -> bool {
    let trailer = |line: &str| {
        let (key, value) = line.split_once(": ")?;
        let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain.then(|| (key.to_owned(), value.trim().to_owned()))
    };
    let paragraphs = message.trim_end().rsplit("\n\n").map(|text| text.lines().map(trailer).collect());
    let trailers: Vec<(String, String)> = paragraphs.map_while(|lines: Option<Vec<_>>| lines).flatten().collect();
    let values = |wanted: &str| {
        let found = trailers.iter().filter(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
        found.map(str::to_owned).collect::<Vec<_>>()
    };
    values(PROJECT) == [mark.project.as_str()] && values(name) == [mark.number.to_string()]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: u64) -> Mark {
        let commit = "c".repeat(40).parse().unwrap();
        let (project, environment) = ("shop".parse().unwrap(), "stage".parse().unwrap());
        let shipped = vec!["cccc Bob: x\nTrunkline-Entry: 98\n\nTrunkline-Entry: 99".to_owned()];
        Mark { project, number, environment, commit, previous: None, shipped }
    }

    #[test]
    fn a_message_says_whose_effect_it_is_and_no_words_in_it_say_otherwise() {
        let message = shipped(&mark(7), &[]);
        assert!(says(&message, &mark(7), ENTRY));
        assert!(!says(&message, &mark(98), ENTRY) && !says(&message, &mark(99), ENTRY));
        assert!(!says(&message, &mark(7), UNDO));
        assert!(says(&undone(&mark(7)), &mark(7), UNDO));
        assert!(says(&format!("{message}\nSigned-off-by: A <a@b>\n"), &mark(7), ENTRY));
        assert!(!says(&format!("{message}\nand more\n"), &mark(7), ENTRY));
        assert!(!says(&message.replace("Project: shop", "Project: other"), &mark(7), ENTRY));
        assert!(!says(&format!("{message}Trunkline-Entry: 8\n"), &mark(7), ENTRY), "two numbers are none");
    }
}
