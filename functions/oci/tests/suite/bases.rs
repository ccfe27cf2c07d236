//! Images on top of others: what is inherited, what is copied, and which of an index is taken.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};
use trunkline_ports::artifacts::{Image, Images as _};

use crate::support::proxy::Proxy;
use crate::support::registry::Registry;
use crate::support::{Export, Store, config, json as document, shown, two_platforms};

/// A recipe on top of a base.
fn on(place: &str, base: &Image, more: &Value) -> Value {
    let mut recipe = json!({ "base": format!("{place}@{}", base.digest), "layers": [{ "from": "bin/linux-amd64", "to": "/usr/bin" }] });
    recipe.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    recipe
}

async fn base(store: &Store, repository: &str) -> Image {
    let recipe = json!({
        "base": "scratch",
        "layers": [{ "from": "dist", "to": "/srv/www" }],
        "entrypoint": ["/old"], "cmd": ["--old"], "user": "1000", "workdir": "/srv",
        "env": { "PATH": "/usr/bin", "MODE": "slow" }, "labels": { "team": "base", "tier": "1" },
    });
    store.build(repository, &Export::site(), recipe).await.unwrap()
}

#[tokio::test]
async fn what_the_recipe_does_not_say_is_the_bases() {
    let store = Store::new();
    let below = base(&store, "shop/base").await;
    let recipe = on(
        "shop/base",
        &below,
        &json!({ "entrypoint": ["/usr/bin/serve"], "env": { "MODE": "fast", "PORT": "80" }, "labels": { "team": "web" } }),
    );
    let image = store.build("shop/web", &Export::site(), recipe).await.unwrap();
    let layout = store.layout("shop/web");
    let made = config(&layout, &image.digest);
    assert_snapshot!(serde_json::to_string_pretty(&made["config"]).unwrap(), @r#"
    {
      "Entrypoint": [
        "/usr/bin/serve"
      ],
      "Env": [
        "MODE=fast",
        "PATH=/usr/bin",
        "PORT=80"
      ],
      "Labels": {
        "org.opencontainers.image.created": "2026-11-20T12:00:00Z",
        "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567",
        "org.opencontainers.image.source": "https://git.example/shop",
        "org.opencontainers.image.version": "0123456789ab",
        "team": "web",
        "tier": "1"
      },
      "User": "1000",
      "WorkingDir": "/srv"
    }
    "#);
    assert_eq!(made["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
    assert_eq!(made["history"].as_array().unwrap().len(), 2);
    let (lower, upper) =
        (document(&store.layout("shop/base"), below.digest.as_str()), document(&layout, image.digest.as_str()));
    assert_eq!(lower["layers"][0], upper["layers"][0]);
}

#[tokio::test]
async fn folders_that_every_system_has_are_left_to_the_base() {
    let store = Store::new();
    let below = base(&store, "shop/base").await;
    let image = store.build("shop/web", &Export::site(), on("shop/base", &below, &json!({}))).await.unwrap();
    let layer = document(&store.layout("shop/web"), image.digest.as_str())["layers"][1]["digest"]
        .as_str()
        .unwrap()
        .replace(':', "/");
    let listed =
        crate::support::run("tar", &["tf", store.layout("shop/web").join("blobs").join(layer).to_str().unwrap()]);
    assert_eq!(listed, "usr/bin/serve\n");
}

#[tokio::test]
async fn a_base_is_the_same_from_a_folder_from_the_store_and_from_a_registry() {
    let (store, registry) = (Store::new(), Registry::start());
    let below = base(&store, "shop/base").await;
    let remote = registry.repository("shop/base");
    assert_eq!(base(&store, &remote).await, below);
    let mut digests = Vec::new();
    for place in ["./images/shop/base", "shop/base", &remote] {
        for target in ["shop/web", &registry.repository("shop/web")] {
            let target = format!("{target}{}", digests.len());
            let image = store.build(&target, &Export::site(), on(place, &below, &json!({}))).await.unwrap();
            assert_eq!(
                store.images.find(&target, &image.digest).await.unwrap().as_ref(),
                Some(&image),
                "{place} to {target}"
            );
            digests.push(image.digest);
        }
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

#[tokio::test]
async fn a_base_on_the_same_registry_is_mounted_and_read_once() {
    let (store, registry) = (Store::new(), Registry::start());
    let proxy = Proxy::before(&registry.host).await;
    let place = format!("{}/shop/base", proxy.host);
    let below = base(&store, &place).await;
    proxy.taken();
    let target = format!("{}/shop/web", proxy.host);
    store.build(&target, &Export::site(), on(&place, &below, &json!({}))).await.unwrap();
    let requests = proxy.taken();
    assert_eq!(
        requests
            .iter()
            .filter(|line| line.starts_with("POST")
                && line.contains("mount=sha256")
                && line.contains("from=shop%2Fbase"))
            .count(),
        1
    );
    assert!(
        !requests.iter().any(|line| line.starts_with("GET /v2/shop/base/blobs") && line.contains(&layer(&below))),
        "{requests:#?}"
    );

    store.build(&target, &Export::site(), on(&place, &below, &json!({}))).await.unwrap();
    assert_eq!(proxy.taken().len(), 1);
}

fn layer(image: &Image) -> String {
    serde_json::from_str::<Value>(&image.manifest.text).unwrap()["layers"][0]["digest"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn of_an_index_the_platforms_own_image_is_taken() {
    let store = Store::new();
    let below = store.build("shop/base", &Export::site(), two_platforms()).await.unwrap();
    let index: Value = serde_json::from_str(&below.manifest.text).unwrap();
    let recipe = on("shop/base", &below, &json!({ "platforms": ["linux/arm64"] }));
    let image = store.build("shop/web", &Export::site(), recipe).await.unwrap();
    let arm = document(&store.layout("shop/base"), index["manifests"][1]["digest"].as_str().unwrap());
    let made = document(&store.layout("shop/web"), image.digest.as_str());
    assert_eq!(made["layers"].as_array().unwrap()[..2], arm["layers"].as_array().unwrap()[..]);
    assert_eq!(config(&store.layout("shop/web"), &image.digest)["architecture"], "arm64");

    let absent = on("shop/base", &below, &json!({ "platforms": ["linux/riscv64"] }));
    let refused = store.build("shop/web", &Export::site(), absent).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(below.digest.as_str(), "DIGEST"), @"
    refused, build-failed: the base DIGEST has no image for linux/riscv64
    help: it has linux/amd64, linux/arm64; take one of these `platforms`, or another base
    ");
}

#[tokio::test]
async fn a_base_that_is_not_there_or_not_by_digest_is_refused() {
    let store = Store::new();
    let below = base(&store, "shop/base").await;
    let build = async |recipe: Value| shown(&store.build("shop/web", &Export::site(), recipe).await.unwrap_err());
    assert_snapshot!(build(json!({ "base": "debian:12" })).await, @"
    refused, policy-invalid: the base `debian:12` is not an image by digest
    help: write `scratch`, `host/repository@sha256:…` or `./layout@sha256:…`; `skopeo inspect docker://IMAGE` prints the digest of a tag
    ");
    assert_snapshot!(build(on("shop/other", &below, &json!({}))).await.replace(store.folder.path().to_str().unwrap(), "STORE").replace(below.digest.as_str(), "DIGEST"), @"
    refused, artifact-missing: the base's DIGEST is not in `STORE/images/shop/other`
    help: was it deleted there by hand or by a retention rule? build the commit again, or push it again
    ");
    let refused = build(on("shop/base", &below, &json!({ "platforms": ["linux/arm64"] }))).await;
    assert_snapshot!(refused.replace(below.digest.as_str(), "DIGEST"), @"
    refused, build-failed: the base DIGEST: it is for linux/amd64, not for linux/arm64
    help: look at it with `skopeo inspect --raw`
    ");
}

#[tokio::test]
async fn a_bases_layer_that_was_changed_is_not_copied() {
    let store = Store::new();
    let below = base(&store, "shop/base").await;
    let blob = store.layout("shop/base").join("blobs").join(layer(&below).replace(':', "/"));
    let mut bytes = fs::read(&blob).unwrap();
    bytes[20] ^= 1;
    fs::write(&blob, bytes).unwrap();
    let refused = store.build("shop/web", &Export::site(), on("shop/base", &below, &json!({}))).await.unwrap_err();
    assert!(shown(&refused).starts_with("refused, artifact-changed"), "{refused}");
    assert_eq!(store.images.find("shop/web", &below.digest).await.unwrap(), None);
}
