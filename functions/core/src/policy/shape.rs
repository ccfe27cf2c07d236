//! Whether a policy has the shape its schema says: known keys, all that must be there, the right kinds of values.
//!
//! Serde would tell the first deviation in its own words, and of a choice only that none of it fits. This finds all of them, knows
//! which kind of a choice is meant by the key that only this kind has, and says where.

use serde_json::Value as Schema;

use super::document::{Key, Node, Value};
use super::schema::{SCHEMA, reference};
use super::words::{either, list, nearest};
use super::{Duration, Platform, RelativePath, Store};
use crate::ids::Name;
use crate::pattern::Pattern;
use crate::refusal::Refusal;

/// Everything in which the policy has another shape than the schema says.
pub(super) fn findings(policy: &Node) -> Vec<Refusal> {
    let mut walk = Walk { found: Vec::new() };
    walk.value(policy, &SCHEMA, "the policy");
    walk.found
}

/// Checks a text whose type is more than a text.
fn check_text(definition: &str, text: &str) -> Result<(), Refusal> {
    let text = text.to_owned();
    match definition {
        "Duration" => Duration::try_from(text).map(drop),
        "Name" => Name::try_from(text).map(drop),
        "Pattern" => Pattern::try_from(text).map(drop),
        "Platform" => Platform::try_from(text).map(drop),
        "RelativePath" => RelativePath::try_from(text).map(drop),
        "Store" => Store::try_from(text).map(drop),
        _ => Ok(()),
    }
}

/// One thing a value may be: a schema without a choice in it, and the name of its definition.
#[derive(Clone, Copy)]
struct Kind {
    definition: &'static str,
    schema: &'static Schema,
}

impl Kind {
    fn is(&self, name: &str) -> bool {
        self.schema.get("type").is_some_and(|kind| kind == name)
    }

    fn keys(&self) -> Vec<&'static str> {
        let properties = self.schema.get("properties").and_then(Schema::as_object);
        let mut keys: Vec<&str> = properties.into_iter().flat_map(|keys| keys.keys().map(String::as_str)).collect();
        keys.sort_unstable();
        keys
    }

    /// The keys that must be there, and so tell this kind from another.
    fn required(&self) -> Vec<&'static str> {
        let required = self.schema.get("required").and_then(Schema::as_array);
        required.into_iter().flatten().filter_map(Schema::as_str).collect()
    }
}

/// Everything that a value of `schema` may be.
fn kinds(schema: &'static Schema, definition: &'static str) -> Vec<Kind> {
    if let Some(name) = reference(schema) {
        return SCHEMA.get("$defs").and_then(|all| all.get(name)).map_or_else(Vec::new, |schema| kinds(schema, name));
    }
    let choice = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Schema::as_array);
    match choice {
        Some(choice) => choice.iter().flat_map(|schema| kinds(schema, "")).collect(),
        None => vec![Kind { definition, schema }],
    }
}

struct Walk {
    found: Vec<Refusal>,
}

impl Walk {
    /// `name` is what the value is called in a message: its key in backticks, usually.
    fn value(&mut self, node: &Node, schema: &'static Schema, name: &str) {
        let kinds = kinds(schema, "");
        let wanted = match &node.value {
            Value::Null => {
                return self
                    .found
                    .push(node.at.refuse(format!("{name} has no value"), "write one, or leave the key out"));
            }
            Value::Boolean(_) => "boolean",
            Value::Number(_) => "integer",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        };
        let fitting: Vec<Kind> = kinds.iter().copied().filter(|kind| kind.is(wanted)).collect();
        match &node.value {
            _ if fitting.is_empty() => self.other_type(node, &kinds, name),
            Value::Text(text) => self.text(node, text, &fitting, &kinds, name),
            Value::Number(text) => self.number(node, text, fitting[0], name),
            Value::List(items) => self.list(items, fitting[0], name),
            Value::Map(entries) => self.choice(node, entries, &fitting, name),
            _ => {}
        }
    }

    fn other_type(&mut self, node: &Node, kinds: &[Kind], name: &str) {
        let words =
            [("string", "a text"), ("integer", "a whole number"), ("array", "a list"), ("object", "a map of keys")];
        let may: Vec<&str> =
            words.iter().filter(|(kind, _)| kinds.iter().any(|may| may.is(kind))).map(|(_, words)| *words).collect();
        let may_be = either(&may);
        let is = match &node.value {
            Value::Boolean(value) => format!("the truth value `{value}`"),
            Value::Number(text) => format!("the number `{text}`"),
            Value::Text(text) => format!("the text `{text}`"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) | Value::Null => "a map".to_owned(),
        };
        let help = match &node.value {
            Value::Boolean(_) | Value::Number(_) if may.contains(&"a text") => {
                "for a text, put it in quotes".to_owned()
            }
            Value::Text(text) if may.contains(&"a list") => format!("for a list of one, write `[{text}]`"),
            Value::Map(_) | Value::List(_) if may == ["a text"] => {
                "if it is meant as text, put it in quotes".to_owned()
            }
            _ => format!("write {may_be}"),
        };
        self.found.push(node.at.refuse(format!("{name} must be {may_be}, not {is}"), help));
    }

