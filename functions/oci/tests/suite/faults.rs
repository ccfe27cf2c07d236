//! Registries that are busy, broken, silent or lie.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use trunkline_core::ids::Digest;
use trunkline_oci::Options;
use trunkline_ports::artifacts::{Images as _, Outcome};

use crate::support::registry::Registry;
use crate::support::stand::{Reply, Request, Stand, answer};
use crate::support::{Export, Store, options, recipe, shown};

const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
const DIGEST: &str = "sha256:4da8d0f1bb5c2a1b8b4ae6ef7b4a4dd5a1d2b39c39fe25bf1a9f8a6e3d8cf1f4";

fn absent() -> Digest {
    DIGEST.parse().unwrap()
}

/// Asks a stand-in that always answers so for an image.
async fn asked(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (String, usize) {
    let stand = Stand::start(move |_, _: &Request| reply()).await;
    let failure = Store::new().images.find(&stand.repository("shop/web"), &absent()).await.unwrap_err();
    (
        shown(&failure).replace(&stand.host, "HOST").replace(stand.host.split(':').next().unwrap(), "HOST"),
        stand.seen().len(),
    )
}

#[tokio::test]
async fn a_busy_or_broken_registry_is_tried_again_and_then_left_for_later() {
    let (told, requests) = asked(|| {
        answer("429 Too Many Requests", "", r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#)
    })
    .await;
    assert_snapshot!(told, @"fault that may pass: `HOST` answers 429 Too Many Requests: TOOMANYREQUESTS slow down");
    assert_eq!(requests, 3);
    let (told, requests) = asked(|| answer("500 Internal Server Error", "", "<html>oh\u{7}no</html>")).await;
    assert_snapshot!(told, @"fault that may pass: `HOST` answers 500 Internal Server Error: <html>oh no</html>");
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn a_registry_that_asks_for_a_short_pause_gets_it_and_one_that_asks_for_a_long_one_is_left_alone() {
    let count = AtomicUsize::new(0);
    let pause = move |_: &str, _: &Request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => answer("429 Too Many Requests", "retry-after: 1\r\n", ""),
        _ => answer("404 Not Found", "", ""),
    };
    let stand = Stand::start(pause).await;
    let begun = std::time::Instant::now();
    assert_eq!(Store::new().images.find(&stand.repository("shop/web"), &absent()).await.unwrap(), None);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let (_, requests) = asked(|| answer("429 Too Many Requests", "retry-after: 3600\r\n", "")).await;
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_connection_that_is_cut_is_tried_again_and_then_left_for_later() {
    let (told, requests) = asked(|| Reply::Cut).await;
    assert!(told.starts_with("fault that may pass: "), "{told}");
    assert!(requests >= 3, "{requests}");
}

#[tokio::test]
async fn a_silent_registry_does_not_hang_us() {
    let stand = Stand::start(|_, _: &Request| Reply::Silence).await;
    let mut hasty = options();
    hasty.patience.silence = Duration::from_millis(50);
    let failure = Store::with(hasty).images.find(&stand.repository("shop/web"), &absent()).await.unwrap_err();
    assert_snapshot!(shown(&failure), @"fault that may pass: the registry was silent for 0.05 s");
}

#[tokio::test]
async fn an_answer_that_ends_with_its_connection_is_whole_and_the_next_request_has_its_own() {
    let close = |_: &str, _: &Request| {
        Reply::Bytes(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec())
    };
    let stand = Stand::start(close).await;
    let store = Store::new();
    for _ in 0..3 {
        assert_eq!(store.images.find(&stand.repository("shop/web"), &absent()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_manifest_that_is_not_the_one_asked_for_is_refused() {
    let (told, _) = asked(|| answer("200 OK", "", MANIFEST)).await;
    assert_snapshot!(told, @"
    refused, artifact-changed: the manifest is not what its digest says: expected sha256:4da8d0f1bb5c2a1b8b4ae6ef7b4a4dd5a1d2b39c39fe25bf1a9f8a6e3d8cf1f4, got sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2
    help: something changed it on the way or where it is kept; it was not used
    ");
}

#[tokio::test]
async fn an_answer_that_never_ends_is_not_read_to_its_end() {
    let endless = || {
        Reply::Bytes([b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n".to_vec(), vec![b' '; 9_000_000]].concat())
    };
    let (told, _) = asked(endless).await;
    assert_snapshot!(told, @"fault that stays: the registry's answer is longer than 4194304 bytes");
}

#[tokio::test]
async fn what_a_registry_rejects_is_told_in_its_own_words() {
    let (told, requests) = asked(|| {
        answer("400 Bad Request", "", r#"{"errors":[{"code":"NAME_INVALID","message":"invalid repository name"}]}"#)
    })
    .await;
    assert_snapshot!(told, @"
    refused, registry-rejected: `HOST/shop/web` refuses reading the manifest: 400 Bad Request: NAME_INVALID invalid repository name
    help: does the repository exist, and does the registry take OCI images and indexes?
    ");
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn an_upload_that_is_cut_begins_anew() {
    let registry = Registry::start();
    let cuts = AtomicUsize::new(0);
    let target = registry.host.clone();
    // Every first upload of a blob is cut off after its bytes were sent.
    let flaky = Stand::start(move |own, request: &Request| {
        if request.line.starts_with("PUT")
            && request.line.contains("/blobs/")
            && cuts.fetch_add(1, Ordering::SeqCst) < 2
        {
            return Reply::Cut;
        }
        forward(&target, own, request)
    })
    .await;
    let store = Store::with(Options { ..options() });
    let image = store.build(&flaky.repository("shop/web"), &Export::site(), recipe()).await.unwrap();
    assert_eq!(store.images.find(&registry.repository("shop/web"), &image.digest).await.unwrap(), Some(image.clone()));
    assert_eq!(
        store.images.tag(&flaky.repository("shop/web"), &image.digest, &"v1".parse().unwrap(), None).await.unwrap(),
        Outcome::Changed
    );
}

/// Passes a request on, on a connection of its own.
fn forward(target: &str, own: &str, request: &Request) -> Reply {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(target).unwrap();
    let accept = "application/vnd.oci.image.manifest.v1+json";
    let head = format!(
        "{} HTTP/1.1\r\nhost: {own}\r\nconnection: close\r\naccept: {accept}\r\ncontent-type: {accept}\r\ncontent-length: {}\r\n\r\n",
        request.line,
        request.body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    Reply::Bytes(bytes)
}
