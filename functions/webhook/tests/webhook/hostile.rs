//! Bodies nobody sends in good faith, though the signature fits.

use proptest::prelude::*;
use trunkline_webhook::{payload, read, verify};

const EVENTS: &[&str] = &["push", "check_run", "check_suite", "workflow_run", "deployment_status", "status", "ping"];

#[test]
fn what_is_no_object_is_refused_for_every_event() {
    let deep = "[".repeat(100_000);
    for event in EVENTS {
        for body in ["", " ", "null", "1", "\"text\"", "{", "{}}", "<html>", "payload=%7B%7D", &deep] {
            assert!(read(event, body).is_err(), "{event}: {body:.20}");
        }
    }
}

#[test]
fn a_refusal_says_where_and_never_what() {
    let body = r#"{"ref": {"token": "hidden"}}"#;
    let said = read("push", body).unwrap_err().to_string();
    assert_eq!(said, "the body is not the JSON of a `push` event: line 1, column 8");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(body in ".*", event in 0..EVENTS.len()) {
        let _ = read(EVENTS[event], &body);
    }

    #[test]
    fn no_bytes_make_it_panic(body: Vec<u8>, header in ".*") {
        assert!(verify(&body, Some(&header), &[]).is_err());
        let _ = payload(Some("application/x-www-form-urlencoded"), &body);
        let _ = payload(None, &body);
    }
}
