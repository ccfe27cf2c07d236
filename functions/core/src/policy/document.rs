//! The policy file as a tree in which every value knows its place; so a refusal can always say where.
//!
//! The tree is what YAML says and no more: whether a key belongs there is `shape`'s question. What it takes is bounded, aliases
//! included, before anything is built from it. Merge keys (`<<`) and tags are no part of it.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use super::{FILE, MAX_BYTES, syntax};
use crate::refusal::{Code, Refusal};

/// The most values in a file, each alias counted as what it stands for: ten times the largest policy one would write by hand.
const MAX_VALUES: usize = 20_000;

/// The deepest nesting, in lists and maps: a policy needs seven.
const MAX_DEPTH: usize = 24;

/// Where something starts, line and column counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    line: usize,
    column: usize,
}

/// A value and where it starts.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Position,
}

/// A key and where it starts.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) at: Position,
}

/// What YAML's core schema knows. Source: <https://yaml.org/spec/1.2.2/#103-core-schema>
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    /// As it is written: `12`, `0x1f`, `1e5`.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Position {
    /// The file's first character: for what is nowhere else.
    pub(super) const START: Self = Self { line: 1, column: 1 };

    fn of(marker: &granit_parser::Marker) -> Self {
        Self { line: marker.line().max(1), column: marker.col() + 1 }
    }

    /// Refuses what is here.
    pub(super) fn refuse(self, message: impl Into<String>, help: impl Into<String>) -> Refusal {
        self.mark(Refusal::new(Code::PolicyInvalid, message).help(help))
    }

    /// The same refusal, saying that it is about this place.
    pub(super) fn mark(self, refusal: Refusal) -> Refusal {
        refusal.at(FILE, self.line, self.column)
    }
}

impl Node {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it as YAML: the first syntax error, after the keys that are there twice.
    pub(super) fn read(text: &str) -> Result<Self, Vec<Refusal>> {
        if text.len() > MAX_BYTES {
            let message = format!("the policy has {} bytes, more than {MAX_BYTES}", text.len());
            return Err(vec![Position::START.refuse(message, "is it the right file? it is kept in the ledger, so it must stay small")]);
        }
        let mut reader = Reader::default();
        let outcome = reader.read(text);
        reader.found.extend(outcome.err());
        match reader.root {
            Some(root) if reader.found.is_empty() => Ok(root),
            _ => Err(reader.found),
        }
    }

    /// The value of a key, when this is a map that has it; else, of the item of that number, when this is a list.
    fn step(&self, step: &str) -> Option<(Position, &Self)> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(key, _)| key.text == step).map(|(key, node)| (key.at, node)),
            Value::List(items) => step.parse().ok().and_then(|number: usize| items.get(number)).map(|node| (node.at, node)),
            _ => None,
        }
    }

    /// Where the end of `path` (keys, and the numbers of list items from 0) is, or of as much of it as there is.
    ///
    /// A scalar is found at itself, anything that holds more at its key.
    pub(super) fn place(&self, path: &[&str]) -> Position {
        let mut here = (self.at, self);
        for step in path {
            match here.1.step(step) {
                Some(next) => here = next,
                None => return here.0,
            }
        }
        let holds = matches!(here.1.value, Value::List(_) | Value::Map(_));
        if holds { here.0 } else { here.1.at }
    }

    /// The value at the end of `path`, when it is there.
    pub(super) fn get(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| node.step(step).map(|(_, node)| node))
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::count).sum(),
            Value::Map(entries) => entries.iter().map(|(_, node)| node.count()).sum(),
            _ => 0,
        }
    }

    fn depth(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|(_, node)| node.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// A list or map that is still being read.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<Key>,
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
            let (event, span) = event.map_err(|error| syntax::refusal(error.kind(), Position::of(error.marker())))?;
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
            return Err(at.refuse("what starts with `!` is a tag in YAML, and a policy has none", "put a pattern that starts with `!` in quotes"));
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
            return Err(at.refuse(format!("lists and maps are nested more than {MAX_DEPTH} deep"), "a policy needs seven"));
        }
        self.values += node.count();
        self.finished(node, 0)
    }

    /// Puts a whole value where it belongs.
    fn finished(&mut self, node: Node, anchor: usize) -> Result<(), Refusal> {
        self.values += 1;
        if self.values > MAX_VALUES {
            let help = "every use of an alias counts as all that it stands for";
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
                    let message = format!("the key `{}` is there twice; the first is on line {}", key.text, first.at.line);
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
        Value::Text(text) if text == "<<" => Err(node.at.refuse("`<<` would merge maps, which YAML 1.2 has no more", "write the keys out")),
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

impl Serialize for Node {
    /// As JSON says it, in the order written; a number that JSON has no form for becomes a text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Number(text) => match text.parse::<i64>() {
                Ok(number) => serializer.serialize_i64(number),
                Err(_) => serializer.serialize_str(text),
            },
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, node)| map.serialize_entry(&key.text, node))?;
                map.end()
            }
        }
    }
}
