//! GitHub's GraphQL over real repositories, for the types that are used. Queries are validated against GitHub's own schema, and
//! answers are made by an executor that knows it: an answer of another shape cannot be made.

mod commit;
mod connection;
mod objects;
mod root;

use std::sync::OnceLock;

use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Value, json};

use crate::description::fetched;
use crate::state::State;

/// Words that stand before a field's error and become its `type`, as GitHub has it beside the message.
const TYPED: [&str; 3] = ["NOT_FOUND", "STALE_DATA", "UNPROCESSABLE"];

/// What was answered, and what was wrong with the request.
pub(crate) struct Answered {
    pub(crate) body: Value,
    pub(crate) wrong: Vec<String>,
}

fn schema() -> &'static Valid<Schema> {
    static SCHEMA: OnceLock<Valid<Schema>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let text = fetched("schema.graphql");
        let schema = Schema::parse(text, "schema.graphql").unwrap_or_else(|error| {
            // GitHub's own schema has a field twice; the first one counts. Nothing else may be wrong with it.
            let twice = |error: &String| error.contains("duplicate definitions");
            let others = error.errors.iter().map(|error| error.to_string()).find(|error| !twice(error));
            assert!(others.is_none(), "{others:?}");
            error.partial
        });
        Valid::assume_valid(schema)
    })
}

/// Answers a query or a mutation.
pub(crate) fn execute(state: &State, body: &[u8]) -> Answered {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(query) = body["query"].as_str() else { return invalid("there is no query") };
    let document = match ExecutableDocument::parse_and_validate(schema(), query, "query.graphql") {
        Ok(document) => document,
        Err(error) => return invalid(&error.errors.to_string()),
    };
    let variables: JsonMap = serde_json::from_value(body["variables"].clone()).unwrap_or_default();
    let mutation = document.operations.iter().any(|operation| operation.is_mutation());
    let root = if mutation { root::Root::Mutation(state) } else { root::Root::Query(state) };
    let execution = Execution::new(schema(), &document).raw_variable_values(&variables);
    match execution.execute_sync(&root) {
        Ok(answer) => {
            let body = serde_json::to_value(&answer).unwrap_or_default();
            let (body, wrong) = typed(body);
            Answered { body, wrong }
        }
        Err(error) => invalid(&error.message().to_string()),
    }
}

fn invalid(message: &str) -> Answered {
    Answered { body: json!({ "errors": [{ "message": message }] }), wrong: vec![message.to_owned()] }
}

/// Moves each error's type out of its message. An error without one is the stand-in's or the caller's mistake.
fn typed(mut body: Value) -> (Value, Vec<String>) {
    let mut wrong = Vec::new();
    for error in body.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        let message = error["message"].as_str().unwrap_or_default();
        let message = message.trim_start_matches("resolver error: ").to_owned();
        match message.split_once(": ").filter(|(kind, _)| TYPED.contains(kind)) {
            Some((kind, rest)) => {
                error["type"] = kind.into();
                error["message"] = rest.into();
            }
            None => wrong.push(message),
        }
    }
    (body, wrong)
}
