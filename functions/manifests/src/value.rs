//! Any YAML file and path, and a value made from a pattern: `{repository}:{tag}@{digest}`.

use trunkline_core::refusal::{Code, Refusal};

use crate::change::Changes;
use crate::tree::Tree;
use crate::{Found, Image, path};

pub(crate) fn edit(tree: &Tree, changes: &mut Changes, at: &str, pattern: &str, image: &Image) -> Result<(), Refusal> {
    let value = render(pattern, image)?;
    changes.set(at, path::find(tree, at)?, &value)
}

pub(crate) fn read(tree: &Tree, at: &str, pattern: &str, repository: &str) -> Result<Found, Refusal> {
    let text = tree.value(path::find(tree, at)?).unwrap_or_default();
    let captured = capture(pattern, text, repository).unwrap_or_default();
    Ok(Found {
        tag: captured.tag,
        digest: captured.digest.and_then(|digest| digest.parse().ok()),
        text: text.to_owned(),
    })
}

/// Fills the pattern in. Of an image without a tag, `:{tag}` is left out with its colon.
fn render(pattern: &str, image: &Image) -> Result<String, Refusal> {
    let pattern = if image.tag.is_some() { pattern.to_owned() } else { pattern.replace(":{tag}", "") };
    if image.tag.is_none() && pattern.contains("{tag}") {
        return Err(Refusal::new(Code::PolicyInvalid, format!("`{pattern}` needs a tag, and the image has none"))
            .help("use `{digest}` in the target's `value`"));
    }
    let fill = |part| match part {
        Part::Text(text) => text,
        Part::Repository => image.repository,
        Part::Tag => image.tag.unwrap_or_default(),
        Part::Digest => image.digest.as_str(),
        Part::Commit => image.commit.as_str(),
    };
    Ok(parts(&pattern).into_iter().map(fill).collect())
}

/// What the places of a pattern hold in a text.
#[derive(Default)]
struct Captured {
    tag: Option<String>,
    digest: Option<String>,
}

/// Reads a text back through the pattern; `None` when it does not fit.
///
/// Each place ends at the first character of the text behind it.
fn capture(pattern: &str, text: &str, repository: &str) -> Option<Captured> {
    let mut captured = Captured::default();
    let mut rest = text;
    let parts = parts(pattern);
    for (position, part) in parts.iter().enumerate() {
        let end = match parts.get(position + 1) {
            Some(Part::Text(next)) => rest.find(next).unwrap_or(rest.len()),
            _ => rest.len(),
        };
        match part {
            Part::Text(literal) => rest = rest.strip_prefix(literal)?,
            Part::Repository => rest = rest.strip_prefix(repository)?,
            Part::Tag | Part::Digest | Part::Commit => {
                let (held, after) = rest.split_at(end);
                let held = Some(held.to_owned()).filter(|held| !held.is_empty());
                match part {
                    Part::Tag => captured.tag = held,
                    Part::Digest => captured.digest = held,
                    _ => {}
                }
                rest = after;
            }
        }
    }
    rest.is_empty().then_some(captured)
}

/// A piece of a pattern.
#[derive(Clone, Copy)]
enum Part<'p> {
    Text(&'p str),
    Repository,
    Tag,
    Digest,
    Commit,
}

fn parts(pattern: &str) -> Vec<Part<'_>> {
    const PLACES: &[(&str, Part<'static>)] = &[
        ("{repository}", Part::Repository),
        ("{tag}", Part::Tag),
        ("{digest}", Part::Digest),
        ("{commit}", Part::Commit),
    ];
    let mut parts = Vec::new();
    let mut rest = pattern;
    loop {
        let next = PLACES
            .iter()
            .filter_map(|(place, part)| rest.find(place).map(|at| (at, place, part)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, place, part)) = next else { break };
        if at > 0 {
            parts.push(Part::Text(&rest[..at]));
        }
        parts.push(*part);
        rest = &rest[at + place.len()..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}
