//! Reading a file into a tree.
//!
//! The parser is granit-parser, the one under serde-saphyr: its spans are byte ranges, and were found right for quoted and
//! multi-byte text, anchors, tags, flow maps, CRLF and byte order marks.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Options, Parser, ScanError, Span, StrInput, Tag};
use trunkline_core::refusal::{Code, Refusal};

use crate::tree::{Kind, Node, Tree};

/// The longest manifest that is read, in bytes (8 MiB): far above what a cluster takes, far below what hurts.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The most maps, lists and texts that a file may hold: each costs about 150 bytes of memory, whatever its length.
const MAX_VALUES: usize = 500_000;

/// How deep maps and lists may lie in each other, in each of the two notations. The deepest custom resources need about 50.
const MAX_NESTING: usize = 128;

impl<'t> Tree<'t> {
    /// Reads a file. `file` is its path in refusals.
    ///
    /// # Errors
    /// [`Code::InputTooLarge`]; [`Code::ManifestTemplated`] and [`Code::ManifestUnreadable`] when it is no YAML;
    /// [`Code::ManifestAmbiguous`] when a map has a key twice.
    pub(crate) fn parse(file: &'t str, text: &'t str) -> Result<Self, Refusal> {
        if text.len() > MAX_BYTES {
            return Err(Refusal::new(
                Code::InputTooLarge,
                format!("the file has {} bytes; {MAX_BYTES} are read at most", text.len()),
            )
            .help(RIGHT_FILE)
            .at(file, 1, 1));
        }
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = MAX_NESTING;
        options.block_nesting_limit = MAX_NESTING;
        let parser = Parser::new_from_str_with_options(text, options);
        let mut reader = Reader { file, text, parser, count: 0, anchored: BTreeMap::new() };
        let mut documents = Vec::new();
        while let Some((event, span)) = reader.next()? {
            if !matches!(event, Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd) {
                documents.push(reader.node(event, span)?);
            }
        }
        Ok(Self { file, text, documents, anchored: reader.anchored })
    }
}

/// Turns the parser's events into nodes.
struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    count: usize,
    anchored: BTreeMap<usize, (String, usize)>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Refusal> {
        self.parser.next_event().transpose().map_err(|error| unreadable(self.file, self.text, &error))
    }

    /// The event that must come, since a map or list is open.
    fn following(&mut self) -> Result<(Event<'t>, Span), Refusal> {
        self.next()?.ok_or_else(|| {
            Refusal::new(Code::ManifestUnreadable, "the file ends inside a map or list").help(FIX).at(self.file, 1, 1)
        })
    }

    /// A node's number, from 0.
    fn number(&mut self, line: usize, column: usize) -> Result<usize, Refusal> {
        if self.count == MAX_VALUES {
            return Err(Refusal::new(Code::InputTooLarge, format!("the file has more than {MAX_VALUES} values"))
                .help(RIGHT_FILE)
                .at(self.file, line, column));
        }
        self.count += 1;
        Ok(self.count - 1)
    }

    /// Recursive, as deep as [`MAX_NESTING`] lets it be.
    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node<'t>, Refusal> {
        let (line, column) = (span.start.line(), span.start.col() + 1);
        let id = self.number(line, column)?;
        let range = span.byte_range().unwrap_or_default();
        let anchor = if event.is_alias() { 0 } else { event.anchor_id().unwrap_or(0) };
        let tag = event.tag().map(full_tag);
        let kind = match event {
            Event::Scalar(value, style, ..) => {
                if anchor != 0 {
                    self.anchored.insert(anchor, (value.clone().into_owned(), line));
                }
                Kind::Scalar(value, style)
            }
            Event::Alias(target) => Kind::Alias(target),
            Event::SequenceStart(..) => Kind::List(self.items()?),
            Event::MappingStart(style, ..) => Kind::Map(style, self.entries()?),
            _ => {
                return Err(Refusal::new(Code::ManifestUnreadable, "a value is missing")
                    .help(FIX)
                    .at(self.file, line, column));
            }
        };
        Ok(Node { id, span: range, line, column, anchor, tag, kind })
    }

    fn items(&mut self) -> Result<Vec<Node<'t>>, Refusal> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.following()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(items);
            }
            items.push(self.node(event, span)?);
        }
    }

    fn entries(&mut self) -> Result<Vec<(Node<'t>, Node<'t>)>, Refusal> {
        let mut entries: Vec<(Node<'t>, Node<'t>)> = Vec::new();
        loop {
            let (event, span) = self.following()?;
            if matches!(event, Event::MappingEnd) {
                return unique(self.file, &entries).map(|()| entries);
            }
            let key = self.node(event, span)?;
            let (event, span) = self.following()?;
            entries.push((key, self.node(event, span)?));
        }
    }
}

/// Readers differ in which of two values counts, so neither may be edited.
fn unique(file: &str, entries: &[(Node, Node)]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    let again = entries.iter().find(|(key, _)| key.scalar().is_some_and(|name| !seen.insert(name)));
    again.map_or(Ok(()), |(key, _)| {
        Err(Refusal::new(
            Code::ManifestAmbiguous,
            format!("the key `{}` is there twice", key.scalar().unwrap_or_default()),
        )
        .help("keep one of them: which one counts depends on who reads the file")
        .at(file, key.line, key.column))
    })
}

const RIGHT_FILE: &str = "is this the right file? name the one that holds the image alone";
const FIX: &str = "correct the file: nothing that reads YAML takes it as it is";

/// Says where the file stops being YAML, and whether that is because it is a template.
fn unreadable(file: &str, text: &str, error: &ScanError) -> Refusal {
    let (line, column) = (error.marker().line(), error.marker().col() + 1);
    let read = text.lines().take(line).enumerate();
    let Some((template, _)) = read.filter(|(_, text)| text.contains("{{")).last() else {
        return Refusal::new(Code::ManifestUnreadable, format!("this is not YAML: {}", error.info()))
            .help(FIX)
            .at(file, line, column);
    };
    let message = format!("this is a template, not YAML (line {line}: {})", error.info());
    Refusal::new(Code::ManifestTemplated, message)
        .help("name a file without `{{ … }}`, such as the chart's values file as a `helm` target")
        .at(file, template + 1, 1)
}

fn full_tag(tag: &Tag) -> String {
    let (handle, suffix) = tag.parts();
    format!("{handle}{suffix}")
}
