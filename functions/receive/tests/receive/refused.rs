//! What is not accepted, why, and that it leaves no trace.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use trunkline_receive::{Receiver, Request};

use crate::delivery::{Delivery, SECRET, answer, logged, push, settings};
use crate::stand_in::StandIn;

async fn receiver() -> (StandIn, Receiver) {
    let stand_in = StandIn::start().await;
    let receiver = Receiver::new(settings(&stand_in.endpoint, &[]));
    (stand_in, receiver)
}

fn delivery() -> Delivery {
    Delivery::new("guid-1", "push", push().to_string())
}

#[tokio::test]
async fn what_is_not_signed_with_our_secret_is_401_and_leaves_no_trace() {
    let (stand_in, receiver) = receiver().await;
    let signed = delivery();
    let header = signed.headers.iter().find(|(name, _)| name == "x-hub-signature-256").unwrap().1.clone();
    let unsigned = signed.clone().without("x-hub-signature-256");
    let refused = [
        (unsigned.clone(), "401 the delivery has no `X-Hub-Signature-256`: does the webhook have a secret?"),
        (
            unsigned.with("x-hub-signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"),
            "401 the signature is not `sha256=` and 64 hex digits",
        ),
        (
            signed.clone().with("x-hub-signature-256", &header[..70]),
            "401 the signature is not `sha256=` and 64 hex digits",
        ),
        (signed.clone().signed("another"), "401 the signature does not fit the body and the webhook's secret"),
    ];
    for (delivery, said) in refused {
        assert_eq!(answer(&receiver, &delivery).await, said);
        let lines = logged();
        assert_eq!((lines.len(), &lines[0]["status"]), (1, &json!(401)));
        assert!(!lines[0].to_string().contains("guid-1"), "what is not believed is not repeated: {}", lines[0]);
    }
    assert!(stand_in.seen().is_empty(), "nothing went anywhere");
    assert_eq!(answer(&receiver, &signed).await, "202 accepted", "nothing was remembered");
}

#[tokio::test]
async fn the_signature_comes_before_any_reading() {
    let (_, receiver) = receiver().await;
    for body in ["", "no json", "{\"ref\": 1}"] {
        let said = answer(&receiver, &Delivery::new("1", "push", body).signed("another")).await;
        assert_eq!(said, "401 the signature does not fit the body and the webhook's secret");
    }
}

#[tokio::test]
async fn other_methods_are_405() {
    let (_, receiver) = receiver().await;
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let delivery = Delivery { method, ..delivery() };
        assert_eq!(answer(&receiver, &delivery).await, "405 a delivery is a POST, and this is something else");
    }
    let empty: Request = serde_json::from_str("{}").unwrap();
    assert_eq!(receiver.answer(empty).await.status_code, 405, "an event that is no request at all");
}

#[tokio::test]
async fn bodies_of_more_than_six_mebibytes_are_413() {
    let (stand_in, receiver) = receiver().await;
    let most = 6 * 1024 * 1024;
    for (bytes, status) in [(most, "202"), (most + 1, "413")] {
        for base64 in [false, true] {
            let body = format!("{{{}}}", " ".repeat(bytes - 2));
            let delivery = Delivery { base64, ..Delivery::new("1", "ping", body) };
            assert_eq!(&answer(&receiver, &delivery).await[..3], status, "{bytes} {base64}");
        }
    }
    assert!(stand_in.seen().is_empty());
}

#[tokio::test]
async fn bodies_that_are_no_json_are_400() {
    let (stand_in, receiver) = receiver().await;
    let bodies = [
        ("no json", "400 the body is not the JSON of a `push` event: line 1, column 2"),
        ("", "400 the body is not the JSON of a `push` event: line 1, column 0"),
        ("{\"ref\": 1}", "400 the body is not the JSON of a `push` event: line 1, column 9"),
    ];
    for (body, said) in bodies {
        assert_eq!(answer(&receiver, &Delivery::new("1", "push", body)).await, said);
    }
    let bytes = Delivery { base64: true, ..Delivery::new("1", "push", b"\xff\xfe".to_vec()) };
    assert_eq!(answer(&receiver, &bytes).await, "400 the body is neither JSON nor a form with `payload`");
    assert!(stand_in.seen().is_empty());
}

#[tokio::test]
async fn broken_base64_is_400() {
    let (_, receiver) = receiver().await;
    let mut event = delivery().event();
    event["isBase64Encoded"] = json!(true);
    let answer = receiver.answer(serde_json::from_value(event).unwrap()).await;
    assert_eq!((answer.status_code, &*answer.body), (400, "the body is not base64, though its sender says so\n"));
}

#[tokio::test]
async fn a_delivery_without_a_proper_name_or_id_is_400() {
    let (stand_in, receiver) = receiver().await;
    let odd = |name: &str| [delivery().without(name), delivery().with(name, "../etc"), delivery().with(name, "")];
    for delivery in odd("x-github-delivery") {
        assert_eq!(answer(&receiver, &delivery).await, "400 the delivery has no proper `X-GitHub-Delivery`");
    }
    for delivery in odd("x-github-event") {
        assert_eq!(answer(&receiver, &delivery).await, "400 the delivery has no proper `X-GitHub-Event`");
    }
    assert!(stand_in.seen().is_empty());
}

#[tokio::test]
async fn a_body_in_base64_is_signed_and_read_as_the_bytes_it_stands_for() {
    let (stand_in, receiver) = receiver().await;
    assert_eq!(answer(&receiver, &Delivery { base64: true, ..delivery() }).await, "202 accepted");
    assert_eq!(stand_in.seen()[0].detail()["ref"], "refs/heads/main");
    // Signed over the text of the base64 instead.
    let text = Delivery { body: STANDARD.encode(delivery().body).into_bytes(), ..delivery() }.signed(SECRET);
    let mut event = text.event();
    event["isBase64Encoded"] = json!(true);
    assert_eq!(receiver.answer(serde_json::from_value(event).unwrap()).await.status_code, 401);
}

#[tokio::test]
async fn a_form_is_signed_as_it_came_and_read_as_what_it_holds() {
    let (stand_in, receiver) = receiver().await;
    let form: String =
        push().to_string().bytes().fold("payload=".to_owned(), |form, byte| format!("{form}%{byte:02X}"));
    let delivery = Delivery::new("1", "push", form).with("content-type", "application/x-www-form-urlencoded");
    assert_eq!(answer(&receiver, &delivery).await, "202 accepted");
    assert_eq!(stand_in.seen()[0].detail()["repository"], "acme/shop");
}

#[tokio::test]
async fn headers_may_come_in_any_case() {
    let (stand_in, receiver) = receiver().await;
    let mut delivery = delivery();
    delivery.headers.iter_mut().for_each(|(name, _)| *name = name.to_uppercase());
    assert_eq!(answer(&receiver, &delivery).await, "202 accepted");
    assert_eq!(stand_in.seen().len(), 1);
}

#[tokio::test]
async fn events_that_say_nothing_are_accepted_and_go_nowhere() {
    let (stand_in, receiver) = receiver().await;
    for event in ["ping", "installation", "installation_repositories", "event_of_the_future"] {
        let said = answer(&receiver, &Delivery::new(event, event, "{\"zen\": \"Design for failure.\"}")).await;
        assert_eq!(said, "202 accepted: there is nothing to do for this event");
    }
    assert!(stand_in.seen().is_empty());
}
