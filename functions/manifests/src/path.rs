//! Dotted paths into a file: `spec.containers[0].image`; a key with dots in it is written `["a.b"]`.

use trunkline_core::refusal::{Code, Refusal};

use crate::entry;
use crate::tree::{Kind, Node, Tree};

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// The node at `path`, in whichever document has it.
///
/// # Errors
/// [`Code::PolicyInvalid`] when `path` is none; [`Code::ManifestUnmatched`] when no document has it, saying what is there
/// instead; [`Code::ManifestAmbiguous`] when two have it, or when it leads through an alias.
pub(crate) fn find<'a, 't>(tree: &'a Tree<'t>, path: &str) -> Result<&'a Node<'t>, Refusal> {
    let steps = parse(path)?;
    let mut found: Option<&Node> = None;
    let mut missed: Option<Refusal> = None;
    for document in &tree.documents {
        match (walk(tree, document, path, &steps), found) {
            (Ok(node), Some(first)) => {
                let message = format!("two documents have `{path}`; the first is on line {}", first.line);
                let help = "put the documents into files of their own";
                return Err(Refusal::new(Code::ManifestAmbiguous, message).help(help).at(
                    tree.file,
                    node.line,
                    node.column,
                ));
            }
            (Ok(node), None) => found = Some(node),
            (Err(refusal), _) if refusal.code == Code::ManifestUnmatched => missed = missed.or(Some(refusal)),
            (Err(refusal), _) => return Err(refusal),
        }
    }
    let empty = || Refusal::new(Code::ManifestUnmatched, "the file is empty").help(HELP).at(tree.file, 1, 1);
    found.ok_or_else(|| missed.unwrap_or_else(empty))
}

const HELP: &str = "correct the path in the policy, or write the value there once by hand";

fn walk<'a, 't>(tree: &Tree, document: &'a Node<'t>, path: &str, steps: &[Step]) -> Result<&'a Node<'t>, Refusal> {
    let refuse = |code, node: &Node, message: String, help| {
        Err(Refusal::new(code, message).help(help).at(tree.file, node.line, node.column))
    };
    let mut node = document;
    for step in steps {
        let next = match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().get(*index),
        };
        node = match next {
            Some(next) => next,
            None if tree.is_templated(node) => {
                let message = format!("there is a template on the way to `{path}`");
                return refuse(Code::ManifestTemplated, node, message, "name a file without `{{ … }}`");
            }
            None if matches!(node.kind, Kind::Alias(_)) => {
                let message = format!("the alias `{}` is on the way to `{path}`", tree.source(node));
                return refuse(
                    Code::ManifestAmbiguous,
                    node,
                    message,
                    "write the values themselves in place of the alias",
                );
            }
            None => {
                return refuse(
                    Code::ManifestUnmatched,
                    node,
                    format!("there is no `{path}`: {}", missing(node, step)),
                    HELP,
                );
            }
        };
    }
    Ok(node)
}

fn missing(node: &Node, step: &Step) -> String {
    let name = match step {
        Step::Key(key) => format!("`{key}`"),
        Step::Index(index) => format!("`[{index}]`"),
    };
    match &node.kind {
        Kind::Map(..) => format!("{name} is missing where there is {}", entry::listed(node.keys())),
        Kind::List(items) => format!("{name} is asked of a list of {}", items.len()),
        Kind::Scalar(..) | Kind::Alias(_) => format!("{name} is asked of a single value"),
    }
}

fn parse(path: &str) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (step, after) = first(rest).ok_or_else(|| malformed(path))?;
        steps.push(step);
        rest = match after.strip_prefix('.') {
            Some("") => return Err(malformed(path)),
            Some(after) => after,
            None if after.is_empty() || after.starts_with('[') => after,
            None => return Err(malformed(path)),
        };
    }
    if steps.is_empty() { Err(malformed(path)) } else { Ok(steps) }
}

/// The first step of a path and what follows it.
fn first(path: &str) -> Option<(Step, &str)> {
    let Some(inner) = path.strip_prefix('[') else {
        let (key, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
        return (!key.is_empty()).then(|| (Step::Key(key.to_owned()), rest));
    };
    if let Some(quote) = inner.chars().next().filter(|char| matches!(char, '"' | '\'')) {
        let (key, rest) = inner[1..].split_once(quote)?;
        return Some((Step::Key(key.to_owned()), rest.strip_prefix(']')?));
    }
    let (index, rest) = inner.split_once(']')?;
    Some((Step::Index(index.parse().ok()?), rest))
}

fn malformed(path: &str) -> Refusal {
    Refusal::new(Code::PolicyInvalid, format!("`{path}` is not a path"))
        .help("join keys by dots and number the items of lists: `spec.containers[0].image`, `annotations[\"a.b/c\"]`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_keys_and_numbers() {
        let key = |key: &str| Step::Key(key.to_owned());
        assert_eq!(parse("a.b[0].c").unwrap(), [key("a"), key("b"), Step::Index(0), key("c")]);
        assert_eq!(parse("[2][\"a.b/c\"].d['e']").unwrap(), [Step::Index(2), key("a.b/c"), key("d"), key("e")]);
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        for path in ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[0]b", "a[-1]", "[\"a]", "a['b\"]"] {
            assert_eq!(parse(path).unwrap_err().code, Code::PolicyInvalid, "{path}");
        }
    }
}
