//! One schema of the description, made into JSON Schema with all that it refers to, and compiled.
//!
//! The description is OpenAPI 3.0, where `nullable` stands beside a type; JSON Schema has a type `null` instead.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Description;

/// The most complaints that are told of one document.
const MAX_TOLD: usize = 10;

/// A compiled schema.
pub(super) struct Compiled(Validator);

impl Compiled {
    /// The schema, compiled once in a process. `closed`: what the schema does not name may not be there.
    pub(super) fn get(description: &Description<'static>, schema: &Value, closed: bool) -> Arc<Self> {
        static KNOWN: OnceLock<Mutex<HashMap<String, Arc<Compiled>>>> = OnceLock::new();
        let key = format!("{closed} {schema}");
        let known = KNOWN.get_or_init(Mutex::default);
        if let Some(compiled) = known.lock().ok().and_then(|known| known.get(&key).cloned()) {
            return compiled;
        }
        let compiled = Arc::new(Self::new(description, schema, closed));
        if let Ok(mut known) = known.lock() {
            known.insert(key, compiled.clone());
        }
        compiled
    }

    fn new(description: &Description<'static>, schema: &Value, closed: bool) -> Self {
        let mut schema = schema.clone();
        let mut names = Vec::new();
        adapt(&mut schema, &mut names);
        if closed && schema["properties"].is_object() && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }
        let mut components: BTreeMap<String, Value> = BTreeMap::new();
        while let Some(name) = names.pop() {
            let Entry::Vacant(place) = components.entry(name) else { continue };
            let mut component = description.component(&format!("#/components/schemas/{}", place.key()));
            adapt(&mut component, &mut names);
            place.insert(component);
        }
        let document = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": { "schemas": components },
        });
        Self(jsonschema::validator_for(&document).expect("GitHub's description holds schemas"))
    }

    /// What is wrong with a document.
    pub(super) fn errors(&self, document: &Value) -> Vec<String> {
        let told = |error: jsonschema::ValidationError<'_>| {
            let text: String = error.to_string().chars().take(300).collect();
            format!("{}: {text}", error.instance_path())
        };
        self.0.iter_errors(document).take(MAX_TOLD).map(told).collect()
    }
}

/// Makes one schema JSON Schema's, and notes what it refers to.
fn adapt(schema: &mut Value, names: &mut Vec<String>) {
    let Some(map) = schema.as_object_mut() else { return };
    for key in ["example", "examples", "default", "discriminator", "description"] {
        map.remove(key);
    }
    if let Some(name) =
        map.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/components/schemas/"))
    {
        names.push(name.to_owned());
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in map.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            adapt(part, names);
        }
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(part) = map.get_mut(key) {
            adapt(part, names);
        }
    }
    for part in map.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        adapt(part, names);
    }
    if map.remove("nullable") == Some(Value::Bool(true)) {
        let inner = Value::Object(std::mem::take(map));
        *schema = json!({ "anyOf": [inner, { "type": "null" }] });
    }
}
