//! The schema: checked in, true, and what the reader goes by.

use std::path::Path;

use serde_json::Value;

use super::super::Policy;

#[test]
fn the_schema_that_is_checked_in_is_that_of_the_types() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("trunkline.schema.json");
    let schema = Policy::schema();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap();
    }
    let kept = std::fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    assert!(
        kept == Some(schema),
        "trunkline.schema.json is not what the types say: run `UPDATE=1 cargo nextest run -p trunkline-core schema` and commit it"
    );
}

/// Every schema within the schema, with its path.
fn each(schema: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
    look(path, schema);
    match schema {
        Value::Object(object) => object.iter().for_each(|(key, value)| each(value, &format!("{path}/{key}"), look)),
        Value::Array(items) => items.iter().for_each(|item| each(item, path, look)),
        _ => {}
    }
}

#[test]
fn no_key_is_unknown_and_none_is_empty() {
    each(&Policy::schema(), "", &mut |path, schema| {
        if schema.get("properties").is_some_and(Value::is_object) {
            assert_eq!(schema["additionalProperties"], false, "{path} takes unknown keys");
        }
        assert!(!schema.to_string().contains("null"), "{path} takes `null`");
    });
}

#[test]
fn observe_stands_in_every_kind_of_target() {
    let schema = Policy::schema();
    let target = &schema["$defs"]["Target"];
    assert!(target.get("properties").is_none());
    for choice in target["anyOf"].as_array().unwrap() {
        let name = choice["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        assert!(schema["$defs"][name]["properties"]["observe"].is_object(), "{name}");
    }
}

#[test]
fn the_form_of_a_checked_text_takes_all_that_its_type_takes() {
    let schema = Policy::schema();
    let taken: [(&str, &[&str]); 6] = [
        ("Duration", &["30s", "15m", "1h", "999999d"]),
        ("Name", &["a", "api-2.x_y", "0"]),
        ("Pattern", &["**", "!a", "!!a", "[a-z]+", "\n", "a!"]),
        ("Platform", &["linux/amd64", "linux/arm/v7"]),
        ("RelativePath", &["", ".", "a", "a/b", "..."]),
        ("Store", &[".trunkline", "/srv/a b", "s3://acme-artifacts", "s3://acme-artifacts/shop/"]),
    ];
    for (name, texts) in taken {
        let form = regex::Regex::new(schema["$defs"][name]["pattern"].as_str().unwrap()).unwrap();
        for text in texts {
            assert!(form.is_match(text), "{name}: {text:?}");
        }
    }
    let checked = schema["$defs"].as_object().unwrap().iter().filter(|(_, schema)| schema["type"] == "string");
    assert_eq!(checked.count(), taken.len(), "a new checked text needs a form here, and a check in `shape`");
}

#[test]
fn every_key_has_a_description() {
    each(&Policy::schema(), "", &mut |path, schema| {
        for (key, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let told = value.get("$ref").is_some() || value.get("description").is_some();
            assert!(told, "{path}: `{key}` has no description");
        }
    });
}
