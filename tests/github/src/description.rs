//! GitHub's own description of its REST API, and whether a request or an answer keeps to it.
//!
//! The file has 13 MB and a thousand operations. It is cut into pieces without being read, and only the operations that are
//! called are taken apart and compiled, once each.

mod matching;
mod schema;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) use matching::Match;

/// Statuses that any operation may answer without saying so.
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>
const ANYWHERE: [u16; 6] = [401, 403, 404, 422, 429, 500];

/// A file that `scripts/testbench` fetched into the folder that this was built in: `testbench/github`.
///
/// # Panics
/// When it was not fetched: the message says how to.
pub(crate) fn fetched(name: &str) -> String {
    let program = std::env::current_exe().expect("a program knows where it is");
    // …/debug/deps/program
    let target = program.ancestors().nth(3).expect("a test is three folders below the target folder");
    let file = target.join("testbench/github").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!("{}: {error}: run `scripts/testbench` first, which fetches GitHub's description", file.display())
    })
}

/// The whole description, in pieces.
#[derive(Deserialize)]
pub(crate) struct Description<'d> {
    #[serde(borrow)]
    paths: BTreeMap<Cow<'d, str>, BTreeMap<Cow<'d, str>, &'d RawValue>>,
    #[serde(borrow)]
    components: BTreeMap<Cow<'d, str>, BTreeMap<Cow<'d, str>, &'d RawValue>>,
}

impl Description<'static> {
    /// The one that was fetched; read once in a process.
    pub(crate) fn get() -> &'static Self {
        static DESCRIPTION: OnceLock<Description<'static>> = OnceLock::new();
        DESCRIPTION.get_or_init(|| {
            let text: &'static str = fetched("openapi.json").leak();
            serde_json::from_str(text).expect("GitHub's description is an OpenAPI document")
        })
    }

    /// What stands behind `#/components/kind/name`.
    fn component(&self, reference: &str) -> Value {
        let mut parts = reference.trim_start_matches("#/components/").splitn(2, '/');
        let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let raw = self.components.get(kind).and_then(|kind| kind.get(name));
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null)
    }

    /// The value, or what it refers to.
    fn resolved(&self, value: &Value) -> Value {
        value["$ref"].as_str().map_or_else(|| value.clone(), |reference| self.component(reference))
    }

    /// An example of the answer that a component has, to be filled in with what is true here.
    pub(crate) fn example(&self, name: &str) -> Value {
        let example = self.component(&format!("#/components/examples/{name}"))["value"].take();
        assert!(!example.is_null(), "GitHub's description has no example `{name}`");
        example
    }

    /// What is wrong with a request.
    pub(crate) fn request(&self, found: &Match, query: &[(String, String)], body: &[u8]) -> Vec<String> {
        let operation = &found.operation;
        let mut wrong = Vec::new();
        let mut known = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolved(parameter);
            let (name, place) = (&parameter["name"], &parameter["in"]);
            let name = name.as_str().unwrap_or_default().to_owned();
            let value = match place.as_str() {
                Some("query") => query.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
                Some("path") => found.parameters.get(&name),
                _ => continue,
            };
            match value {
                Some(value) => wrong.extend(self.parameter(&name, &parameter["schema"], value)),
                None if parameter["required"] == true => wrong.push(format!("`{name}` is missing")),
                None => {}
            }
            known.push(name);
        }
        let unknown = query.iter().filter(|(key, _)| !known.contains(key));
        wrong.extend(unknown.map(|(key, _)| format!("there is no parameter `{key}`")));
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        match (schema.is_null(), body.is_empty()) {
            (true, false) => wrong.push("a body was sent where none is taken".to_owned()),
            (false, true) if operation["requestBody"]["required"] == true => {
                wrong.push("the body is missing".to_owned());
            }
            (false, false) => match serde_json::from_slice(body) {
                Ok(body) => wrong.extend(schema::Compiled::get(self, schema, true).errors(&body)),
                Err(error) => wrong.push(format!("the body is no JSON: {error}")),
            },
            (_, true) => {}
        }
        wrong
    }

    fn parameter(&self, name: &str, schema: &Value, value: &str) -> Vec<String> {
        let schema = self.resolved(schema);
        let value = match schema["type"].as_str() {
            Some("integer") => value.parse::<i64>().map_or_else(|_| value.into(), Value::from),
            Some("boolean") => value.parse::<bool>().map_or_else(|_| value.into(), Value::from),
            _ => Value::from(value),
        };
        let errors = schema::Compiled::get(self, &schema, false).errors(&value);
        errors.into_iter().map(|error| format!("`{name}`: {error}")).collect()
    }

    /// What is wrong with an answer.
    pub(crate) fn answer(&self, found: &Match, status: u16, body: &[u8]) -> Vec<String> {
        let response = self.resolved(&found.operation["responses"][status.to_string()]);
        let media = &response["content"]["application/json"]["schema"];
        if response.is_null() {
            let allowed = ANYWHERE.contains(&status);
            return if allowed { Vec::new() } else { vec![format!("the status {status} is not described")] };
        }
        if media.is_null() || body.is_empty() {
            let wrong = media.is_null() && !body.is_empty();
            return if wrong { vec![format!("{status} has no body")] } else { Vec::new() };
        }
        match serde_json::from_slice(body) {
            Ok(body) => schema::Compiled::get(self, media, false).errors(&body),
            Err(error) => vec![format!("the answer is no JSON: {error}")],
        }
    }
}
