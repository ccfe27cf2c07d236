//! The functions of the contract, each with what belongs to it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::sources::sources;
use crate::template::{FUNCTIONS, Template, attribute, none, reference, root};

#[test]
fn every_function_is_there_with_its_handler_its_time_and_its_memory() {
    let template = Template::load();
    let expected: BTreeSet<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    let found: BTreeSet<&str> = template.all("AWS::Serverless::Function").into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, expected);
    for function in &FUNCTIONS {
        let property = |name| template.function(function.name, name);
        assert_eq!(property("Handler"), &json!(function.handler()), "{}", function.name);
        assert_eq!(property("Timeout"), &json!(function.timeout), "{}", function.name);
        assert_eq!(property("MemorySize"), &json!(function.memory), "{}", function.name);
        assert_eq!(property("Runtime"), "provided.al2023", "{}", function.name);
        assert_eq!(property("Architectures"), &json!([reference("Architecture")]), "{}", function.name);
        assert_eq!(property("Tracing"), &reference("Tracing"), "{}", function.name);
    }
    assert_eq!(template.function("Build", "EphemeralStorage")["Size"], 4096);
}

#[test]
fn a_function_is_built_from_the_crate_that_has_its_program() {
    let template = Template::load();
    let mut wrong = Vec::new();
    for function in &FUNCTIONS {
        let name = function.name;
        let metadata = &template.0["Resources"][name]["Metadata"];
        assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{name}");
        assert_eq!(metadata["BuildProperties"]["Binary"], function.binary, "{name}");
        let folder = format!("functions/{}", function.binary);
        assert_eq!(template.function(name, "CodeUri"), &json!(folder), "{name}");
        // A program whose crate is not there yet is nothing to be built from, and `sam build` says so.
        let Ok(manifest) = std::fs::read_to_string(root().join(&folder).join("Cargo.toml")) else { continue };
        if !manifest.contains(&format!("name = \"{}\"", function.binary)) {
            wrong.push(format!("{name}: {folder} has no program `{}`", function.binary));
        }
        if !root().join("functions").join(function.handler()).is_dir() {
            wrong.push(format!("{name}: there is no crate functions/{}", function.handler()));
        }
    }
    none(&wrong, "a function cannot be built");
}

#[test]
fn a_function_has_a_role_a_log_and_an_alarm_of_its_own() {
    let template = Template::load();
    for function in &FUNCTIONS {
        let name = function.name;
        let (role, logs) = (format!("{name}Role"), format!("{name}Logs"));
        assert_eq!(template.function(name, "Role"), &attribute(&role, "Arn"), "{name}");
        let trust = &template.properties("AWS::IAM::Role", &role)["AssumeRolePolicyDocument"]["Statement"];
        let expected = json!([{
            "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole"
        }]);
        assert_eq!(trust, &expected, "{name}");
        assert_eq!(template.function(name, "LoggingConfig")["LogGroup"], reference(&logs), "{name}");
        let retention = &template.properties("AWS::Logs::LogGroup", &logs)["RetentionInDays"];
        assert_eq!(retention, &reference("LogRetention"), "{name}");
        let dimensions = json!([{ "Name": "FunctionName", "Value": reference(name) }]);
        assert!(template.is_watched("AWS/Lambda", "Errors", &dimensions), "no alarm tells that {name} failed");
    }
}

#[test]
fn only_receive_has_an_address_and_no_more_of_it_runs_than_was_set_aside() {
    let template = Template::load();
    for function in &FUNCTIONS {
        let address = template.function(function.name, "FunctionUrlConfig");
        assert_eq!(!address.is_null(), function.name == "Receive", "{}", function.name);
    }
    assert_eq!(template.function("Receive", "FunctionUrlConfig"), &json!({ "AuthType": "NONE" }));
    assert_eq!(template.function("Receive", "ReservedConcurrentExecutions"), &reference("ReceiveConcurrency"));
    let dimensions = json!([{ "Name": "FunctionName", "Value": reference("Receive") }]);
    assert!(template.is_watched("AWS/Lambda", "Throttles", &dimensions), "no alarm tells that GitHub was turned away");
}

#[test]
fn every_function_is_woken_by_something() {
    let template = Template::load();
    let kind = |function: &str, event: &str| template.function(function, "Events")[event]["Type"].clone();
    assert_eq!(kind("Observe", "Deliveries"), "EventBridgeRule");
    assert_eq!(kind("Notify", "Facts"), "EventBridgeRule");
    assert_eq!(kind("Sweep", "EveryMinute"), "Schedule");
    let pattern =
        |function: &str, event: &str| template.function(function, "Events")[event]["Properties"]["Pattern"].clone();
    assert_eq!(pattern("Observe", "Deliveries"), json!({ "source": ["github.com"] }));
    assert_eq!(pattern("Notify", "Facts"), json!({ "source": ["trunkline"], "detail-type": ["facts"] }));
    assert!(is_said_in("functions/receive", "github.com"), "`receive` is another source");
    assert!(is_said_in("functions/aws/src/events", "trunkline"), "what is written down is told by another source");
    for function in FUNCTIONS.iter().filter(|function| function.queue) {
        assert_eq!(kind(function.name, "Actions"), "SQS");
    }
}

#[test]
fn an_action_that_is_outstanding_for_too_long_raises_an_alarm() {
    let template = Template::load();
    let alarm = template.properties("AWS::CloudWatch::Alarm", "OldestOutstandingAlarm");
    assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&json!("Trunkline"), &json!("OldestOutstanding")));
    if root().join("functions/sweep").is_dir() {
        assert!(
            is_said_in("functions", "Trunkline") && is_said_in("functions", "OldestOutstanding"),
            "nobody tells the age"
        );
    }
    assert_eq!(alarm["Threshold"], reference("OldestOutstandingLimit"));
    assert_eq!(alarm["TreatMissingData"], "breaching", "a sweep that does not run tells no age");
}

/// Whether a source in `folder` has this text in quotes; also when the folder is not there yet.
fn is_said_in(folder: &str, text: &str) -> bool {
    let sources = sources();
    let mut here = sources.iter().filter(|source| source.file.starts_with(folder)).peekable();
    here.peek().is_none() || here.any(|source| source.literals().any(|literal| literal == text))
}
