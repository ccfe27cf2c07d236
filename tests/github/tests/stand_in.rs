//! The stand-in itself: what it serves keeps to GitHub's description, and what does not is told.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use trunkline_contract::fixture::Fixture;
use trunkline_github_stand_in::hooks::{Delivery, Pushes};
use trunkline_github_stand_in::{Kind, StandIn, TOKEN, Trouble};

/// A stand-in with one repository of one commit.
fn stand() -> (StandIn, Fixture) {
    let (stand_in, fixture) = (StandIn::start(), Fixture::new());
    fixture.write("api/main", "1");
    fixture.commit("one");
    stand_in.add("acme/shop", &fixture.path);
    (stand_in, fixture)
}

/// An answer: status, headers in lower case, body.
struct Answer(u16, String, Value);

/// Asks with the token, and with further headers.
fn ask(stand_in: &StandIn, method: &str, path: &str, body: &Value, more: &str) -> Answer {
    let host = stand_in.url().replace("http://", "");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n");
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(stream, "{head}authorization: Bearer {TOKEN}\r\n{more}\r\n{body}").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer(status, head.to_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

/// As anybody asks.
fn plain(stand_in: &StandIn, method: &str, path: &str, body: &Value) -> Answer {
    ask(stand_in, method, path, body, "user-agent: test\r\n")
}

/// What was created, by each operation that creates something; then everything that only reads. The stand-in itself compares.
#[test]
fn every_operation_that_is_served_keeps_to_the_description() {
    let (stand_in, fixture) = stand();
    let commit = fixture.head().to_string();
    fixture.git(&["tag", "-a", "-m", "x", "release/v1"]);
    let tag = fixture.git(&["rev-parse", "release/v1"]);
    let tree = fixture.git(&["rev-parse", "HEAD^{tree}"]);
    let blob = fixture.git(&["rev-parse", "HEAD:api/main"]);
    let at = |path: &str| format!("/repos/acme/shop{path}");
    let post = |path: &str, body: &Value| plain(&stand_in, "POST", &at(path), body);

    assert_eq!(post("/git/refs", &json!({ "ref": "refs/heads/a/b", "sha": commit })).0, 201);
    let Answer(status, _, made) =
        post("/deployments", &json!({ "ref": commit, "environment": "stage", "required_contexts": [] }));
    assert_eq!(status, 201);
    let statuses = format!("/deployments/{}/statuses", made["id"]);
    assert_eq!(post(&statuses, &json!({ "state": "success", "description": "runs" })).0, 201);
    let run = json!({ "name": "trunkline", "head_sha": commit, "status": "in_progress" });
    let Answer(status, _, made) = post("/check-runs", &run);
    assert_eq!(status, 201);
    let ended = json!({ "conclusion": "success", "output": { "title": "t", "summary": "s" } });
    assert_eq!(plain(&stand_in, "PATCH", &at(&format!("/check-runs/{}", made["id"])), &ended).0, 200);
    assert_eq!(post(&format!("/commits/{commit}/comments"), &json!({ "body": "yanked" })).0, 201);
    assert_eq!(post("/actions/workflows/build.yaml/dispatches", &json!({ "ref": "main" })).0, 204);

    for (path, status) in [
        (String::new(), 200),
        (format!("/git/trees/{tree}?recursive=1"), 200),
        (format!("/git/blobs/{blob}"), 200),
        (format!("/git/tags/{tag}"), 200),
        ("/git/ref/tags/release/v1".to_owned(), 200),
        ("/git/ref/tags/gone".to_owned(), 404),
        (format!("/compare/{commit}...a/b?per_page=1&page=2"), 200),
        (format!("/tarball/{commit}"), 302),
        ("/deployments?environment=stage".to_owned(), 200),
        (statuses, 200),
        (format!("/commits/{commit}/check-runs?check_name=trunkline"), 200),
        (format!("/commits/{commit}/comments"), 200),
    ] {
        assert_eq!(plain(&stand_in, "GET", &at(&path), &Value::Null).0, status, "{path}");
    }
    let Answer(_, _, listed) = plain(&stand_in, "GET", &at("/deployments?environment=stage"), &Value::Null);
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["sha"]), (Some(1), &json!(commit)));
}

