//! The documented shapes of `--json`: one document on the standard output, whatever happens.

use serde_json::{Value, json};

use crate::shop::Shop;

/// The keys of an object, sorted.
#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn status_has_the_shape_that_is_documented() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    shop.passes("HEAD");
    let status = shop.does(&["status", "--json"]).json();
    assert_eq!(keys(&status), ["environments", "outstanding", "project"]);
    assert_eq!(status["project"], "shop");
    let stage = &status["environments"]["stage"];
    assert_eq!(keys(stage), ["artifacts", "commit", "held", "running", "since", "state", "tag"]);
    assert_eq!((&stage["tag"], &stage["held"], &stage["state"]), (&Value::Null, &Value::Null, &json!("verified")));
    let running = &stage["running"][0];
    assert_eq!((&running["commit"], &running["share"]), (&json!(shop.head()), &json!(100)));
    assert_eq!(running["artifacts"], stage["artifacts"]);
    assert_eq!(
        status["environments"]["prod"],
        json!({
            "commit": null, "tag": null, "state": "empty", "since": null, "held": null, "artifacts": {}, "running": []
        })
    );
}

#[test]
fn where_has_the_shape_that_is_documented() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let first = shop.head();
    shop.passes("HEAD");
    shop.write("README", "docs only");
    shop.commit("Write docs");
    shop.does(&["sync"]);
    let found = shop.does(&["where", "HEAD", "--json"]).json();
    for key in ["commit", "artifacts", "environments", "yanked", "history"] {
        assert!(keys(&found).contains(&key), "{key}: {found:#}");
    }
    assert_eq!(found["commit"], shop.head());
    assert_eq!(keys(&found["artifacts"]["web"]), ["built_from", "digest", "tags"]);
    assert_eq!(found["artifacts"]["web"]["built_from"], first);
    assert_eq!(found["artifacts"]["web"]["tags"], json!([first[..12]]));
    assert_eq!(keys(&found["history"][0]), ["at", "by", "number", "what"]);
    assert_eq!(found["yanked"], Value::Null);
}

#[test]
fn sync_tells_what_it_recorded_and_how_it_ended() {
    let shop = Shop::new();
    let sync = shop.does(&["sync", "--ref", "main", "--json"]).json();
    assert_eq!(keys(&sync), ["ended", "recorded"]);
    assert_eq!(keys(&sync["ended"]), ["asked", "environments", "faults", "outstanding", "yanked"]);
    assert_eq!(sync["ended"]["environments"]["stage"]["to"], shop.head());
    assert_eq!(sync["ended"]["asked"], json!({ "ref": "refs/heads/main", "refusals": [], "notices": [] }));
    assert!(sync["recorded"].as_array().unwrap().iter().any(|fact| fact["kind"] == "built"));
}

#[test]
fn plan_is_the_plan_with_what_follows_and_the_diffs() {
    let shop = Shop::new();
    let plan = shop.does(&["plan", "--json"]).json();
    assert_eq!(keys(&plan), ["actions", "diffs", "records", "refusals", "then", "waiting"]);
    assert_eq!(plan["then"][0]["environment"], "stage");
    assert_eq!(plan["then"][0]["unbuilt"], json!(["site", "web"]));
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.git(&["tag", "rc-1"]);
    let plan = shop.does(&["plan", "--json"]).json();
    assert_eq!(plan["diffs"][0]["environment"], "demo");
    assert!(plan["diffs"][0]["diff"].as_str().unwrap().contains("rc-1"));
}

#[test]
fn log_is_the_entries() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let log = shop.does(&["log", "--limit", "2", "--json"]).json();
    assert_eq!(log.as_array().unwrap().len(), 2);
    assert_eq!(keys(&log[0]), ["at", "by", "facts", "format", "id", "number"]);
}

#[test]
fn a_refusal_is_a_document_too() {
    let shop = Shop::new();
    let error = shop.run(&["where", "nowhere", "--json"]).ends(2).json();
    assert_eq!(keys(&error["error"]), ["code", "help", "kind", "message", "place"]);
    assert_eq!((&error["error"]["kind"], &error["error"]["code"]), (&json!("refusal"), &json!("unknown-revision")));
    assert!(error["error"]["message"].as_str().unwrap().contains("nowhere"));
}

#[test]
fn no_colour_and_no_bar_is_written_where_there_is_no_terminal() {
    let shop = Shop::new();
    let ran = shop.does(&["sync"]);
    assert!(!ran.err.contains('\x1b') && !ran.out.contains('\x1b'), "{ran}");
    assert!(ran.err.contains("+ build web from "), "{ran}");
}
