//! Whatever a repository holds, the policy that is written passes `check`.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use tempfile::TempDir;
use trunkline_core::ids::Name;
use trunkline_core::policy::Policy;
use trunkline_core::refusal::Code;
use trunkline_ports::failure::Failure;

use super::init;
use crate::arguments::Common;

/// A repository called `shop` with these files; the folder around it goes when it is dropped.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let around = tempfile::tempdir().unwrap();
    let root = around.path().join("shop");
    std::fs::create_dir(&root).unwrap();
    git(&root, &["init", "--quiet", "--initial-branch", "trunk"]);
    for (path, text) in files {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    }
    git(&root, &["add", "--all"]);
    around
}

fn git(root: &Path, arguments: &[&str]) {
    assert!(Command::new("git").arg("-C").arg(root).args(arguments).status().unwrap().success());
}

/// The policy that is written for these files.
#[track_caller]
fn written(files: &[(&str, &str)]) -> String {
    let around = repository(files);
    let root = around.path().join("shop");
    init(&common(&root), None, false).unwrap();
    let text = std::fs::read_to_string(root.join("trunkline.yaml")).unwrap();
    assert_eq!(Policy::check(&text), [], "{text}");
    text
}

fn common(root: &Path) -> Common {
    Common { directory: Some(root.to_owned()), policy: None, json: false }
}

/// A policy without its comments and empty lines.
fn plain(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.is_empty());
    lines.map(|line| line.split("  #").next().unwrap().trim_end().to_owned() + "\n").collect()
}

#[test]
fn services_and_their_overlays_belong_together() {
    let files = [
        ("api/Dockerfile", "FROM scratch\n"),
        ("web/Dockerfile", "FROM scratch\n"),
        ("web/public/index.html", "<html>"),
        ("deploy/apps/api/overlays/stage/kustomization.yaml", "images: []\n"),
        ("deploy/apps/api/overlays/prod/kustomization.yaml", "images: []\n"),
        ("charts/web/values-stage.yaml", "image: {}\n"),
    ];
    assert_snapshot!(plain(&written(&files)), @r#"
    project: shop
    trunk: trunk
    store: .trunkline
    artifacts:
      api:
        image: shop/api
        watch: ["api/**"]
        build: { dockerfile: api/Dockerfile, context: api }
        deploy: { kustomize: "deploy/apps/api/overlays/{environment}" }
      web:
        image: shop/web
        watch: ["web/**"]
        build: { dockerfile: web/Dockerfile, context: web }
        deploy: { helm: "charts/web/values-{environment}.yaml", key: image }
    environments:
      stage:
        on: trunk
      demo:
        on: "rc-*"
        after: [stage]
      prod:
        on: "v*"
        after: [stage]
    manifests:
      repository: "."
      branch: trunk
    "#);
}

#[test]
fn functions_and_sites_become_packages() {
    let files = [
        ("jobs/serverless.yml", "service: jobs\n"),
        ("orders/template.yaml", "Transform: AWS::Serverless-2016-10-31\n"),
        ("mail/template.yaml", "Dear {name}\n"),
        ("site/index.html", "<html>"),
        ("site/css/site.css", ""),
    ];
    assert_snapshot!(plain(&written(&files)), @r#"
    project: shop
    trunk: trunk
    store: .trunkline
    artifacts:
      jobs:
        watch: ["jobs/**"]
        package: { run: "root=$PWD && cd 'jobs' && npx serverless package && cd .serverless && zip -X -q -r \"$root/jobs.zip\" .", output: jobs.zip }
      orders:
        watch: ["orders/**"]
        package: { run: "root=$PWD && cd 'orders' && sam build --template-file template.yaml && cd .aws-sam/build && zip -X -q -r \"$root/orders.zip\" .", output: orders.zip }
      site:
        watch: ["site/**"]
        package: { directory: site }
        deploy: { folder: ".trunkline/deployed/site/{environment}" }
    environments:
      stage:
        on: trunk
      demo:
        on: "rc-*"
        after: [stage]
      prod:
        on: "v*"
        after: [stage]
    "#);
}

#[test]
fn an_empty_repository_gets_an_example() {
    assert_snapshot!(written(&[]), @r#"
    # Carries commits from trunk to production: what is built from a commit, and where it goes.
    # `trunkline check` checks this file, `trunkline plan` shows what would happen, `trunkline sync` does it.
    project: shop
    trunk: trunk
    # Where the ledger, the packages and the images without a registry are kept; git ignores it.
    store: .trunkline

    # Nothing that is built was found. An artifact is an image or a package:
    #   api:
    #     image: registry.example.com/shop/api
    #     watch: ["api/**"]
    #     build: { dockerfile: api/Dockerfile, context: api }
    #   site:
    #     watch: ["site/**"]
    #     package: { directory: site }
    #     deploy: { folder: "/srv/site/{environment}" }
    artifacts: {}

    environments:
      stage:
        on: trunk                   # every commit of trunk
        # How it is judged there; what fails is barred everywhere. Verdicts come by `trunkline verdict`.
        # verify: { checks: [e2e], within: 30m, on_failure: yank }
      demo:
        on: "rc-*"                  # commits with such a tag
        after: [stage]              # whose bytes were in stage before
      prod:
        on: "v*"
        after: [stage]
        # soak: 1h                  # how long they must have been there
    "#);
}

#[test]
fn strange_names_become_legal_ones() {
    let files = [
        ("Dockerfile", ""),
        ("Dockerfile.worker", ""),
        ("Über Dienst/Dockerfile", ""),
        ("a/api/Dockerfile", ""),
        ("b/api/Dockerfile", ""),
        ("it's [new]/serverless.yml", ""),
        ("true/Dockerfile", ""),
        ("node_modules/x/Dockerfile", ""),
        ("tests/fixtures/Dockerfile", ""),
    ];
    let policy = Policy::parse(&written(&files)).unwrap();
    let names: Vec<&str> = policy.artifacts.keys().map(Name::as_str).collect();
    assert_eq!(names, ["shop", "worker", "api", "b-api", "it-s-new", "true", "ber-dienst"]);
}

#[test]
fn the_only_image_and_the_only_manifests_belong_together() {
    let files =
        [("Dockerfile", ""), ("k8s/overlays/stage/kustomization.yaml", ""), ("k8s/base/kustomization.yaml", "")];
    assert!(written(&files).contains("kustomize: \"k8s/overlays/{environment}\""));
}

#[test]
fn a_policy_that_is_there_stays() {
    let around = repository(&[("trunkline.yaml", "project: mine\n")]);
    let root = around.path().join("shop");
    let Err(Failure::Refused(refusal)) = init(&common(&root), None, false) else { panic!("it was written over") };
    assert_eq!(refusal.code, Code::AlreadyThere);
    assert_eq!(std::fs::read_to_string(root.join("trunkline.yaml")).unwrap(), "project: mine\n");
    init(&common(&root), None, true).unwrap();
    assert!(std::fs::read_to_string(root.join("trunkline.yaml")).unwrap().contains("project: shop\n"));
}

#[test]
fn a_folder_without_a_repository_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Err(Failure::Refused(refusal)) = init(&common(folder.path()), None, false) else { panic!("it was taken") };
    assert_eq!(refusal.code, Code::RepositoryUnusable);
}