    /// `texts` are the kinds of text it may be, `kinds` all kinds.
    fn text(&mut self, node: &Node, text: &str, texts: &[Kind], kinds: &[Kind], name: &str) {
        let words: Vec<&str> = texts.iter().filter_map(|kind| kind.schema.get("const")?.as_str()).collect();
        if words.is_empty() {
            self.found.extend(check_text(texts[0].definition, text).err().map(|refusal| node.at.mark(refusal)));
        } else if !words.contains(&text) {
            let help = nearest(text, &words)
                .map_or_else(|| "write one of these".to_owned(), |word| format!("did you mean `{word}`?"));
            let keys: Vec<&str> = kinds.iter().flat_map(|kind| kind.required().into_iter().take(1)).collect();
            let maps = if keys.is_empty() {
                String::new()
            } else {
                format!(", or a map with {}", list(&keys).replace(" and ", " or "))
            };
            self.found
                .push(node.at.refuse(format!("{name} cannot be `{text}`; it is one of {}{maps}", list(&words)), help));
        }
    }

    fn number(&mut self, node: &Node, text: &str, kind: Kind, name: &str) {
        let bound = |key: &str| kind.schema.get(key).and_then(Schema::as_i64);
        let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(i64::MAX));
        let number = text.parse::<i64>();
        if !number.as_ref().is_ok_and(|number| (least..=most).contains(number)) {
            let message = format!("{name} must be a whole number from {least} to {most}, not `{text}`");
            let help = if number.is_ok() { "choose one in this range" } else { "write it in decimal digits" };
            self.found.push(node.at.refuse(message, help));
        }
    }

    fn list(&mut self, items: &[Node], kind: Kind, name: &str) {
        let Some(schema) = kind.schema.get("items") else { return };
        for (index, item) in items.iter().enumerate() {
            self.value(item, schema, &format!("entry {} of {name}", index + 1));
        }
    }

    /// Finds out which kind of map is meant.
    fn choice(&mut self, node: &Node, entries: &[(Key, Node)], kinds: &[Kind], name: &str) {
        let has = |key: &&str| entries.iter().any(|(own, _)| own.text == **key);
        let meant: Vec<Kind> = kinds.iter().copied().filter(|kind| kind.required().iter().any(has)).collect();
        match (kinds, meant.as_slice()) {
            ([only], _) | (_, [only]) => return self.map(node, entries, *only, name),
            _ => {}
        }
        let deciding: Vec<&str> = kinds.iter().flat_map(|kind| kind.required().into_iter().take(1)).collect();
        if let [_, _, ..] = meant.as_slice() {
            let given: Vec<&str> = deciding.iter().copied().filter(|key| has(key)).collect();
            let message = format!("{name} has {} together; it takes one of {}", list(&given), list(&deciding));
            return self.found.push(node.at.refuse(message, "keep the one that is meant"));
        }
        let known: Vec<&str> = kinds.iter().flat_map(Kind::keys).collect();
        let Some((key, _)) = entries.iter().find(|(key, _)| !known.contains(&key.text.as_str())) else {
            let message = format!("{name} does not say which kind it is; it takes one of {}", list(&deciding));
            return self.found.push(node.at.refuse(message, "add one of these keys"));
        };
        let message = format!("{name} has the unknown key `{}`; it takes one of {}", key.text, list(&deciding));
        let meant = nearest(&key.text, &deciding).or_else(|| nearest(&key.text, &known));
        let help = meant.map_or_else(|| "use one of these".to_owned(), |word| format!("did you mean `{word}`?"));
        self.found.push(key.at.refuse(message, help));
    }

    fn map(&mut self, node: &Node, entries: &[(Key, Node)], kind: Kind, name: &str) {
        for (key, value) in entries {
            let called = format!("`{}`", key.text);
            let others = kind.schema.get("additionalProperties");
            match (kind.schema.get("properties").and_then(|keys| keys.get(&key.text)), others) {
                (Some(schema), _) => self.value(value, schema, &called),
                (None, Some(schema @ Schema::Object(_))) => {
                    self.key(key, kind, name);
                    self.value(value, schema, &called);
                }
                (None, _) => self.unknown(key, &kind.keys(), name),
            }
        }
        for key in kind.required() {
            if !entries.iter().any(|(own, _)| own.text == key) {
                let meaning = kind.schema["properties"][key]["description"].as_str().unwrap_or("it must be there");
                let help = format!("`{key}`: {}", meaning.trim_end_matches('.'));
                self.found.push(node.at.refuse(format!("{name} lacks the key `{key}`"), help));
            }
        }
    }

    /// Checks a key that people choose.
    fn key(&mut self, key: &Key, kind: Kind, name: &str) {
        let Some(names) = kind.schema.get("propertyNames") else { return };
        if let Some(definition) = reference(names) {
            self.found.extend(check_text(definition, &key.text).err().map(|refusal| key.at.mark(refusal)));
        }
        let words: Vec<&str> =
            names.get("enum").and_then(Schema::as_array).into_iter().flatten().filter_map(Schema::as_str).collect();
        if !words.is_empty() && !words.contains(&key.text.as_str()) {
            self.unknown(key, &words, name);
        }
    }

    fn unknown(&mut self, key: &Key, known: &[&str], name: &str) {
        let takes = format!("{name} takes {}", list(known));
        let help = match nearest(&key.text, known) {
            Some(word) => format!("did you mean `{word}`? {takes}"),
            None => takes,
        };
        self.found.push(key.at.refuse(format!("{name} has the unknown key `{}`", key.text), help));
    }
}
