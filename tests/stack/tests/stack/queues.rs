//! The queues: nothing that was sent is lost without somebody being called.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::template::{FUNCTIONS, Template, attribute, none};

#[test]
fn every_queue_is_encrypted() {
    let template = Template::load();
    let open = template.all("AWS::SQS::Queue").into_iter().filter(|(_, queue)| {
        let properties = &queue["Properties"];
        properties["SqsManagedSseEnabled"] != true && properties["KmsMasterKeyId"].is_null()
    });
    none(&open.map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), "a queue is not encrypted");
}

#[test]
fn a_message_is_hidden_for_six_times_as_long_as_its_function_may_run() {
    let template = Template::load();
    for function in FUNCTIONS.iter().filter(|function| function.queue) {
        let name = format!("{}Queue", function.name);
        let queue = template.properties("AWS::SQS::Queue", &name);
        assert_eq!(queue["FifoQueue"], true, "{name}");
        assert!(queue["VisibilityTimeout"].as_u64().unwrap_or(30) >= 6 * function.timeout, "{name}");
        let expected = json!({
            "Queue": attribute(&name, "Arn"), "BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"],
        });
        assert_eq!(template.function(function.name, "Events")["Actions"]["Properties"], expected, "{}", function.name);
    }
}

#[test]
fn what_cannot_be_done_goes_to_a_queue_with_an_alarm() {
    let template = Template::load();
    let failures = |from: &Value, what: String| {
        let target = from["Fn::GetAtt"].as_str().and_then(|target| target.strip_suffix(".Arn"));
        target.map(str::to_owned).ok_or(format!("{what} leaves its failures nowhere"))
    };
    let mut ends = Vec::new();
    for (name, queue) in template.all("AWS::SQS::Queue") {
        let redrive = &queue["Properties"]["RedrivePolicy"];
        if !redrive.is_null() {
            assert_eq!(redrive["maxReceiveCount"], 5, "{name}");
            ends.push((name, failures(&redrive["deadLetterTargetArn"], name.to_owned())));
        }
    }
    for function in ["Observe", "Notify"] {
        let invoke = &template.function(function, "EventInvokeConfig")["DestinationConfig"]["OnFailure"];
        ends.push((function, failures(&invoke["Destination"], function.to_owned())));
        for (event, it) in template.function(function, "Events").as_object().unwrap() {
            ends.push((
                function,
                failures(&it["Properties"]["DeadLetterConfig"]["Arn"], format!("{function}'s {event}")),
            ));
        }
    }
    let sources: BTreeSet<String> = ends.iter().map(|(from, _)| (*from).to_owned()).collect();
    let mut wrong: Vec<String> = ends.iter().filter_map(|(_, end)| end.clone().err()).collect();
    let ends: BTreeSet<String> = ends.into_iter().filter_map(|(_, end)| end.ok()).collect();
    for name in &ends {
        let queue = template.properties("AWS::SQS::Queue", name);
        let dimensions = json!([{ "Name": "QueueName", "Value": attribute(name, "QueueName") }]);
        if !template.is_watched("AWS/SQS", "ApproximateNumberOfMessagesVisible", &dimensions) {
            wrong.push(format!("no alarm watches {name}"));
        }
        if queue["MessageRetentionPeriod"] != 1_209_600 {
            wrong.push(format!("{name} keeps its messages for less than the 14 days that it could"));
        }
    }
    let queues = template.all("AWS::SQS::Queue").into_iter().map(|(name, _)| name);
    wrong.extend(
        queues
            .filter(|name| !ends.contains(*name) && !sources.contains(*name))
            .map(|name| format!("{name} has no queue for what fails, and is none")),
    );
    none(&wrong, "something could be lost without anybody being called");
}

#[test]
fn a_queue_and_that_for_its_failures_are_of_one_kind() {
    let template = Template::load();
    for function in FUNCTIONS.iter().filter(|function| function.queue) {
        let queue = |end| template.properties("AWS::SQS::Queue", &format!("{}{end}", function.name));
        assert_eq!(queue("Queue")["FifoQueue"], queue("Failures")["FifoQueue"], "{}", function.name);
        let target = &queue("Queue")["RedrivePolicy"]["deadLetterTargetArn"];
        assert_eq!(target, &attribute(&format!("{}Failures", function.name), "Arn"), "{}", function.name);
    }
}
