//! A YAML file as a tree of nodes, each with the bytes it stands on.
//!
//! A tree is only looked at; nothing is ever printed from it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{ScalarStyle, StructureStyle};

use crate::scalar;

/// A whole file: its text and its documents.
pub(crate) struct Tree<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
    pub(crate) documents: Vec<Node<'t>>,
    /// By anchor: the scalar that carries it, and its line.
    pub(crate) anchored: BTreeMap<usize, (String, usize)>,
}

/// One value, with its place.
pub(crate) struct Node<'t> {
    /// Its number in reading order; nodes before an edit keep theirs.
    pub(crate) id: usize,
    /// The bytes it stands on: a scalar with its quotes, without anchor and tag. A block map's span is empty, at its start.
    pub(crate) span: Range<usize>,
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// The anchor it carries; 0 is none.
    pub(crate) anchor: usize,
    /// The tag it carries, in full.
    pub(crate) tag: Option<String>,
    pub(crate) kind: Kind<'t>,
}

/// What a node is.
pub(crate) enum Kind<'t> {
    Scalar(Cow<'t, str>, ScalarStyle),
    Map(StructureStyle, Vec<(Node<'t>, Node<'t>)>),
    List(Vec<Node<'t>>),
    /// Another node's value, by its anchor.
    Alias(usize),
}

impl<'t> Node<'t> {
    /// The text of a scalar.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(value, _) if !self.is_null() => Some(value),
            _ => None,
        }
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[(Node<'t>, Node<'t>)] {
        if let Kind::Map(_, entries) = &self.kind { entries } else { &[] }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Node<'t>] {
        if let Kind::List(items) = &self.kind { items } else { &[] }
    }

    /// Where the entry of `key` is among a map's entries.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.entries().iter().position(|(name, _)| name.scalar() == Some(key))
    }

    /// The value of `key` in a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.position(key).map(|position| &self.entries()[position].1)
    }

    /// Whether it is nothing: `~`, `null`, or not written at all.
    pub(crate) fn is_null(&self) -> bool {
        let plain = matches!(&self.kind, Kind::Scalar(value, ScalarStyle::Plain) if matches!(&**value, "~" | "null" | "Null" | "NULL" | ""));
        plain && !self.is_tagged_text()
    }

    /// Whether every reader takes it for a text.
    pub(crate) fn is_text(&self) -> bool {
        match &self.kind {
            Kind::Scalar(value, ScalarStyle::Plain) => self.is_tagged_text() || scalar::is_text(value),
            Kind::Scalar(..) => self.tag.is_none() || self.is_tagged_text(),
            _ => false,
        }
    }

    /// Whether its tag says that it is a text.
    pub(crate) fn is_tagged_text(&self) -> bool {
        matches!(self.tag.as_deref(), Some("tag:yaml.org,2002:str" | "!"))
    }

    /// The keys of a map as they are shown to people.
    pub(crate) fn keys(&self) -> Vec<&str> {
        self.entries().iter().filter_map(|(key, _)| key.scalar()).collect()
    }
}

impl<'t> Tree<'t> {
    /// The text of a scalar, or of the scalar that an alias stands for.
    pub(crate) fn value<'a>(&'a self, node: &'a Node) -> Option<&'a str> {
        match node.kind {
            Kind::Alias(anchor) => self.anchored.get(&anchor).map(|(value, _)| value.as_str()),
            _ => node.scalar(),
        }
    }

    /// The line of the scalar that an alias stands for.
    pub(crate) fn anchor_line(&self, anchor: usize) -> Option<usize> {
        self.anchored.get(&anchor).map(|(_, line)| *line)
    }

    /// The bytes a node stands on.
    pub(crate) fn source(&self, node: &Node) -> &'t str {
        self.text.get(node.span.clone()).unwrap_or_default()
    }

    /// Whether a template stands where a value should.
    pub(crate) fn is_templated(&self, node: &Node) -> bool {
        let from = self.text.get(node.span.start..).unwrap_or_default();
        node.scalar().is_some_and(|value| value.contains("{{"))
            || (!node.entries().is_empty() && from.starts_with("{{"))
    }
}
