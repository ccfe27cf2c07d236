//! What reaches the bus, the bucket and the queue behind, over a server that speaks AWS's protocols.

use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use trunkline_receive::{Receiver, settings};

use crate::delivery::{Delivery, answer, large_push, push, settings as given};
use crate::moto::Moto;

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[tokio::test]
async fn a_push_is_put_on_the_bus_with_what_is_needed_of_it() {
    let moto = Moto::start().await;
    let receiver = Receiver::new(given(&moto.endpoint(), &[]));
    for id in ["72d3162e-cc78-11e3-81ab-4c9367dc0958", "72d3162e-cc78-11e3-81ab-4c9367dc0958"] {
        answer(&receiver, &Delivery::new(id, "push", push().to_string())).await;
    }
    let events = moto.events_on_the_bus().await;
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0]["source"], &events[0]["detail-type"]), (&json!("github.com"), &json!("push")));
    assert_eq!(events[0]["time"], "2025-10-09T08:53:20Z");
    assert_snapshot!(pretty(&events[0]["detail"]), @r#"
    {
      "after": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "before": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "deleted": false,
      "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "event": "push",
      "forced": false,
      "head_commit": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "hook": "17",
      "installation": 5,
      "push": "13c459ad7e9fc675cf7e4a2bc654cdd6e25e5a228ac136d23602ff776e8d4709",
      "received_at": 1760000000000,
      "ref": "refs/heads/main",
      "repository": "acme/shop",
      "repository_id": 7
    }
    "#);
}

#[tokio::test]
async fn bodies_go_along_and_large_ones_by_way_of_the_bucket() {
    let moto = Moto::start().await;
    moto.bucket("bodies").await;
    let receiver = Receiver::new(given(&moto.endpoint(), &[(settings::BUCKET, "bodies")]));

    let small = large_push(100_000);
    assert_eq!(answer(&receiver, &Delivery::new("small", "push", small.clone())).await, "202 accepted");
    let detail = &moto.events_on_the_bus().await[0]["detail"];
    assert_eq!(detail["body"], serde_json::from_str::<Value>(&small).unwrap());
    assert!(detail.get("stored").is_none());

    // What is written as JSON may be larger than the body was.
    for (id, size) in [("edge", 240 * 1024 - 700), ("large", 1_000_000)] {
        let large = large_push(size);
        assert_eq!(answer(&receiver, &Delivery::new(id, "push", large.clone())).await, "202 accepted");
        let detail = &moto.events_on_the_bus().await[0]["detail"];
        assert!(detail.get("body").is_none());
        let mut sha256 = String::new();
        Sha256::digest(&large).iter().for_each(|byte| write!(sha256, "{byte:02x}").unwrap());
        let key = format!("deliveries/{id}.json");
        let stored = json!({"bucket": "bodies", "key": key, "sha256": sha256, "bytes": large.len()});
        assert_eq!(detail["stored"], stored);
        assert_eq!(detail["after"], "b".repeat(40));
        assert_eq!(moto.object(&format!("bodies/{key}")).await, large.into_bytes());
    }
}

#[tokio::test]
async fn the_secret_is_changed_in_secrets_manager_while_the_function_runs() {
    let moto = Moto::start().await;
    moto.secret("CreateSecret", &json!({"Name": "webhook", "SecretString": "old"})).await;
    let mut settings = given(&moto.endpoint(), &[(settings::SECRET_ID, "webhook")]);
    settings.patience.secrets_apart = std::time::Duration::ZERO;
    let receiver = Receiver::new(settings);
    receiver.warm().await;
    let ping = |secret: &str| Delivery::new("1", "ping", "{}").signed(secret);
    assert_eq!(&answer(&receiver, &ping("old")).await[..3], "202");
    assert_eq!(&answer(&receiver, &ping("new")).await[..3], "401");
    moto.secret("PutSecretValue", &json!({"SecretId": "webhook", "SecretString": "new"})).await;
    assert_eq!(&answer(&receiver, &ping("new")).await[..3], "202");
    assert_eq!(&answer(&receiver, &ping("old")).await[..3], "202");
}
