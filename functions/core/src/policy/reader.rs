//! From YAML's events to the tree of [`document`](super::document).
//!
//! What is built is bounded before it is built, aliases included. Merge keys (`<<`) and tags are no part of a policy.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};

use super::document::{Key, Node, Position, Value};
use super::{MAX_BYTES, syntax};
use crate::refusal::Refusal;

/// The most values in a file, each alias counted as what it stands for: ten times the largest policy one would write by hand.
const MAX_VALUES: usize = 10_000;

/// The deepest nesting, in lists and maps: a policy needs seven.
const MAX_DEPTH: usize = 24;

/// A list or map that is still being read.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<Key>,
}

/// Reads a file into its tree.
///
/// # Errors
/// Everything that is wrong with it as YAML: the first syntax error, after the keys that are there twice.
pub(super) fn read(text: &str) -> Result<Node, Vec<Refusal>> {
    if text.len() > MAX_BYTES {
        let message = format!("the policy has {} bytes, more than {MAX_BYTES}", text.len());
        let help = "is it the right file? it is kept in the ledger, so it must stay small";
        return Err(vec![Position::START.refuse(message, help)]);
    }
    let mut reader = Reader::default();
    let outcome = reader.read(text);
    reader.found.extend(outcome.err());
    match reader.root {
        Some(root) if reader.found.is_empty() => Ok(root),
        _ => Err(reader.found),
    }
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    values: usize,
    found: Vec<Refusal>,
}

impl Reader {
    fn read(&mut self, text: &str) -> Result<(), Refusal> {
        let mut options = Options::default();
        options.block_nesting_limit = MAX_DEPTH;
        options.flow_nesting_limit = MAX_DEPTH;
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) =
                event.map_err(|error| syntax::refusal(error.kind(), Position::of(error.marker()), text))?;
            self.event(event, span)?;
        }
        if self.root.is_some() { Ok(()) } else { Err(empty(Position::START)) }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        let at = Position::of(&span.start);
        if let Some(tag) = event.tag()
            && !tag.is_yaml_core_schema_tag("str")
        {
            let at = span.tag_start.as_ref().map_or(at, Position::of);
            return Err(at.refuse(
                "what starts with `!` is a tag in YAML, and a policy has none",
                "put a pattern that starts with `!` in quotes",
            ));
        }
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(at.refuse("a second document starts here", "a policy is one document: remove the `---`"))
            }
            Event::SequenceStart(_, anchor, _) => self.opened(Value::List(Vec::new()), anchor, at),
            Event::MappingStart(_, anchor, _) => self.opened(Value::Map(Vec::new()), anchor, at),
            Event::SequenceEnd | Event::MappingEnd => self.closed(),
            Event::Scalar(text, style, anchor, tag) => {
                let text = text.into_owned();
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let value = if plain && !self.expects_key() { resolve(text) } else { Value::Text(text) };
                self.finished(Node { value, at }, anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, at),
            _ => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.key.is_none() && matches!(open.node.value, Value::Map(_)))
    }

    fn opened(&mut self, value: Value, anchor: usize, at: Position) -> Result<(), Refusal> {
        if self.expects_key() {
            return Err(at.refuse("a list or a map cannot be a key here", "every key of a policy is a text"));
        }
        self.open.push(Open { node: Node { value, at }, anchor, key: None });
        Ok(())
    }

    fn closed(&mut self) -> Result<(), Refusal> {
        match self.open.pop() {
            Some(open) => self.finished(open.node, open.anchor),
            None => Ok(()),
        }
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<(), Refusal> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(at.refuse("the alias stands inside what it names", "name a value that ends before it"));
        };
        let node = node.clone();
        if self.open.len() + node.depth() > MAX_DEPTH {
            return Err(
                at.refuse(format!("lists and maps are nested more than {MAX_DEPTH} deep"), "a policy needs seven")
            );
        }
        self.values += node.count();
        self.finished(node, 0)
    }

    /// Puts a whole value where it belongs.
    fn finished(&mut self, node: Node, anchor: usize) -> Result<(), Refusal> {
        self.values += 1;
        if self.values > MAX_VALUES {
            let help = "is it the right file? every use of an alias counts as all that it stands for";
            return Err(node.at.refuse(format!("the policy has more than {MAX_VALUES} values"), help));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            if matches!(node.value, Value::Null) {
                return Err(empty(node.at));
            }
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::Map(entries), Some(key)) => match entries.iter().find(|(other, _)| other.text == key.text) {
                Some((first, _)) => {
                    let message =
                        format!("the key `{}` is there twice; the first is on line {}", key.text, first.at.line);
                    self.found.push(key.at.refuse(message, "keep one of them"));
                }
                None => entries.push((key, node)),
            },
            (Value::Map(_), None) => open.key = Some(key(node)?),
            (Value::List(items), _) => items.push(node),
            _ => {}
        }
        Ok(())
    }
}

fn key(node: Node) -> Result<Key, Refusal> {
    match node.value {
        Value::Text(text) if text == "<<" => {
            Err(node.at.refuse("`<<` would merge maps, which YAML 1.2 has no more", "write the keys out"))
        }
        Value::Text(text) => Ok(Key { text, at: node.at }),
        _ => Err(node.at.refuse("the alias does not stand for a key", "every key of a policy is a text")),
    }
}

fn empty(at: Position) -> Refusal {
    at.refuse("the policy is empty", "`trunkline init` writes one from what the repository holds")
}

/// What a scalar without quotes stands for.
fn resolve(text: String) -> Value {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        _ if is_number(&text) => Value::Number(text),
        _ => Value::Text(text),
    }
}

/// Whether other readers of YAML may take it for a number: `1_000`, which 1.1 knew, is a text in 1.2.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let based = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0o"));
    if let Some(digits) = based {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let starts = unsigned.bytes().find(|byte| *byte != b'.').is_some_and(|byte| byte.is_ascii_digit());
    starts && unsigned.parse::<f64>().is_ok()
}
