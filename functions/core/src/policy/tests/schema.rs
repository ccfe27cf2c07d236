//! The schema: checked in, true, and what the reader goes by.

use std::path::Path;

use serde_json::Value;

use super::super::Policy;
use super::EXAMPLE;

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

/// What the schema alone says of a policy: a reader of our own, so that it is not asked whether it agrees with itself.
fn taken(text: &str) -> bool {
    let document = super::super::document::Node::read(text).unwrap();
    jsonschema::is_valid(&Policy::schema(), &serde_json::to_value(document).unwrap())
}

#[test]
fn the_schema_takes_the_example() {
    assert!(taken(EXAMPLE));
    assert!(taken("project: shop\nenvironments: { a: { on: [trunk, { tag: v* }], after: { trunk: [b] } } }"));
    assert!(taken("project: shop\nartifacts: { a: { image: x, deploy: { run: x, observe: { http: { url: x } } } } }"));
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    for wrong in [
        "trunk: main",
        "project: 12",
        "project: My Shop",
        "project: shop\nsha_length: 6",
        "project: shop\nenviroments: {}",
        "project: shop\nartifacts:",
        "project: shop\nartifacts: { A: {} }",
        "project: shop\nartifacts: { a: { imag: x } }",
        "project: shop\nartifacts: { a: { image: x, build: } }",
        "project: shop\nartifacts: { a: { image: x, deploy: { kustomise: x } } }",
        "project: shop\nartifacts: { a: { image: x, deploy: { kustomize: x, helm: y } } }",
        "project: shop\nartifacts: { a: { image: x, deploy: { run: x, observe: later } } }",
        "project: shop\nartifacts: { a: { image: x, build: { base: scratch, dockerfile: x } } }",
        "project: shop\nenvironments: { a: {} }",
        "project: shop\nenvironments: { a: { on: { tag: x, other: y } } }",
        "project: shop\nenvironments: { a: { on: trunk, soak: 1 } }",
        "project: shop\nenvironments: { a: { on: trunk, soak: 1w } }",
        "project: shop\nenvironments: { a: { on: trunk, after: { prod: [] } } }",
    ] {
        assert!(!taken(wrong), "the schema takes {wrong:?}");
        assert!(!Policy::check(wrong).is_empty(), "the reader takes {wrong:?}");
    }
}

#[test]
fn every_key_has_a_description() {
    fn look(schema: &Value, path: &str) {
        match schema {
            Value::Object(object) => {
                for (key, value) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    let refers = value.get("$ref").is_some();
                    assert!(refers || value.get("description").is_some(), "{path}.{key} has no description");
                }
                object.iter().for_each(|(key, value)| look(value, &format!("{path}/{key}")));
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, path)),
            _ => {}
        }
    }
    look(&Policy::schema(), "");
}
