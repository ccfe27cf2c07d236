//! AWS fails in every way it has: GitHub sees a failure in time, or the delivery is on the bus.

use std::time::{Duration, Instant};

use serde_json::json;
use trunkline_receive::{Receiver, settings};

use crate::delivery::{Delivery, answer, hasty, large_push, logged, push, settings as given};
use crate::stand_in::Reply::{Cut, Says, Stuck};
use crate::stand_in::{Reply, StandIn};

const PUT: &str = "AWSEvents.PutEvents";

/// What is said when the bus did not take it.
const NOT_NOW: &str = "503 the delivery cannot be handed over now";

const THROTTLED: Reply = Says(400, r#"{"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}"#);
const BROKEN: Reply = Says(500, r#"{"__type": "InternalException"}"#);
const DENIED: Reply = Says(400, r#"{"__type": "AccessDeniedException", "message": "not you"}"#);
const NOT_TAKEN: Reply = Says(
    200,
    r#"{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure"}]}"#,
);
const NEVER_TAKEN: Reply = Says(
    200,
    r#"{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "no"}]}"#,
);

async fn receiver(more: &[(&str, &str)]) -> (StandIn, Receiver) {
    let stand_in = StandIn::start().await;
    let receiver = hasty(given(&stand_in.endpoint, more));
    (stand_in, receiver)
}

fn delivery(id: &str) -> Delivery {
    Delivery::new(id, "push", push().to_string())
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for failure in
        [THROTTLED, BROKEN, NOT_TAKEN, Cut, Stuck, Says(200, "no answer"), Says(429, ""), Says(503, "<html>")]
    {
        let (stand_in, receiver) = receiver(&[]).await;
        stand_in.next(&[failure]);
        assert_eq!(answer(&receiver, &delivery("1")).await, "202 accepted");
        assert_eq!(stand_in.asked(), [PUT, PUT]);
    }
}

#[tokio::test]
async fn what_lasts_is_a_503_at_once() {
    for (failure, said) in
        [(DENIED, "AccessDeniedException not you"), (NEVER_TAKEN, "NotAuthorizedForSourceException no")]
    {
        let (stand_in, receiver) = receiver(&[]).await;
        stand_in.next(&[failure]);
        assert_eq!(answer(&receiver, &delivery("1")).await, NOT_NOW);
        assert_eq!(stand_in.asked(), [PUT]);
        let line = &logged()[0];
        assert!(line["error"].as_str().unwrap().contains(said), "{line}");
        assert_eq!((&line["level"], &line["outcome"]), (&json!("ERROR"), &json!("not-handed-over")));
    }
}

#[tokio::test]
async fn a_bus_that_never_answers_is_a_503_in_time() {
    let (stand_in, receiver) = receiver(&[]).await;
    stand_in.next(&vec![Stuck; 50]);
    let began = Instant::now();
    assert_eq!(answer(&receiver, &delivery("1")).await, NOT_NOW);
    // 2.5 s in these tests; the rest is for a busy machine.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_delivery_that_failed_is_handed_over_when_it_comes_again() {
    let (stand_in, receiver) = receiver(&[]).await;
    stand_in.next(&[DENIED]);
    assert_eq!(answer(&receiver, &delivery("1")).await, NOT_NOW);
    assert_eq!(answer(&receiver, &delivery("1")).await, "202 accepted");
    assert_eq!(answer(&receiver, &delivery("1")).await, "202 accepted: this was handed over before");
    assert_eq!(stand_in.asked(), [PUT, PUT]);
}

#[tokio::test]
async fn another_webhook_that_tells_of_the_same_push_is_a_repeat() {
    let (stand_in, receiver) = receiver(&[]).await;
    assert_eq!(answer(&receiver, &delivery("1")).await, "202 accepted");
    let other = delivery("2").with("x-github-hook-id", "18");
    assert_eq!(answer(&receiver, &other).await, "202 accepted: this was handed over before");
    let mut body = push();
    body["after"] = json!("c".repeat(40));
    assert_eq!(answer(&receiver, &Delivery::new("3", "push", body.to_string())).await, "202 accepted");
    let keys: Vec<_> = stand_in.seen().iter().map(|seen| seen.detail()["push"].clone()).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_body_that_cannot_be_stored_is_not_announced() {
    let (stand_in, receiver) = receiver(&[(settings::BUCKET, "bodies")]).await;
    stand_in.next(&[Says(403, "<Error><Code>AccessDenied</Code></Error>")]);
    let large = Delivery::new("1", "push", large_push(300_000));
    assert_eq!(answer(&receiver, &large).await, NOT_NOW);
    assert_eq!(stand_in.asked(), ["/bodies/deliveries/1.json"]);
    assert_eq!(logged()[0]["error"], "s3: 403 AccessDenied");
    stand_in.next(&[Says(503, "<Error><Code>SlowDown</Code></Error>")]);
    assert_eq!(answer(&receiver, &large).await, "202 accepted");
    assert_eq!(stand_in.asked(), ["/bodies/deliveries/1.json", "/bodies/deliveries/1.json", PUT]);
}

#[tokio::test]
async fn requests_are_signed_with_the_roles_token() {
    let (stand_in, receiver) = receiver(&[]).await;
    answer(&receiver, &delivery("1")).await;
    let authorization = &stand_in.seen()[0].authorization;
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=test/"), "{authorization}");
    assert!(authorization.contains("/us-east-1/events/aws4_request, "), "{authorization}");
    let signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, ";
    assert!(authorization.contains(signed), "{authorization}");
}

#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_gets_nothing() {
    let stand_in = StandIn::start().await;
    let receiver = hasty(given(&stand_in.endpoint.replace("http:", "https:"), &[]));
    assert_eq!(answer(&receiver, &delivery("1")).await, NOT_NOW);
    assert!(stand_in.seen().is_empty());
}

#[tokio::test]
async fn the_log_says_what_came_and_never_a_body_or_a_secret() {
    let (_stand_in, receiver) = receiver(&[]).await;
    answer(&receiver, &delivery("guid-1")).await;
    let lines = logged();
    let line = &lines[0];
    for (name, value) in
        [("delivery", "guid-1"), ("event", "push"), ("repository", "acme/shop"), ("outcome", "handed-over")]
    {
        assert_eq!(line[name], value);
    }
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "deliveries");
    let text = line.to_string();
    assert!(!text.contains("hello") && !text.contains("Secret") && !text.contains("sha256"), "{text}");
}
