//! The changes to one file: gathered against its tree, spliced into its bytes, and proven against the tree of what came out.
//!
//! Bytes outside the splices are copied, never printed, so comments, order, quotes and line ends cannot change. What the
//! splices could still do (end a flow map early, fall into a comment) shows in the tree, and is refused.

use std::ops::Range;

use granit_parser::{ScalarStyle, StructureStyle};
use trunkline_core::refusal::{Code, Refusal};

use crate::Edited;
use crate::proof::Intent;
use crate::scalar;
use crate::tree::{Kind, Node, Tree};

/// The changes to one file.
pub(crate) struct Changes<'a, 't> {
    tree: &'a Tree<'t>,
    /// The bytes that are replaced, and by what; in the order in which they were asked for.
    splices: Vec<(Range<usize>, String)>,
    /// What the tree must show afterwards.
    intent: Intent,
}

impl<'a, 't> Changes<'a, 't> {
    pub(crate) fn new(tree: &'a Tree<'t>) -> Self {
        Self { tree, splices: Vec::new(), intent: Intent::default() }
    }

    /// Makes the scalar `node` hold `value`; one that does already stays as it is. `name` is its key, for refusals.
    ///
    /// # Errors
    /// [`Code::ManifestTemplated`] when a template stands there, [`Code::ManifestAmbiguous`] when it is an alias, a block
    /// scalar or tagged as something else than text, [`Code::ManifestUnmatched`] when it is a map or list.
    pub(crate) fn set(&mut self, name: &str, node: &Node, value: &str) -> Result<(), Refusal> {
        if self.tree.is_templated(node) {
            return Err(self.refuse(
                Code::ManifestTemplated,
                node,
                format!("`{name}` is a template"),
                "name the file that the template's value comes from",
            ));
        }
        let style = match &node.kind {
            Kind::Scalar(before, _) if **before == *value && node.is_text() => return Ok(()),
            Kind::Scalar(_, style) => *style,
            Kind::Alias(_) if self.tree.value(node) == Some(value) => return Ok(()),
            Kind::Alias(anchor) => return Err(self.refuse_alias(name, node, *anchor)),
            Kind::Map(..) | Kind::List(_) => {
                let help = "name the key that holds the text itself";
                return Err(self.refuse(Code::ManifestUnmatched, node, format!("`{name}` is not a text"), help));
            }
        };
        if node.tag.is_some() && !node.is_tagged_text() {
            let message = format!("`{name}` has a tag of its own, which decides how it is read");
            return Err(self.refuse(Code::ManifestAmbiguous, node, message, "take the tag away"));
        }
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            let message = format!("`{name}` is a block of text");
            return Err(self.refuse(
                Code::ManifestAmbiguous,
                node,
                message,
                "write it on the line of its key, without `|` or `>`",
            ));
        }
        let written = scalar::write(value, style);
        self.splices.push(self.place(node, written));
        self.intent.values.insert(node.id, value.to_owned());
        Ok(())
    }

    /// Adds entries to `map`, right after its entry at `position`, as that one is written.
    ///
    /// # Errors
    /// [`Code::ManifestAmbiguous`] when nothing can be added after that entry.
    pub(crate) fn add(&mut self, map: &Node, position: usize, entries: &[(&str, &str)]) -> Result<(), Refusal> {
        let Kind::Map(style, existing) = &map.kind else { return Ok(()) };
        let Some((key, value)) = existing.get(position) else { return Ok(()) };
        let block = matches!(value.kind, Kind::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded));
        let nested = matches!(value.kind, Kind::Map(..) | Kind::List(_));
        let unwritten = *style == StructureStyle::Flow && value.span.is_empty();
        if block || nested || unwritten {
            let name = key.scalar().unwrap_or_default();
            let message = format!("nothing can be added after `{name}` as it is written");
            return Err(self.refuse(
                Code::ManifestAmbiguous,
                key,
                message,
                "write its value as plain text on the line of its key",
            ));
        }
        let (at, separator) = if *style == StructureStyle::Flow {
            (value.span.end, ", ".to_owned())
        } else {
            let indentation = " ".repeat(key.column.saturating_sub(1));
            (self.end_of_line(value.span.end), format!("{}{indentation}", self.line_end()))
        };
        let mut text = String::new();
        for (name, value_text) in entries {
            text.push_str(&separator);
            text.push_str(&entry(key, value, name, value_text));
        }
        self.splices.push((at..at, text));
        let added = entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        self.intent.added.entry((map.id, position)).or_default().extend(added);
        Ok(())
    }

    /// The file with the changes in it.
    ///
    /// # Errors
    /// [`Code::ManifestUnreadable`] when reading it again shows anything but the changes that were asked for.
    pub(crate) fn apply(mut self) -> Result<Edited, Refusal> {
        let text = self.tree.text;
        if self.splices.is_empty() {
            return Ok(Edited { text: text.to_owned(), changed: false });
        }
        // Stable: an empty value that is set and an entry that is added after it may start at the same byte.
        self.splices.sort_by_key(|(range, _)| range.start);
        let mut after =
            String::with_capacity(text.len() + self.splices.iter().map(|(_, new)| new.len()).sum::<usize>());
        let mut copied = 0;
        for (range, new) in &self.splices {
            let Some(kept) = text.get(copied..range.start) else { return Err(self.unproven("two changes overlap")) };
            after.push_str(kept);
            after.push_str(new);
            copied = range.end;
        }
        let Some(rest) = text.get(copied..) else { return Err(self.unproven("a change ends inside a character")) };
        after.push_str(rest);
        match Tree::parse(self.tree.file, &after) {
            Ok(tree) if self.intent.shows(self.tree, &tree) => {}
            Ok(_) => return Err(self.unproven("more than the image would change")),
            Err(refusal) => return Err(self.unproven(&refusal.message)),
        }
        Ok(Edited { text: after, changed: true })
    }

    /// Where a scalar's new text goes. One that is not written at all goes behind its key's colon, or its anchor or tag.
    fn place(&self, node: &Node, written: String) -> (Range<usize>, String) {
        if !node.span.is_empty() {
            return (node.span.clone(), written);
        }
        let colon = self.tree.text.get(node.span.start..).is_some_and(|from| from.starts_with(':'));
        let at = node.span.start + usize::from(colon);
        (at..at, format!(" {written}"))
    }

    /// Where the line that holds the byte at `from` ends, before its line end.
    fn end_of_line(&self, from: usize) -> usize {
        let rest = self.tree.text.get(from..).unwrap_or_default();
        from + rest.find(['\n', '\r']).unwrap_or(rest.len())
    }

    /// The line end of the file's first line.
    fn line_end(&self) -> &'static str {
        let text = self.tree.text;
        match text.find(['\n', '\r']).map(|at| &text[at..]) {
            Some(rest) if rest.starts_with("\r\n") => "\r\n",
            Some(rest) if rest.starts_with('\r') => "\r",
            _ => "\n",
        }
    }

    fn refuse(&self, code: Code, node: &Node, message: String, help: &str) -> Refusal {
        Refusal::new(code, message).help(help).at(self.tree.file, node.line, node.column)
    }

    fn refuse_alias(&self, name: &str, node: &Node, anchor: usize) -> Refusal {
        let line = self.tree.anchor_line(anchor).map_or_else(String::new, |line| format!(" on line {line}"));
        let source = self.tree.source(node);
        let message = format!("`{name}` is the alias `{source}`: changing it would change what it stands for{line}");
        self.refuse(Code::ManifestAmbiguous, node, message, "write the value itself in place of the alias")
    }

    /// The edit did not do what it was to do, which is our mistake and not the reader's.
    fn unproven(&self, why: &str) -> Refusal {
        let before = self.splices.first().and_then(|(range, _)| self.tree.text.get(..range.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Refusal::new(Code::ManifestUnreadable, format!("the edit would not be exact: {why}"))
            .help(
                "nothing was changed; write the entry in plain block style, one key on each line, and report this file",
            )
            .at(self.tree.file, line, 1)
    }
}

/// A new entry in the manner of the one before it. A tag is always quoted, since the next one may look like a number.
fn entry(key: &Node, value: &Node, name: &str, text: &str) -> String {
    let style = |node: &Node| if let Kind::Scalar(_, style) = node.kind { style } else { ScalarStyle::Plain };
    let quoted = match style(value) {
        ScalarStyle::Plain if !text.starts_with("sha256:") => ScalarStyle::DoubleQuoted,
        style => style,
    };
    format!("{}: {}", scalar::write(name, style(key)), scalar::write(text, quoted))
}
