//! A worker function: messages of a FIFO queue, one after another.
//!
//! Source of the answer's form: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::time::Instant;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use serde_json::json;
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_worlds::System;

use crate::kind::Kind;
use crate::log::line;
use crate::onwards::Order;
use crate::stack::Stack;
use crate::wake::{Woken, wake};

/// How soon a message that met a fault comes again, in seconds. The queue's own time is for a function that dies, and far longer.
const AGAIN: i32 = 20;

/// Does what the messages of a queue ask for: work of one kind. A message that meets a fault comes again, and with it all that
/// follow it in its group, since they come one after another. Refusals are recorded, and never come again.
pub async fn work(stack: &Stack, kind: Kind, event: SqsEvent) -> SqsBatchResponse {
    let mut failed: Vec<BatchItemFailure> = Vec::new();
    let mut stopped: Vec<String> = Vec::new();
    for message in event.records {
        let group = message.attributes.get("MessageGroupId").cloned().unwrap_or_default();
        let ended = if stopped.contains(&group) { Err(()) } else { one(stack, kind, &message).await };
        if ended.is_err() {
            stopped.push(group);
            again(stack, kind, &message).await;
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            failed.push(failure);
        }
    }
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed;
    response
}

async fn one(stack: &Stack, kind: Kind, message: &SqsMessage) -> Result<(), ()> {
    let (began, now) = (Instant::now(), System.now());
    let mut told = json!({ "message": message.message_id });
    let ended = taken(stack, kind, message, &mut told).await;
    let (outcome, oldest, said) = match &ended {
        Ok(woken) => {
            told["number"] = json!(woken.number);
            told["did"] = json!(woken.did);
            told["sent"] = json!(woken.sent);
            let outcome = if !woken.faults.is_empty() {
                "fault"
            } else if woken.did.is_empty() {
                "nothing"
            } else {
                "done"
            };
            (outcome, Some(woken.oldest), woken.faults.join("; "))
        }
        Err(Failure::Refused(refusal)) => ("refused", None, refusal.to_string()),
        Err(Failure::Fault(fault)) => ("fault", None, fault.to_string()),
    };
    if !said.is_empty() {
        told["error"] = json!(said);
    }
    line(kind.name(), outcome, now, began.elapsed(), oldest, &told);
    if outcome == "fault" { Err(()) } else { Ok(()) }
}

async fn taken(
    stack: &Stack,
    kind: Kind,
    message: &SqsMessage,
    told: &mut serde_json::Value,
) -> Result<Woken, Failure> {
    let odd = |error| Fault::lasting(format!("a message that is no order: {error}"));
    let order: Order = serde_json::from_str(message.body.as_deref().unwrap_or_default()).map_err(odd)?;
    told["project"] = json!(order.project.project);
    told["action"] = json!(order.lane);
    wake(stack, &order.project, false, None, |claim| Kind::of(claim) == kind && claim.lane() == order.lane).await
}

/// Brings a message back soon. When that fails, it comes back when the queue's own time is over.
async fn again(stack: &Stack, kind: Kind, message: &SqsMessage) {
    if let (Some(queue), Some(receipt)) = (stack.settings.queues.get(&kind), &message.receipt_handle)
        && let Err(failure) = stack.queues.bring_back(queue, receipt, AGAIN).await
    {
        crate::log::trouble(kind.name(), &failure.to_string());
    }
}
