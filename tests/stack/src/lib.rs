//! A template's YAML as its JSON: `!Ref Bucket` is `{"Ref": "Bucket"}`, `!GetAtt Bucket.Arn` is `{"Fn::GetAtt": "Bucket.Arn"}`.

use granit_parser::{Event, Options, Parser, ScalarStyle, StrInput, Tag};
use serde_json::{Map, Value};

/// Reads a template.
///
/// # Errors
/// What is wrong with it as YAML, and where; a key that is there twice; an alias, which templates may not have.
pub fn read(text: &str) -> Result<Value, String> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = Reader { parser: Parser::new_from_str_with_options(text, options) };
    let mut root = None;
    while let Some(event) = reader.next()? {
        if matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..)) {
            root = Some(reader.node(event)?);
        }
    }
    root.ok_or_else(|| "the template is empty".to_owned())
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<Event<'t>>, String> {
        let next = self.parser.next_event().transpose().map_err(|error| error.to_string())?;
        Ok(next.map(|(event, _)| event))
    }

    fn following(&mut self) -> Result<Event<'t>, String> {
        self.next()?.ok_or_else(|| "the template ends inside a list or map".to_owned())
    }

    fn node(&mut self, event: Event<'t>) -> Result<Value, String> {
        let function = event.tag().map(function);
        let value = match event {
            Event::Scalar(text, style, ..) => {
                if style == ScalarStyle::Plain && function.is_none() {
                    plain(&text)
                } else {
                    Value::from(&*text)
                }
            }
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            other => return Err(format!("no value: {other:?}")),
        };
        Ok(match function {
            Some(function) => Value::Object(Map::from_iter([(function, value)])),
            None => value,
        })
    }

    fn list(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.following()? {
                Event::SequenceEnd => return Ok(Value::Array(items)),
                event => items.push(self.node(event)?),
            }
        }
    }

    fn map(&mut self) -> Result<Value, String> {
        let mut entries = Map::new();
        loop {
            let key = match self.following()? {
                Event::MappingEnd => return Ok(Value::Object(entries)),
                Event::Scalar(key, ..) => key.into_owned(),
                other => return Err(format!("no key: {other:?}")),
            };
            let event = self.following()?;
            let value = self.node(event)?;
            if entries.insert(key.clone(), value).is_some() {
                return Err(format!("the key `{key}` is there twice"));
            }
        }
    }
}

/// What a tag stands for.
fn function(tag: &Tag) -> String {
    match tag.suffix() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    }
}

/// What a text without quotes stands for.
fn plain(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "" | "null" | "~" => Value::Null,
        _ => text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_is_a_function() {
        let read = read("a: !Ref B\nc: !If [D, !GetAtt E.F, \"5\"]\ng: [5, true] # why\n");
        let expected = json!({
            "a": { "Ref": "B" },
            "c": { "Fn::If": ["D", { "Fn::GetAtt": "E.F" }, "5"] },
            "g": [5, true],
        });
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn what_counts_only_for_some_readers_is_refused() {
        assert_eq!(read("a: 1\na: 2\n"), Err("the key `a` is there twice".to_owned()));
        assert!(read("a: &b 1\nc: *b\n").is_err());
        assert!(read("").is_err());
    }
}
