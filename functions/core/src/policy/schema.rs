//! The policy's JSON Schema: for editors, and for [`shape`](super::shape), which reads every policy by it.
//!
//! It comes from the types and says what they leave out: a key without a value is never meant, a target takes `observe` beside its
//! own keys, and checked texts have a form.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::Policy;

/// The forms of the checked texts, by the names of their types. A form may take more than the type's own check, never less.
const FORMS: [(&str, &str); 6] = [
    ("Duration", "^[0-9]{1,6}[smhd]$"),
    ("Name", "^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$"),
    ("Pattern", "^!?[^!]|^!!"),
    ("Platform", "^[a-z0-9]+(/[a-z0-9]+){1,2}$"),
    ("RelativePath", r"^([^/\\][^\\]*)?$"),
    ("Store", r"\S"),
];

/// The schema, made once: every policy of every commit is read by it.
pub(super) static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(Policy).to_value();
    without_null(&mut schema);
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        share_beside(definitions);
        for (name, form) in FORMS {
            if let Some(Value::Object(definition)) = definitions.get_mut(name) {
                definition.insert("pattern".to_owned(), json!(form));
            }
        }
    }
    schema
});

impl Policy {
    /// The JSON Schema of `trunkline.yaml`; the same as the checked-in `trunkline.schema.json`.
    pub fn schema() -> Value {
        SCHEMA.clone()
    }
}

/// Takes `null` out of every choice: a key that may be left out is left out, not left empty.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(object) => {
            object.values_mut().for_each(without_null);
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            unwrap_choice(object);
        }
        _ => {}
    }
}

/// A choice of one, when `null` is gone, is no choice.
fn unwrap_choice(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| *choice != json!({ "type": "null" }));
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

/// Gives the properties that stand beside a choice of maps to every one of these maps.
///
/// Each of them forbids unknown keys, so a property beside them would be forbidden too.
fn share_beside(definitions: &mut Map<String, Value>) {
    let mut shared: Vec<(String, Map<String, Value>)> = Vec::new();
    for definition in definitions.values_mut().filter_map(Value::as_object_mut) {
        let Some(choices) = definition.get("anyOf").and_then(Value::as_array) else { continue };
        let names: Vec<String> = choices.iter().filter_map(|choice| reference(choice).map(str::to_owned)).collect();
        let Some(Value::Object(properties)) = definition.remove("properties") else { continue };
        definition.remove("type");
        shared.extend(names.into_iter().map(|name| (name, properties.clone())));
    }
    for (name, properties) in shared {
        if let Some(Value::Object(own)) =
            definitions.get_mut(&name).and_then(|definition| definition.get_mut("properties"))
        {
            own.extend(properties);
        }
    }
}

/// The name of the definition that `schema` refers to.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}
