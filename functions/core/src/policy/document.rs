//! The policy file as a tree in which every value knows its place; so a refusal can always say where.
//!
//! The tree is what YAML says and no more: whether a key belongs there is `shape`'s question.

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use super::FILE;
use crate::refusal::{Code, Refusal};

/// Where something starts, line and column counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
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

    /// The parser counts columns from 0.
    pub(super) fn of(marker: &granit_parser::Marker) -> Self {
        Self { line: marker.line().max(1), column: marker.col() + 1 }
    }

    /// The first tab that indents something from this line on; the parser tells only where what it spoils begins.
    pub(super) fn tab_in(self, text: &str) -> Self {
        let column = |line: &str| line.chars().take_while(|char| char.is_whitespace()).position(|char| char == '\t');
        let mut lines = text.lines().enumerate().skip(self.line - 1);
        let found = lines.find_map(|(line, text)| Some(Self { line: line + 1, column: column(text)? + 1 }));
        found.unwrap_or(self)
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
    /// The value of a key, when this is a map that has it; else, of the item of that number, when this is a list.
    fn step(&self, step: &str) -> Option<(Position, &Self)> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(key, _)| key.text == step).map(|(key, node)| (key.at, node)),
            Value::List(items) => {
                step.parse().ok().and_then(|number: usize| items.get(number)).map(|node| (node.at, node))
            }
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

    /// How many values it is, itself counted.
    pub(super) fn count(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::count).sum(),
            Value::Map(entries) => entries.iter().map(|(_, node)| node.count()).sum(),
            _ => 0,
        }
    }

    /// How deep lists and maps are nested in it.
    pub(super) fn depth(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|(_, node)| node.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
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
