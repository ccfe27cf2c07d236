//! Dockerfiles: by `buildah` for real, by a stand-in for `docker`, and by neither.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;
use trunkline_core::ids::Commit;
use trunkline_oci::Images;
use trunkline_ports::artifacts::{ImageOrder, Images as _, Watcher};

use crate::support::registry::Registry;
use crate::support::{CREATED, Export, Lines, Store, config, options, program, recipe, rerun, run, shown};

/// What buildah needs where it may not mount.
const HERE: &[(&str, &str)] = &[("STORAGE_DRIVER", "vfs"), ("BUILDAH_ISOLATION", "chroot")];

fn export() -> Export {
    let export = Export::site();
    export.file(
        "web/Dockerfile",
        "FROM scratch\nARG NAME=none\nCOPY dist /srv\nENV NAME=$NAME\nENTRYPOINT [\"/serve\"]\n",
    );
    export
}

fn by_dockerfile() -> Value {
    json!({ "dockerfile": "web/Dockerfile", "args": { "NAME": "a b; touch /tmp/x $(id)" } })
}

/// `PATH` with `folder` first and without `docker`, so that buildah is what is found.
fn only(tool: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    program(&folder, "docker", "exit 1");
    let path = if tool == "buildah" {
        format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap())
    } else {
        folder.path().display().to_string()
    };
    (folder, path)
}

