//! Layout folders: what other tools read, what processes at the same time do, and what tags are.

use std::fs;
use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::{Value, json};
use trunkline_ports::artifacts::{Images as _, Outcome};

use crate::support::{Export, Store, blobs, config, json as document, options, recipe, run, shown, two_platforms};

fn entries(store: &Store, repository: &str) -> String {
    let index: Value = serde_json::from_slice(&fs::read(store.layout(repository).join("index.json")).unwrap()).unwrap();
    let line = |entry: &Value| {
        let name = entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap_or("-");
        format!("{name} {}", &entry["digest"].as_str().unwrap()[7..13])
    };
    index["manifests"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_documents_of_an_image_are_these() {
    let store = Store::new();
    let mut recipe = recipe();
    recipe["env"] = json!({ "MODE": "fast" });
    recipe["labels"] = json!({ "team": "web" });
    recipe["user"] = json!("65532:65532");
    recipe["workdir"] = json!("/srv");
    recipe["cmd"] = json!(["--port", "80"]);
    let image = store.build("shop/web", &Export::site(), recipe).await.unwrap();
    let manifest = serde_json::from_str::<Value>(&image.manifest.text).unwrap();
    assert_eq!(manifest, document(&store.layout("shop/web"), image.digest.as_str()));
    assert_snapshot!(serde_json::to_string_pretty(&manifest).unwrap(), @r#"
    {
      "annotations": {
        "org.opencontainers.image.created": "2026-11-20T12:00:00Z",
        "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567",
        "org.opencontainers.image.source": "https://git.example/shop",
        "org.opencontainers.image.version": "0123456789ab"
      },
      "config": {
        "digest": "sha256:45c5f8859ba0f61347931c7b3d9e64607f007f9245afc7f64017a85dd45af7c9",
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "size": 664
      },
      "layers": [
        {
          "digest": "sha256:e7a97633d27a7353db8115ce3539363d8a27e72870e2e942568a3f7895facd3c",
          "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
          "size": 201
        }
      ],
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "schemaVersion": 2
    }
    "#);
    assert_snapshot!(serde_json::to_string_pretty(&config(&store.layout("shop/web"), &image.digest)).unwrap(), @r#"
    {
      "architecture": "amd64",
      "config": {
        "Cmd": [
          "--port",
          "80"
        ],
        "Entrypoint": [
          "/serve"
        ],
        "Env": [
          "MODE=fast"
        ],
        "Labels": {
          "org.opencontainers.image.created": "2026-11-20T12:00:00Z",
          "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567",
          "org.opencontainers.image.source": "https://git.example/shop",
          "org.opencontainers.image.version": "0123456789ab",
          "team": "web"
        },
        "User": "65532:65532",
        "WorkingDir": "/srv"
      },
      "created": "2026-11-20T12:00:00Z",
      "history": [
        {
          "created": "2026-11-20T12:00:00Z",
          "created_by": "trunkline: dist to /srv/www"
        }
      ],
      "os": "linux",
      "rootfs": {
        "diff_ids": [
          "sha256:3c6d64cad9a46a83dcfb5188baec91765f2a90195965707492636b8d2f7edd40"
        ],
        "type": "layers"
      }
    }
    "#);
}

#[tokio::test]
async fn skopeo_reads_and_copies_what_is_in_a_layout() {
    let store = Store::new();
    let image = store.build("shop/web", &Export::site(), two_platforms()).await.unwrap();
    store.images.tag("shop/web", &image.digest, &"v1".parse().unwrap(), None).await.unwrap();
    let from = format!("oci:{}:v1", store.layout("shop/web").display());
    assert_eq!(run("skopeo", &["inspect", "--raw", &from]), image.manifest.text);
    assert!(run("skopeo", &["inspect", &from]).contains("org.opencontainers.image.revision"));

    let copy = store.layout("copy");
    run("skopeo", &["copy", "--all", "--quiet", &from, &format!("oci:{}:v1", copy.display())]);
    assert_eq!(blobs(&store.layout("shop/web")), blobs(&copy));
    assert_eq!(
        blobs(&copy).iter().map(|name| fs::metadata(copy.join("blobs/sha256").join(name)).unwrap().len()).sum::<u64>(),
        image.size
    );
}

#[tokio::test]
async fn an_image_without_a_tag_is_listed_and_found() {
    let store = Store::new();
    let image = store.build("shop/web", &Export::site(), recipe()).await.unwrap();
    assert_eq!(entries(&store, "shop/web"), format!("- {}", &image.digest.hex()[..6]));
    assert_eq!(store.images.find("shop/web", &image.digest).await.unwrap().as_ref(), Some(&image));
    assert!(run("skopeo", &["inspect", &format!("oci:{}", store.layout("shop/web").display())]).contains("sha256"));
    let other = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    assert_eq!(store.images.find("shop/web", &other).await.unwrap(), None);
    assert_eq!(store.images.find("nothing/here", &other).await.unwrap(), None);
}

#[tokio::test]
async fn a_tag_moves_and_the_image_it_was_on_stays_listed() {
    let store = Store::new();
    let one = store.build("shop/web", &Export::site(), recipe()).await.unwrap();
    let two = store.build("shop/web", &Export::site(), two_platforms()).await.unwrap();
    let tag = async |image: &trunkline_ports::artifacts::Image, tag: &str| {
        store.images.tag("shop/web", &image.digest, &tag.parse().unwrap(), Some(&image.manifest)).await.unwrap()
    };
    assert_eq!(tag(&one, "v1").await, Outcome::Changed);
    assert_eq!(tag(&one, "v1").await, Outcome::Already);
    assert_eq!(tag(&one, "latest").await, Outcome::Changed);
    assert_eq!(tag(&two, "v1").await, Outcome::Changed);
    assert_eq!(tag(&two, "latest").await, Outcome::Changed);
    let (first, second) = (&one.digest.hex()[..6], &two.digest.hex()[..6]);
    assert_eq!(entries(&store, "shop/web"), format!("v1 {second}\n- {first}\nlatest {second}"));
}

#[tokio::test]
async fn an_image_that_is_not_there_cannot_be_tagged() {
    let store = Store::new();
    let absent = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    let refused = store.images.tag("shop/web", &absent, &"v1".parse().unwrap(), None).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(store.folder.path().to_str().unwrap(), "STORE"), @"
    refused, artifact-missing: the image sha256:0000000000000000000000000000000000000000000000000000000000000000 is not in `STORE/images/shop/web`
    help: was it deleted there by hand or by a retention rule? build the commit again, or push it again
    ");
}

#[tokio::test]
async fn a_manifest_that_is_not_the_digests_is_refused() {
    let store = Store::new();
    let one = store.build("shop/web", &Export::site(), recipe()).await.unwrap();
    let two = store.build("shop/web", &Export::site(), two_platforms()).await.unwrap();
    let refused =
        store.images.tag("shop/web", &one.digest, &"v1".parse().unwrap(), Some(&two.manifest)).await.unwrap_err();
    assert!(shown(&refused).starts_with("refused, artifact-changed"), "{refused}");
}

#[tokio::test]
async fn a_blob_that_was_changed_on_disk_is_noticed() {
    let store = Store::new();
    let image = store.build("shop/web", &Export::site(), recipe()).await.unwrap();
    let blob = store.layout("shop/web").join("blobs/sha256").join(image.digest.hex());
    fs::write(blob, image.manifest.text.replace('2', "3")).unwrap();
    let refused = store.images.find("shop/web", &image.digest).await.unwrap_err();
    assert!(shown(&refused).starts_with("refused, artifact-changed: the blob"), "{refused}");
}

#[tokio::test]
async fn many_pushes_and_tags_at_once_lose_nothing() {
    let store = Arc::new(Store::with(options()));
    let mut images = Vec::new();
    let building = (0..12).map(|number| {
        let store = Arc::clone(&store);
        async move {
            let export = Export::new();
            export.file("dist/number", number.to_string());
            let image = store.build("shop/web", &export, recipe()).await.unwrap();
            store.images.tag("shop/web", &image.digest, &format!("n{number}").parse().unwrap(), None).await.unwrap();
            image.digest
        }
    });
    for built in futures_util::future::join_all(building).await {
        images.push(built);
    }
    let text = entries(&store, "shop/web");
    for (number, digest) in images.iter().enumerate() {
        assert!(text.lines().any(|line| line == format!("n{number} {}", &digest.hex()[..6])), "{text}");
    }
    assert_eq!(text.lines().count(), 12);
}
