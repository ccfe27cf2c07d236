//! Policies of the right shape that mean nothing.

use insta::assert_snapshot;

use super::super::{Policy, Store};
use super::{said, with};

/// A policy with these artifacts.
fn artifacts(text: &str) -> String {
    said(&format!("project: shop\nartifacts:\n{text}\n"))
}

/// A policy with these environments.
fn environments(text: &str) -> String {
    said(&format!("project: shop\nenvironments:\n{text}\n"))
}

#[test]
fn an_artifact_is_an_image_or_a_package() {
    assert_snapshot!(artifacts("  api: {}"), @"
    trunkline.yaml:3:3: `api` is neither an image nor a package
    help: add `image`, its repository, or `package`, how it is made
    ");
    assert_snapshot!(artifacts("  api: { image: a, package: { directory: a } }"), @"
    trunkline.yaml:3:3: `api` is both an image and a package
    help: make it two artifacts, or remove one of the keys
    ");
    assert_snapshot!(artifacts("  api: { build: { dockerfile: a } }"), @"
    trunkline.yaml:3:3: `api` has `build`, but no `image` to build
    help: `image`: the repository it is pushed to, or a name like `shop/api` for one in the store
    ");
    assert_snapshot!(artifacts("  api: { build: { dockerfile: a }, package: { directory: a } }"), @"
    trunkline.yaml:3:10: `api` is a package, and `build` is for images
    help: remove it
    ");
}

#[test]
fn an_image_has_a_legal_repository() {
    assert_snapshot!(artifacts("  api: { image: Shop/api }"), @"
    trunkline.yaml:3:17: `Shop/api` has capital letters
    help: registries take lowercase letters only
    ");
    assert_snapshot!(artifacts("  api: { image: \"registry.example:5000/api:1\" }"), @"
    trunkline.yaml:3:17: `registry.example:5000/api:1` has a tag
    help: name the repository alone: tags and digests are Trunkline's to give
    ");
    assert_snapshot!(artifacts("  api: { image: \"api@sha256:00\" }"), @"
    trunkline.yaml:3:17: `api@sha256:00` names one image by its digest
    help: name the repository alone
    ");
    assert_snapshot!(artifacts("  api: { image: \"https://registry.example/api\" }"), @"
    trunkline.yaml:3:17: `https://registry.example/api` starts with something that is no registry's host
    help: write it as `registry.example/shop/api` or, to keep it in the store, `shop/api`
    ");
    assert_snapshot!(artifacts("  api: { image: \"a b\" }"), @"
    trunkline.yaml:3:17: `a b` is not the name of an image repository
    help: write it as `registry.example/shop/api` or, to keep it in the store, `shop/api`
    ");
}

#[test]
fn a_base_is_scratch_or_pinned() {
    let base = |base: &str| artifacts(&format!("  api: {{ image: a, build: {{ base: \"{base}\" }} }}"));
    let digest = format!("sha256:{}", "0".repeat(64));
    assert_snapshot!(base("debian:12"), @"
    trunkline.yaml:3:35: the base `debian:12` is neither `scratch` nor pinned by a digest
    help: a tag can move, so that one commit gives two images: write `name@sha256:…`; `skopeo inspect` prints the digest
    ");
    assert_snapshot!(base("debian@sha256:00"), @"
    trunkline.yaml:3:35: the base `debian@sha256:00` is neither `scratch` nor pinned by a digest
    help: a tag can move, so that one commit gives two images: write `name@sha256:…`; `skopeo inspect` prints the digest
    ");
    assert_snapshot!(base(&format!("debian:12@{digest}")), @"
    trunkline.yaml:3:35: the base `debian:12` has a tag
    help: the digest alone counts: leave the tag out
    ");
    assert_snapshot!(base(&format!("../base@{digest}")), @"
    trunkline.yaml:3:35: the base `../base@sha256:0000000000000000000000000000000000000000000000000000000000000000` is in a folder outside the repository
    help: copy the layout into the repository
    ");
    assert_eq!(base(&format!("debian@{digest}")) + &base(&format!("./base@{digest}")), "");
}

#[test]
fn layers_and_platforms_are_whole() {
    let build = |build: &str| artifacts(&format!("  api: {{ image: a, build: {{ base: scratch, {build} }} }}"));
    assert_snapshot!(build("layers: [{ from: a, to: srv }, { from: a, to: /srv/../etc }]"), @"
    trunkline.yaml:3:68: `srv` is not an absolute path
    help: start it with `/`: it is a path in the image
    trunkline.yaml:3:90: `/srv/../etc` is not a plain path
    help: write it without `..`
    ");
    assert_snapshot!(build("layers: [{ from: \"dist/{arch}/{os}\", to: /srv }]"), @"
    trunkline.yaml:3:61: `{arch}` stands for nothing here
    help: here one may write `{os}` and `{architecture}`
    ");
    assert_snapshot!(build("platforms: []"), @"
    trunkline.yaml:3:44: `platforms` is empty, so nothing would be built
    help: name one, `linux/amd64`, or leave the key out
    ");
    assert_snapshot!(build("platforms: [linux/amd64, linux/arm64, linux/amd64]"), @"
    trunkline.yaml:3:82: the platform `linux/amd64` is there twice
    help: remove one
    ");
}

#[test]
fn watching_begins_with_something() {
    assert_snapshot!(artifacts("  api: { image: a, watch: [] }"), @r#"
    trunkline.yaml:3:20: the list of patterns is empty, so nothing matches
    help: `"**"` stands for everything
    "#);
    assert_snapshot!(artifacts("  api: { image: a, watch: [\"!docs/**\", \"**\"] }"), @r#"
    trunkline.yaml:3:28: the pattern `!docs/**` takes away before anything is there
    help: start with a pattern without `!`; order matters, and `"**"` stands for everything
    "#);
    assert_snapshot!(said("project: shop\nrelease_branches: [\"!x\"]\n"), @r#"
    trunkline.yaml:2:20: the pattern `!x` takes away before anything is there
    help: start with a pattern without `!`; order matters, and `"**"` stands for everything
    "#);
}

#[test]
fn needs_name_other_artifacts_without_a_circle() {
    assert_snapshot!(artifacts("  api: { image: a, needs: [api] }"), @"
    trunkline.yaml:3:28: `api` needs itself
    help: remove it
    ");
    assert_snapshot!(artifacts("  api: { image: a }\n  web: { image: b, needs: [apo, jobs, api, api] }"), @"
    trunkline.yaml:4:28: `web` needs `apo`, and there is no such artifact
    help: did you mean `api`?
    trunkline.yaml:4:33: `web` needs `jobs`, and there is no such artifact
    help: name an artifact of this policy
    trunkline.yaml:4:44: `web` needs `api` twice
    help: remove one
    ");
    assert_snapshot!(artifacts("  z: { image: z, needs: [a] }\n  a: { image: a, needs: [b] }\n  b: { image: b, needs: [c] }\n  c: { image: c, needs: [a] }"), @"
    trunkline.yaml:4:18: `needs` goes in a circle: `a` → `b` → `c` → `a`
    help: remove one of them: nothing could be deployed first
    ");
}

#[test]
fn after_names_other_environments_without_a_circle() {
    assert_snapshot!(environments("  stage: { on: trunk, after: [stage] }"), @"
    trunkline.yaml:3:31: `stage` comes after itself
    help: remove it
    ");
    assert_snapshot!(environments("  stage: { on: trunk }\n  prod: { on: v*, after: [stag, nowhere, stage, stage] }"), @"
    trunkline.yaml:4:27: `prod` comes after `stag`, and there is no such environment
    help: did you mean `stage`?
    trunkline.yaml:4:33: `prod` comes after `nowhere`, and there is no such environment
    help: this policy has `stage`
    trunkline.yaml:4:49: `prod` comes after `stage` twice
    help: remove one
    ");
    assert_snapshot!(environments("  a: { on: trunk, after: [b] }\n  b: { on: x, after: { trunk: [a] } }"), @"
    trunkline.yaml:3:19: `after` goes in a circle: `a` → `b` → `a`
    help: remove one of them: no commit could be first anywhere
    ");
    assert_snapshot!(environments("  a: { on: trunk }\n  b: { on: x, after: { release: [a] } }"), @"
    trunkline.yaml:4:24: `after` speaks of release branches, and the policy has none
    help: add `release_branches` at the top of the policy, or remove the line
    ");
}

#[test]
fn sources_bring_something() {
    assert_snapshot!(environments("  a: { on: [] }"), @r#"
    trunkline.yaml:3:8: nothing brings commits to `a`
    help: name `trunk` or a tag pattern: `on: "v*"`
    "#);
    assert_snapshot!(environments("  a: { on: main }"), @"
    trunkline.yaml:3:8: `main` is the branch, and a word here is a tag
    help: for the branch write `trunk`; for a tag of this name, `{ tag: main }`
    ");
    assert_snapshot!(environments("  a: { on: [trunk, \"!v*\"] }"), @r#"
    trunkline.yaml:3:20: the pattern `!v*` takes away before anything is there
    help: start with a pattern without `!`; order matters, and `"**"` stands for everything
    "#);
    assert_snapshot!(environments("  a: { on: { branch: release/* } }"), @r#"
    trunkline.yaml:3:8: `release/*` names branches beside trunk, and the policy has none
    help: add `release_branches: ["release/*"]` at the top of the policy
    "#);
    assert_snapshot!(environments("  a: { on: [{ branch: main }] }"), @"
    trunkline.yaml:3:13: `main` names branches beside trunk, and the policy has none
    help: it is trunk: write `on: trunk`
    ");
}

#[test]
fn verify_soak_and_times_are_sane() {
    assert_snapshot!(environments("  a: { on: trunk, verify: {} }"), @"
    trunkline.yaml:3:19: `verify` has nothing to judge by
    help: add `checks`, `run` or `http`, or remove `verify`
    ");
    assert_snapshot!(environments("  a: { on: trunk, verify: { checks: [e2e, e2e], within: 0m } }"), @"
    trunkline.yaml:3:43: the check `e2e` is there twice
    help: remove one
    trunkline.yaml:3:57: `within` is no time at all
    help: write how long, `30m`, or leave the key out
    ");
    assert_snapshot!(environments("  a: { on: trunk, verify: { run: \" \", within: 31d } }"), @"
    trunkline.yaml:3:34: `run` is empty
    help: write a command, or remove the key
    trunkline.yaml:3:47: `within` is 31d, longer than 30d
    help: is the unit right? `s`, `m`, `h` or `d`
    ");
    assert_snapshot!(environments("  a: { on: trunk, soak: 1h }"), @"
    trunkline.yaml:3:25: `a` has `soak`, but nothing to soak in
    help: add `after` with the environment they soak in
    ");
    assert_snapshot!(environments("  a: { on: trunk, verify: { http: { url: \"shop.example/{commit}\", status: 99 } } }"), @"
    trunkline.yaml:3:42: `shop.example/{commit}` is not an address
    help: write it whole: `https://shop.example/health`
    trunkline.yaml:3:75: `status` cannot be 99
    help: an answer's status is from 100 to 599
    ");
    assert_snapshot!(environments("  a: { on: trunk, verify: { http: { url: \"https:///x\", body: \"{enviroment} {x}\" } } }"), @"
    trunkline.yaml:3:42: `https:///x` is not an address
    help: write it whole: `https://shop.example/health`
    trunkline.yaml:3:62: `{enviroment}` stands for nothing here
    help: did you mean `{environment}`?
    trunkline.yaml:3:62: `{x}` stands for nothing here
    help: here one may write `{environment}` and `{commit}`
    ");
    let good = "  a: { on: trunk, verify: { http: { url: \"http://127.0.0.1:8080/{environment}\", status: 204 } } }";
    assert_eq!(environments(good), "");
}

#[test]
fn overrides_name_an_artifact() {
    assert_snapshot!(said(&with("artifacts: { jobs:", "artifacts: { job:")), @"
    trunkline.yaml:39:18: `prod` overrides `job`, and there is no such artifact
    help: did you mean `jobs`?
    ");
}

#[test]
fn the_project_has_a_branch_and_a_store() {
    assert_snapshot!(said("project: shop\ntrunk: \"\"\n"), @"
    trunkline.yaml:2:8: `` is not the name of a branch
    help: write it as `git branch` shows it: `main`
    ");
    assert_snapshot!(said("project: shop\ntrunk: my branch\nstore: \" \"\n"), @"
    trunkline.yaml:3:8: `store` is empty
    help: name a folder, or leave the key out for `.trunkline`
    ");
    assert_snapshot!(said("project: shop\nmanifests: { repository: --upload-pack=x, branch: a..b }\n"), @"
    trunkline.yaml:2:26: `--upload-pack=x` is not a repository
    help: write a path, relative to this file, or a git URL
    trunkline.yaml:2:51: `a..b` is not the name of a branch
    help: write it as `git branch` shows it: `main`
    ");
}

#[test]
fn a_store_is_a_folder_or_in_a_bucket() {
    let store = |written: &str| Policy::parse(&format!("project: shop\nstore: {written}\n")).map(|policy| policy.store);
    let bucket = |prefix: &str| Store::Bucket { name: "acme-artifacts".to_owned(), prefix: prefix.to_owned() };
    assert_eq!(Policy::parse("project: shop\n").unwrap().store, Store::Folder(".trunkline".to_owned()));
    assert_eq!(store("/srv/store"), Ok(Store::Folder("/srv/store".to_owned())));
    for (written, prefix) in
        [("s3://acme-artifacts", ""), ("s3://acme-artifacts/", ""), ("s3://acme-artifacts/a/b/", "a/b")]
    {
        assert_eq!(store(written), Ok(bucket(prefix)), "{written}");
    }
    for wrong in ["s3://", "s3:///a", "s3://ab", "s3://Acme", "s3://a..b", "s3://-ab", "s3://10.0.0.1", "s3://acme_b"] {
        assert!(store(wrong).unwrap_err().message.contains("is not the name of a bucket"), "{wrong}");
    }
    for wrong in ["s3://abc//a", "s3://abc/../a", "s3://abc/a b"] {
        assert!(store(wrong).unwrap_err().message.contains("has a part"), "{wrong}");
    }
    assert_snapshot!(said("project: shop\nstore: gs://acme-artifacts\n"), @"
    trunkline.yaml:2:8: the store `gs://acme-artifacts` is neither a folder nor in a bucket
    help: write a folder, relative to this file, or `s3://bucket/prefix`
    ");
}

#[test]
fn a_bucket_keeps_no_images() {
    let text = "project: shop\nstore: s3://acme-artifacts\nartifacts:\n  api: { image: shop/api, build: { dockerfile: Dockerfile } }\n";
    assert_snapshot!(said(text), @"
    trunkline.yaml:4:17: `shop/api` has no registry, and the store `s3://acme-artifacts` keeps no images
    help: give the image a registry: `registry.example/shop/api`
    ");
    assert_eq!(said(&text.replace("shop/api", "registry.example/shop/api")), "");
}