#[tokio::test]
async fn buildah_gives_the_same_digest_again_with_what_was_asked_for() {
    let (_folder, path) = only("buildah");
    if !rerun(
        "dockerfiles::buildah_gives_the_same_digest_again_with_what_was_asked_for",
        &[HERE, &[("PATH", &path)]].concat(),
    ) {
        return;
    }
    run("buildah", &["--version"]);
    let (store, registry) = (Store::new(), Registry::start());
    let one = store.build("shop/web", &export(), by_dockerfile()).await.unwrap();
    let there = store.build(&registry.repository("shop/web"), &export(), by_dockerfile()).await.unwrap();
    assert_eq!(one, there);
    let made = config(&store.layout("shop/web"), &one.digest);
    assert_eq!(made["created"], "2026-11-20T12:00:00Z");
    assert!(made["config"]["Env"].as_array().unwrap().contains(&json!("NAME=a b; touch /tmp/x $(id)")));
    assert_eq!(made["config"]["Labels"]["org.opencontainers.image.version"], "0123456789ab");
    let manifest: Value = serde_json::from_str(&one.manifest.text).unwrap();
    assert_eq!(
        manifest["annotations"]["org.opencontainers.image.revision"],
        "0123456789abcdef0123456789abcdef01234567"
    );
    let left: Vec<String> = fs::read_dir(store.layout("shop/web"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(left.iter().all(|name| !name.starts_with(".incoming")), "{left:?}");
    assert!(!run("buildah", &["images"]).contains(&format!("trunkline-{}-", std::process::id())));
}

#[tokio::test]
async fn buildah_makes_an_index_of_several_platforms() {
    let (_folder, path) = only("buildah");
    if !rerun("dockerfiles::buildah_makes_an_index_of_several_platforms", &[HERE, &[("PATH", &path)]].concat()) {
        return;
    }
    let store = Store::new();
    let mut recipe = by_dockerfile();
    recipe["platforms"] = json!(["linux/amd64", "linux/arm64"]);
    let image = store.build("shop/web", &export(), recipe).await.unwrap();
    let index: Value = serde_json::from_str(&image.manifest.text).unwrap();
    let platforms: Vec<&str> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["platform"]["architecture"].as_str().unwrap())
        .collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
    assert_eq!(store.images.find("shop/web", &image.digest).await.unwrap(), Some(image));
}

#[tokio::test]
async fn a_build_that_fails_shows_its_last_lines() {
    let (_folder, path) = only("buildah");
    if !rerun("dockerfiles::a_build_that_fails_shows_its_last_lines", &[HERE, &[("PATH", &path)]].concat()) {
        return;
    }
    let export = Export::new();
    export.file("Dockerfile", "FROM scratch\nCOPY nothing /here\n");
    let failure = Store::new().build("shop/web", &export, json!({ "dockerfile": "Dockerfile" })).await.unwrap_err();
    let told = shown(&failure);
    assert!(told.starts_with("refused, build-failed: `buildah` failed (exit status: 125):\n"), "{told}");
    assert!(told.contains("nothing") && told.contains("\nhelp: the build sees only"), "{told}");
}

#[tokio::test]
async fn docker_buildx_is_told_the_same_and_its_output_is_shown() {
    let folder = TempDir::new().unwrap();
    let below = Store::new();
    below.build("made", &Export::site(), recipe()).await.unwrap();
    // Stands in for docker: it shows what it was told, and leaves a layout where it was told to.
    program(
        &folder,
        "docker",
        r#"
        if [ "$1 $2" = "buildx build" ]; then
            for word; do echo "<$word>"; case $word in type=oci*) to=${word##*dest=};; esac; done
            echo "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" >&2
            cp -r "$MADE" "$to"
        fi"#,
    );
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let made = below.layout("made");
    if !rerun(
        "dockerfiles::docker_buildx_is_told_the_same_and_its_output_is_shown",
        &[("PATH", &path), ("MADE", made.to_str().unwrap())],
    ) {
        return;
    }
    let (store, lines, export) = (TempDir::new().unwrap(), std::sync::Arc::new(Lines::default()), export());
    let images = Images::new(store.path().to_owned(), options());
    let build = serde_json::from_value(
        json!({ "dockerfile": "web/Dockerfile", "args": { "NAME": "$(id)" }, "platforms": ["linux/amd64"] }),
    )
    .unwrap();
    let commit: Commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let order = ImageOrder {
        repository: "shop/web",
        build: &build,
        export: export.path(),
        commit: &commit,
        created: CREATED,
        version: "0123456789ab",
        source: None,
    };
    let watcher: Watcher = lines.clone();
    images.build(&order, &watcher).await.unwrap();
    let mut told: Vec<String> = lines.0.lock().unwrap().clone();
    told.sort_by_key(|line| line.starts_with("SOURCE_DATE"));
    let told = told.join("\n").replace(&export.path().canonicalize().unwrap().display().to_string(), "EXPORT");
    let (before, after) = told.split_once("dest=").unwrap();
    let (_, after) = after.split_once('>').unwrap();
    assert_snapshot!(format!("{before}dest=LAYOUT>{after}"), @"
    building with docker buildx
    <buildx>
    <build>
    <--progress=plain>
    <--provenance=false>
    <--sbom=false>
    <--file>
    <EXPORT/web/Dockerfile>
    <--build-arg>
    <NAME=$(id)>
    <--label>
    <org.opencontainers.image.created=2026-11-20T12:00:00Z>
    <--label>
    <org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567>
    <--label>
    <org.opencontainers.image.version=0123456789ab>
    <--platform>
    <linux/amd64>
    <--annotation>
    <manifest:org.opencontainers.image.created=2026-11-20T12:00:00Z>
    <--annotation>
    <manifest:org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567>
    <--annotation>
    <manifest:org.opencontainers.image.version=0123456789ab>
    <--output>
    <type=oci,tar=false,rewrite-timestamp=true,dest=LAYOUT>
    <EXPORT>
    SOURCE_DATE_EPOCH=1795176000
    ");
}

#[tokio::test]
async fn without_either_tool_the_refusal_names_both_and_the_way_without() {
    let (_folder, path) = only("neither");
    if !rerun("dockerfiles::without_either_tool_the_refusal_names_both_and_the_way_without", &[("PATH", &path)]) {
        return;
    }
    let failure = Store::new().build("shop/web", &export(), by_dockerfile()).await.unwrap_err();
    assert_snapshot!(shown(&failure), @"
    refused, tool-missing: a Dockerfile needs `docker buildx` with a daemon that answers, or `buildah`; neither is there
    help: install one of them, or describe the image with `build: {base, layers}`, which needs neither
    ");
}

#[tokio::test]
async fn a_dockerfile_or_context_outside_the_export_is_refused() {
    let (_folder, path) = only("buildah");
    if !rerun(
        "dockerfiles::a_dockerfile_or_context_outside_the_export_is_refused",
        &[HERE, &[("PATH", &path)]].concat(),
    ) {
        return;
    }
    let export = export();
    export.link("out", "/etc");
    let recipe = json!({ "dockerfile": "web/Dockerfile", "context": "out" });
    let failure = Store::new().build("shop/web", &export, recipe).await.unwrap_err();
    assert!(shown(&failure).starts_with("refused, path-escapes"), "{failure}");
}
