//! What each event says, and what travels on.

use insta::assert_snapshot;
use serde_json::json;
use trunkline_webhook::{Envelope, read};

/// The only place that calls the API under test: the envelope of a delivery, one field a line.
#[track_caller]
fn envelope(event: &str, body: &serde_json::Value) -> String {
    let body = body.to_string();
    match Envelope::new("72d3162e", event, read(event, &body).unwrap(), 1_760_000_000_000) {
        None => "nothing".to_owned(),
        Some(envelope) => serde_json::to_string_pretty(&envelope).unwrap(),
    }
}

fn push(head: Option<&str>) -> serde_json::Value {
    json!({
        "ref": "refs/tags/v1", "before": "0".repeat(40), "after": "a".repeat(40), "created": true, "deleted": head.is_none(),
        "forced": false, "base_ref": null, "commits": [{"id": "c"}], "head_commit": head.map(|id| json!({"id": id})),
        "repository": {"id": 7, "full_name": "acme/shop", "private": true}, "installation": {"id": 5, "node_id": "x"},
    })
}

#[test]
fn an_annotated_tag_is_told_with_its_commit() {
    assert_snapshot!(envelope("push", &push(Some(&"b".repeat(40)))), @r#"
    {
      "delivery": "72d3162e",
      "event": "push",
      "installation": 5,
      "repository": "acme/shop",
      "repository_id": 7,
      "ref": "refs/tags/v1",
      "before": "0000000000000000000000000000000000000000",
      "after": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "deleted": false,
      "forced": false,
      "head_commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "received_at": 1760000000000,
      "push": "100df5e8abf93bc18eab8033a7dff3a3ff4f3752e2caf76674c8309c55da5b4b"
    }
    "#);
}

#[test]
fn a_ref_that_is_gone_has_no_commit() {
    let text = envelope("push", &push(None));
    assert!(text.contains(r#""deleted": true"#) && !text.contains("head_commit"), "{text}");
}

#[test]
fn pushes_of_other_refs_repositories_and_objects_are_others() {
    let key = |body: &serde_json::Value| {
        let text = body.to_string();
        Envelope::new("1", "push", read("push", &text).unwrap(), 0).unwrap().push.unwrap()
    };
    let one = push(Some("c"));
    let mut same = one.clone();
    same["installation"] = json!(null);
    assert_eq!(key(&one), key(&same));
    for (field, value) in [("ref", json!("refs/tags/v2")), ("before", json!("1")), ("after", json!("1"))] {
        let mut other = one.clone();
        other[field] = value;
        assert_ne!(key(&one), key(&other), "{field}");
    }
    let mut other = one.clone();
    other["repository"]["id"] = json!(8);
    assert_ne!(key(&one), key(&other));
}

#[test]
fn a_check_that_ended_is_a_verdict() {
    let run = json!({"name": "e2e", "conclusion": "failure", "head_sha": "a", "app": {"slug": "ci"}});
    let body = json!({"action": "completed", "check_run": run, "repository": {"id": 7, "full_name": "acme/shop"}});
    assert_snapshot!(envelope("check_run", &body), @r#"
    {
      "delivery": "72d3162e",
      "event": "check_run",
      "repository": "acme/shop",
      "repository_id": 7,
      "name": "e2e",
      "conclusion": "failure",
      "commit": "a",
      "received_at": 1760000000000
    }
    "#);
}

#[test]
fn a_suite_is_called_after_its_app() {
    let suite = json!({"conclusion": "success", "head_sha": "a", "app": {"slug": "ci"}});
    let body = json!({"check_suite": suite, "repository": {"id": 7, "full_name": "acme/shop"}});
    assert!(envelope("check_suite", &body).contains(r#""name": "ci""#));
}

#[test]
fn a_deployment_is_told_with_its_environment() {
    let body = json!({
        "deployment": {"sha": "a", "task": "deploy"}, "deployment_status": {"state": "success", "environment": "stage"},
        "repository": {"id": 7, "full_name": "acme/shop"},
    });
    assert_snapshot!(envelope("deployment_status", &body), @r#"
    {
      "delivery": "72d3162e",
      "event": "deployment_status",
      "repository": "acme/shop",
      "repository_id": 7,
      "name": "deploy",
      "conclusion": "success",
      "commit": "a",
      "environment": "stage",
      "received_at": 1760000000000
    }
    "#);
}

#[test]
fn what_has_only_begun_says_nothing() {
    let repository = json!({"id": 7, "full_name": "acme/shop"});
    let run = json!({"name": "e2e", "conclusion": null, "head_sha": "a"});
    for event in ["check_run", "check_suite", "workflow_run"] {
        assert_eq!(envelope(event, &json!({event: run, "repository": repository})), "nothing");
    }
    let status = json!({"sha": "a", "context": "e2e", "state": "pending", "repository": repository});
    assert_eq!(envelope("status", &status), "nothing");
    for state in ["queued", "in_progress", "pending"] {
        let status = json!({"state": state, "environment": "stage"});
        let body = json!({"deployment": {"sha": "a"}, "deployment_status": status, "repository": repository});
        assert_eq!(envelope("deployment_status", &body), "nothing");
    }
}

#[test]
fn pings_installations_and_events_of_the_future_say_nothing() {
    for event in ["ping", "installation", "installation_repositories", "event_of_the_future"] {
        assert_eq!(envelope(event, &json!({"zen": "Design for failure.", "ref": 1, "repository": null})), "nothing");
    }
}
