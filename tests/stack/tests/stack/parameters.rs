//! What a person is asked for, and told.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::{Template, none};

#[test]
fn every_parameter_says_what_it_is_and_what_it_may_be() {
    let template = Template::load();
    let text = template.0.to_string();
    let groups = template.0["Metadata"]["AWS::CloudFormation::Interface"].to_string();
    let mut wrong = Vec::new();
    for (name, parameter) in template.0["Parameters"].as_object().unwrap() {
        let says = |key: &str| !parameter[key].is_null();
        if parameter["Description"].as_str().is_none_or(|said| said.len() < 20) {
            wrong.push(format!("{name} has no description"));
        }
        if !["AllowedPattern", "AllowedValues", "MinValue"].into_iter().any(says) {
            wrong.push(format!("{name} takes anything"));
        }
        if says("AllowedPattern") && !says("ConstraintDescription") {
            wrong.push(format!("{name} refuses by a pattern, and does not say in words what it wants"));
        }
        if !text.contains(&format!("{{\"Ref\":\"{name}\"}}")) {
            wrong.push(format!("{name} is asked for and never used"));
        }
        if !groups.contains(&format!("\"{name}\"")) {
            wrong.push(format!("{name} is in no group of the form"));
        }
    }
    none(&wrong, "a parameter does not explain itself");
}

#[test]
fn only_what_nobody_can_guess_has_to_be_given() {
    let template = Template::load();
    let parameters = template.0["Parameters"].as_object().unwrap();
    let asked = parameters.iter().filter(|(_, parameter)| parameter["Default"].is_null());
    assert_eq!(asked.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["GitHubAppId", "Repositories"]);
}

#[test]
fn the_outputs_are_those_that_the_readme_speaks_of() {
    let template = Template::load();
    let readme = std::fs::read_to_string(crate::template::root().join("README.md")).unwrap();
    let outputs = template.0["Outputs"].as_object().unwrap();
    let names: BTreeSet<&str> = outputs.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["Bucket", "Bus", "GitHubKeySecretArn", "ReceiveUrl", "WebhookSecretArn"]));
    for (name, output) in outputs {
        assert!(output["Description"].is_string(), "{name}");
        assert!(readme.contains(&format!("`{name}`")), "README.md does not say what the output `{name}` is for");
    }
}

#[test]
fn every_alarm_says_what_happened_and_calls_somebody() {
    let template = Template::load();
    let calls =
        serde_json::json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopic" }], { "Ref": "AWS::NoValue" }] });
    let silent = |alarm: &Value| alarm["AlarmActions"] != calls || !alarm["AlarmDescription"].is_string();
    let alarms = template.all("AWS::CloudWatch::Alarm");
    let silent = alarms.into_iter().filter(|(_, alarm)| silent(&alarm["Properties"]));
    none(&silent.map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), "an alarm calls nobody");
}
