//! A real registry: what is pushed, what is read, and in how many requests.

use serde_json::Value;
use trunkline_ports::artifacts::{Images as _, Outcome};

use crate::support::proxy::Proxy;
use crate::support::registry::Registry;
use crate::support::{Export, Store, recipe, run, shown, two_platforms};

/// Bytes that do not compress, always the same.
fn noise(size: usize) -> Vec<u8> {
    let steps = std::iter::successors(Some(1_u64), |step| {
        Some(step.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    });
    steps.map(|step| step.to_be_bytes()[0]).take(size).collect()
}

#[tokio::test]
async fn what_is_pushed_is_what_is_in_a_layout_and_skopeo_reads_it() {
    let (store, registry) = (Store::new(), Registry::start());
    let repository = registry.repository("shop/web");
    for recipe in [recipe(), two_platforms()] {
        let here = store.build("shop/web", &Export::site(), recipe.clone()).await.unwrap();
        let there = store.build(&repository, &Export::site(), recipe).await.unwrap();
        assert_eq!(here, there);
        assert_eq!(store.images.find(&repository, &there.digest).await.unwrap().as_ref(), Some(&there));
        let image = format!("docker://{repository}@{}", there.digest);
        assert_eq!(run("skopeo", &["inspect", "--tls-verify=false", "--raw", &image]), there.manifest.text);
        let copy = format!("oci:{}:copy", store.layout("copy").display());
        run("skopeo", &["copy", "--all", "--quiet", "--src-tls-verify=false", &image, &copy]);
        assert_eq!(run("skopeo", &["inspect", "--raw", &copy]), there.manifest.text);
    }
}

#[tokio::test]
async fn skopeo_copies_a_layout_into_the_registry_under_the_same_digest() {
    let (store, registry) = (Store::new(), Registry::start());
    let image = store.build("shop/web", &Export::site(), two_platforms()).await.unwrap();
    store.images.tag("shop/web", &image.digest, &"v1".parse().unwrap(), None).await.unwrap();
    let repository = registry.repository("copied");
    let from = format!("oci:{}:v1", store.layout("shop/web").display());
    run(
        "skopeo",
        &["copy", "--all", "--quiet", "--dest-tls-verify=false", &from, &format!("docker://{repository}:v1")],
    );
    assert_eq!(store.images.find(&repository, &image.digest).await.unwrap(), Some(image));
}

#[tokio::test]
async fn an_unchanged_image_is_one_request() {
    let (store, registry) = (Store::new(), Registry::start());
    let proxy = Proxy::before(&registry.host).await;
    let repository = format!("{}/shop/web", proxy.host);
    let image = store.build(&repository, &Export::site(), two_platforms()).await.unwrap();
    let first = proxy.taken();
    assert!(!first.iter().any(|line| line == "GET /v2/"), "no ping: {first:#?}");
    assert_eq!(store.build(&repository, &Export::site(), two_platforms()).await.unwrap(), image);
    assert_eq!(proxy.taken(), [format!("HEAD /v2/shop/web/manifests/{}", image.digest)]);
}

#[tokio::test]
async fn a_blob_that_is_there_is_not_sent_again() {
    let (store, registry) = (Store::new(), Registry::start());
    let proxy = Proxy::before(&registry.host).await;
    let repository = format!("{}/shop/web", proxy.host);
    store.build(&repository, &Export::site(), recipe()).await.unwrap();
    proxy.taken();
    let mut changed = recipe();
    changed["user"] = Value::from("1000");
    store.build(&repository, &Export::site(), changed).await.unwrap();
    let requests = proxy.taken();
    assert_eq!(
        requests.iter().filter(|line| line.starts_with("POST")).count(),
        1,
        "only the configuration: {requests:#?}"
    );
}

#[tokio::test]
async fn the_largest_blob_goes_first_on_the_connection_that_is_open() {
    let (store, registry) = (Store::new(), Registry::start());
    let proxy = Proxy::before(&registry.host).await;
    let repository = format!("{}/shop/web", proxy.host);
    // Their digests are in no order, so that it is not by chance that one of several goes first.
    for user in ["1", "2", "3", "4", "5", "6"] {
        let mut recipe = recipe();
        recipe["user"] = Value::from(user);
        let export = Export::site();
        export.file("dist/user", user).file("dist/image", noise(5000));
        let image = store.build(&repository, &export, recipe).await.unwrap();
        let manifest: Value = serde_json::from_str(&image.manifest.text).unwrap();
        let blobs = manifest["layers"].as_array().unwrap().iter().chain([&manifest["config"]]);
        let largest = blobs.max_by_key(|blob| blob["size"].as_u64()).unwrap()["digest"].as_str().unwrap();
        let requests = proxy.taken();
        assert_eq!(requests[1], format!("HEAD /v2/shop/web/blobs/{largest}"), "{requests:#?}");
    }
}

#[tokio::test]
async fn a_layer_of_many_pieces_arrives_whole() {
    let (store, registry) = (Store::new(), Registry::start());
    let export = Export::new();
    export.file("dist/image", noise(5_000_000));
    let repository = registry.repository("shop/web");
    let image = store.build(&repository, &export, recipe()).await.unwrap();
    assert!(image.size > 5_000_000, "{}", image.size);
    assert_eq!(store.images.find(&repository, &image.digest).await.unwrap(), Some(image));
}

#[tokio::test]
async fn a_tag_is_two_requests_one_with_the_record_and_no_put_when_it_is_there() {
    let (store, registry) = (Store::new(), Registry::start());
    let proxy = Proxy::before(&registry.host).await;
    let repository = format!("{}/shop/web", proxy.host);
    let image = store.build(&repository, &Export::site(), two_platforms()).await.unwrap();
    let get = format!("GET /v2/shop/web/manifests/{}", image.digest);
    let tag = async |tag: &str, record: bool| {
        proxy.taken();
        let manifest = record.then_some(&image.manifest);
        let outcome = store.images.tag(&repository, &image.digest, &tag.parse().unwrap(), manifest).await.unwrap();
        (outcome, proxy.taken())
    };
    assert_eq!(tag("v1", false).await, (Outcome::Changed, vec![get, "PUT /v2/shop/web/manifests/v1".to_owned()]));
    assert_eq!(tag("v2", true).await, (Outcome::Changed, vec!["PUT /v2/shop/web/manifests/v2".to_owned()]));
    assert_eq!(tag("v1", false).await, (Outcome::Already, vec!["HEAD /v2/shop/web/manifests/v1".to_owned()]));
    assert_eq!(tag("v2", true).await, (Outcome::Already, vec!["HEAD /v2/shop/web/manifests/v2".to_owned()]));
    for name in ["v1", "v2"] {
        let raw = run(
            "skopeo",
            &[
                "inspect",
                "--tls-verify=false",
                "--raw",
                &format!("docker://{}:{name}", registry.repository("shop/web")),
            ],
        );
        assert_eq!(raw, image.manifest.text, "the whole index, byte for byte");
    }
}

#[tokio::test]
async fn a_tag_that_somebody_moved_is_put_back() {
    let (store, registry) = (Store::new(), Registry::start());
    let repository = registry.repository("shop/web");
    let one = store.build(&repository, &Export::site(), recipe()).await.unwrap();
    let two = store.build(&repository, &Export::site(), two_platforms()).await.unwrap();
    let v1 = "v1".parse().unwrap();
    store.images.tag(&repository, &one.digest, &v1, None).await.unwrap();
    Store::new().images.tag(&repository, &two.digest, &v1, None).await.unwrap();
    assert_eq!(store.images.tag(&repository, &one.digest, &v1, None).await.unwrap(), Outcome::Changed);
}

#[tokio::test]
async fn an_image_that_is_not_there_is_not_found_and_cannot_be_tagged() {
    let (store, registry) = (Store::new(), Registry::start());
    let repository = registry.repository("shop/web");
    let absent = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    assert_eq!(store.images.find(&repository, &absent).await.unwrap(), None);
    let refused = store.images.tag(&repository, &absent, &"v1".parse().unwrap(), None).await.unwrap_err();
    assert!(shown(&refused).starts_with("refused, artifact-missing"), "{refused}");
    let here = store.build("shop/web", &Export::site(), recipe()).await.unwrap();
    let refused =
        store.images.tag(&repository, &here.digest, &"v1".parse().unwrap(), Some(&here.manifest)).await.unwrap_err();
    insta::assert_snapshot!(shown(&refused).replace(&registry.host, "HOST"), @"
    refused, registry-rejected: `HOST/shop/web` refuses the manifest as `v1`: 400 Bad Request: MANIFEST_BLOB_UNKNOWN blob unknown to registry; MANIFEST_BLOB_UNKNOWN blob unknown to registry
    help: does the repository exist, and does the registry take OCI images and indexes?
    ");
}
