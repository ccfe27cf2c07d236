//! What stands for AWS: its bus, its queues, its secrets.

use serde_json::{Value, json};
use trunkline_testbench::moto::Moto;

use crate::http;

/// The account that moto is.
const ACCOUNT: &str = "123456789012";

/// Calls an operation of a service that speaks JSON. Moto does not look at signatures, only at whose they are.
fn call(moto: &Moto, service: &str, operation: &str, body: &Value) -> Value {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let kind = if service == "sqs" { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" };
    let headers = [("authorization", scope.as_str()), ("x-amz-target", operation), ("content-type", kind)];
    let answer = http::send(&moto.host, "POST", "/", &headers, &body.to_string());
    assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap_or(Value::Null)
}

/// A queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) address: String,
}

/// A message that was received.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    id: String,
    receipt: String,
    pub(crate) body: String,
    attributes: Value,
}

impl Message {
    /// The event that a function behind the queue is handed.
    pub(crate) fn event(&self, queue: &Queue) -> Value {
        json!({"Records": [{
            "messageId": self.id, "receiptHandle": self.receipt, "body": self.body, "attributes": self.attributes,
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{}", queue.name),
        }]})
    }
}

pub(crate) fn secret(moto: &Moto, name: &str, text: &str) {
    call(moto, "secretsmanager", "secretsmanager.CreateSecret", &json!({"Name": name, "SecretString": text}));
}

pub(crate) fn queue(moto: &Moto, name: &str) -> Queue {
    let attributes = if name.contains(".fifo") {
        json!({"FifoQueue": "true", "VisibilityTimeout": "600"})
    } else {
        json!({"VisibilityTimeout": "600"})
    };
    let made = call(moto, "sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": name, "Attributes": attributes}));
    Queue { name: name.to_owned(), address: made["QueueUrl"].as_str().unwrap().to_owned() }
}

/// A bus with a rule for each source: its events go to that queue.
pub(crate) fn bus(moto: &Moto, name: &str, rules: &[(&str, &Queue)]) {
    call(moto, "events", "AWSEvents.CreateEventBus", &json!({"Name": name}));
    for (source, queue) in rules {
        let pattern = json!({"source": [source]}).to_string();
        call(
            moto,
            "events",
            "AWSEvents.PutRule",
            &json!({"Name": source, "EventBusName": name, "EventPattern": pattern}),
        );
        let target = json!({"Id": "1", "Arn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{}", queue.name)});
        call(
            moto,
            "events",
            "AWSEvents.PutTargets",
            &json!({"Rule": source, "EventBusName": name, "Targets": [target]}),
        );
    }
}

pub(crate) fn receive(moto: &Moto, queue: &Queue) -> Vec<Message> {
    let wanted = json!({"QueueUrl": queue.address, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]});
    let got = call(moto, "sqs", "AmazonSQS.ReceiveMessage", &wanted);
    let messages = got["Messages"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |message: &Value| Message {
        id: text(&message["MessageId"]),
        receipt: text(&message["ReceiptHandle"]),
        body: text(&message["Body"]),
        attributes: message["Attributes"].clone(),
    };
    messages.iter().map(read).collect()
}

pub(crate) fn delete(moto: &Moto, queue: &Queue, message: &Message) {
    call(moto, "sqs", "AmazonSQS.DeleteMessage", &json!({"QueueUrl": queue.address, "ReceiptHandle": message.receipt}));
}
