//! Erasing: what nothing else refers to goes, and nothing more.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value;
use trunkline_ports::artifacts::{Images as _, Outcome};

use crate::support::registry::Registry;
use crate::support::{Export, Store, blobs, recipe, run, shown, two_platforms};

#[tokio::test]
async fn what_another_image_refers_to_stays() {
    let store = Store::new();
    let one = store.build("shop/web", &Export::site(), recipe()).await.unwrap();
    let alone: BTreeSet<String> = blobs(&store.layout("shop/web")).into_iter().collect();
    let two = store.build("shop/web", &Export::site(), two_platforms()).await.unwrap();
    for tag in ["v1", "latest"] {
        store.images.tag("shop/web", &two.digest, &tag.parse().unwrap(), None).await.unwrap();
    }
    assert_eq!(store.images.erase("shop/web", &two.digest).await.unwrap(), Outcome::Changed);
    assert_eq!(blobs(&store.layout("shop/web")).into_iter().collect::<BTreeSet<_>>(), alone);
    assert_eq!(store.images.find("shop/web", &two.digest).await.unwrap(), None);
    assert_eq!(store.images.find("shop/web", &one.digest).await.unwrap(), Some(one.clone()));
    assert!(run("skopeo", &["inspect", &format!("oci:{}", store.layout("shop/web").display())]).contains("revision"));

    assert_eq!(store.images.erase("shop/web", &two.digest).await.unwrap(), Outcome::Already);
    assert_eq!(store.images.erase("shop/web", &one.digest).await.unwrap(), Outcome::Changed);
    assert_eq!(blobs(&store.layout("shop/web")), Vec::<String>::new());
    assert_eq!(store.images.erase("nothing/here", &one.digest).await.unwrap(), Outcome::Already);
}

#[tokio::test]
async fn an_image_that_an_index_refers_to_stays_until_the_index_goes() {
    let store = Store::new();
    let whole = store.build("shop/web", &Export::site(), two_platforms()).await.unwrap();
    let mut only = two_platforms();
    only["platforms"] = serde_json::json!(["linux/arm64"]);
    let part = store.build("shop/web", &Export::site(), only).await.unwrap();
    let index: Value = serde_json::from_str(&whole.manifest.text).unwrap();
    assert_eq!(index["manifests"][1]["digest"], part.digest.as_str());
    let before = blobs(&store.layout("shop/web"));
    assert_eq!(store.images.erase("shop/web", &part.digest).await.unwrap(), Outcome::Changed);
    assert_eq!(blobs(&store.layout("shop/web")), before);
    assert_eq!(store.images.find("shop/web", &whole.digest).await.unwrap(), Some(whole.clone()));
    store.images.erase("shop/web", &whole.digest).await.unwrap();
    assert_eq!(blobs(&store.layout("shop/web")), Vec::<String>::new());
}

#[tokio::test]
async fn what_an_ended_process_left_behind_goes_with_the_next_erasing_and_what_is_being_written_stays() {
    let store = Store::new();
    let image = store.build("shop/web", &Export::site(), recipe()).await.unwrap();
    let (old, young) =
        (store.layout("shop/web").join(".incoming-old"), store.layout("shop/web").join(".incoming-young"));
    std::fs::write(&young, "").unwrap();
    std::fs::write(&old, "").unwrap();
    run("touch", &["--date=2 days ago", old.to_str().unwrap()]);
    store.images.erase("shop/web", &image.digest).await.unwrap();
    assert!(!old.exists() && young.exists());
}

#[tokio::test]
async fn a_registrys_image_goes_with_its_tags() {
    let (store, registry) = (Store::new(), Registry::start());
    let repository = registry.repository("shop/web");
    let image = store.build(&repository, &Export::site(), two_platforms()).await.unwrap();
    store.images.tag(&repository, &image.digest, &"v1".parse().unwrap(), None).await.unwrap();
    assert!(registry.holds("_manifests/tags/v1"));
    assert_eq!(store.images.erase(&repository, &image.digest).await.unwrap(), Outcome::Changed);
    assert_eq!(store.images.find(&repository, &image.digest).await.unwrap(), None);
    assert!(!registry.holds("_manifests/tags/v1"));
    assert_eq!(store.images.erase(&repository, &image.digest).await.unwrap(), Outcome::Already);
}

#[tokio::test]
async fn a_registry_that_does_not_delete_says_how_to_allow_it() {
    let (store, registry) = (Store::new(), Registry::configured(false, ""));
    let repository = registry.repository("shop/web");
    let image = store.build(&repository, &Export::site(), recipe()).await.unwrap();
    let refused = store.images.erase(&repository, &image.digest).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(&registry.host, "HOST"), @"
    refused, registry-rejected: `HOST` does not allow deleting images: UNSUPPORTED The operation is unsupported.
    help: allow it there (of the `registry` server: `storage: {delete: {enabled: true}}`), or let its own retention delete images
    ");
}