#[test]
fn a_request_that_is_not_as_described_is_told() {
    let (stand_in, fixture) = stand();
    let commit = fixture.head().to_string();
    let refs = "/repos/acme/shop/git/refs";
    for (method, path, body, told) in [
        ("POST", refs, json!({ "ref": "refs/tags/v1" }), "\"sha\" is a required property"),
        ("POST", refs, json!({ "ref": 1, "sha": commit }), "1 is not of type"),
        ("POST", refs, json!({ "ref": "refs/tags/v2", "sha": commit, "shaa": 1 }), "'shaa' was unexpected"),
        ("POST", refs, Value::Null, "the body is missing"),
        ("GET", "/repos/acme/shop/git/trees/x?recursivee=1", Value::Null, "there is no parameter `recursivee`"),
        ("GET", "/repos/acme/shop/deployments?per_page=many", Value::Null, "`per_page`"),
        ("GET", "/repos/acme/shop/nothing/such", Value::Null, "GitHub has no such operation"),
        ("GET", "/repos/acme/shop/topics", Value::Null, "does not serve"),
        ("POST", "/graphql", json!({ "query": "{ repository(owner: \"acme\", name: \"shop\") { nmae } }" }), "nmae"),
        ("POST", "/graphql", json!({ "query": "{ repository(owner: 1, name: \"shop\") { id } }" }), "String"),
    ] {
        plain(&stand_in, method, path, &body);
        let violations = stand_in.violations().join("\n");
        assert!(violations.contains(told), "{method} {path} {body}: {violations:?}");
    }
    ask(&stand_in, "GET", "/repos/acme/shop", &Value::Null, "");
    assert!(stand_in.violations().join("\n").contains("user-agent"));
}

#[test]
#[should_panic(expected = "not as GitHub describes its API")]
fn a_violation_that_nobody_asked_for_fails_the_test() {
    let (stand_in, _fixture) = stand();
    plain(&stand_in, "GET", "/repos/acme/shop/nothing/such", &Value::Null);
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let (stand_in, _fixture) = stand();
    let Answer(_, head, _) = plain(&stand_in, "GET", "/repos/acme/shop", &Value::Null);
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_uppercase();
    let etag = etag.to_lowercase().replacen("w/", "W/", 1);
    let more = format!("user-agent: test\r\nif-none-match: {etag}\r\n");
    assert_eq!(ask(&stand_in, "GET", "/repos/acme/shop", &Value::Null, &more).0, 304);
}

#[test]
fn a_trouble_befalls_as_many_requests_as_it_says_and_what_was_done_stays_done() {
    let (stand_in, fixture) = stand();
    let made = json!({ "ref": "refs/tags/v1", "sha": fixture.head().to_string() });
    stand_in.trouble(Trouble::new("POST", "/git/refs", Kind::FailAfter));
    assert_eq!(plain(&stand_in, "POST", "/repos/acme/shop/git/refs", &made).0, 502);
    assert_eq!(plain(&stand_in, "POST", "/repos/acme/shop/git/refs", &made).0, 422, "it is there");
    stand_in.trouble(Trouble::new("GET", "/repos", Kind::Cut).times(2));
    let statuses = [0; 3].map(|_| plain(&stand_in, "GET", "/repos/acme/shop", &Value::Null).0);
    assert_eq!(statuses, [0, 0, 200]);
}

#[test]
fn pushes_are_told_one_ref_each_signed_with_the_commit_behind_a_tag() {
    let (stand_in, fixture) = stand();
    let mut pushes = Pushes::watch(&stand_in, "acme/shop");
    assert_eq!(pushes.deliveries("secret"), []);
    let commit = fixture.commit("two").to_string();
    fixture.git(&["tag", "-a", "-m", "x", "v1"]);
    let made = pushes.deliveries("secret");
    let read = |delivery: &Delivery| serde_json::from_slice::<Value>(&delivery.body).unwrap();
    for (delivery, reference) in made.iter().zip(["refs/heads/main", "refs/tags/v1"]) {
        assert!(delivery.headers.iter().any(|(name, value)| *name == "x-hub-signature-256" && value.len() == 71));
        let push = read(delivery);
        assert_eq!((&push["ref"], &push["head_commit"]["id"]), (&json!(reference), &json!(commit)));
    }
    assert_ne!(read(&made[1])["after"], json!(commit), "an annotated tag is an object of its own");
    fixture.git(&["tag", "--delete", "v1"]);
    let gone = pushes.deliveries("secret");
    let push = read(&gone[0]);
    assert!(gone.len() == 1 && push["deleted"] == true && push["head_commit"].is_null());
}
