//! What policies are taken, and what is said about the others: every refusal with its place and its help.

mod hostile;
mod meaning;
mod places;
mod schema;
mod shape;
mod yaml;

use super::{Policy, Source, TargetKind};

/// The example of the documentation, as far as it is built: serverless packages and stacks come later.
const EXAMPLE: &str = r#"
project: shop
trunk: main
store: s3://acme-artifacts
sha_length: 12

artifacts:
  api:
    image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api
    watch: ["api/**", "Cargo.lock"]
    build: { dockerfile: api/Dockerfile }
    deploy: { kustomize: "apps/api/{environment}" }
  web:
    image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web
    watch: ["web/**"]
    build:
      base: scratch
      layers: [{ from: web/dist, to: /srv }]
      entrypoint: [/srv/run]
    deploy: { helm: "charts/web/{environment}.yaml", key: image }
  jobs:
    package: { directory: jobs }
    deploy: { folder: "/srv/jobs/{environment}" }
  site:
    package: { directory: site }
    deploy: { folder: "/srv/site/{environment}" }

environments:
  stage:
    on: trunk
    verify: { checks: [e2e], within: 30m, on_failure: yank }
  demo:
    on: "rc-*"
    after: [stage]
  prod:
    on: "v*"
    after: [stage]
    soak: 1h
    artifacts: { jobs: { deploy: { run: ./install-jobs, observe: verdict } } }

manifests:
  repository: acme/manifests
  branch: main
  mode: commit
"#;

/// Everything that is said about a policy.
fn said(text: &str) -> String {
    let said: Vec<String> = Policy::check(text).iter().map(ToString::to_string).collect();
    assert_eq!(
        Policy::parse(text).err().map(|refusal| refusal.to_string()),
        said.first().cloned(),
        "the first is told alone"
    );
    said.join("\n")
}

/// The example with one piece of it replaced.
#[track_caller]
fn with(from: &str, to: &str) -> String {
    assert_eq!(EXAMPLE.matches(from).count(), 1, "{from}");
    EXAMPLE.replace(from, to)
}

#[test]
fn the_example_is_taken() {
    assert_eq!(said(EXAMPLE), "");
    let policy = Policy::parse(EXAMPLE).unwrap();
    let names: Vec<&str> = policy.artifacts.keys().map(crate::ids::Name::as_str).collect();
    assert_eq!(names, ["api", "web", "jobs", "site"], "in the order written");
    assert!(matches!(policy.artifacts["web"].deploy.as_ref().unwrap().kind, TargetKind::Helm(_)));
    assert!(policy.environments["prod"].artifacts["jobs"].deploy.observe.is_some());
    assert!(policy.environments["stage"].on.trunk() && policy.environments["demo"].on.tag("rc-7"));
}

#[test]
fn the_ledger_gives_back_what_was_read() {
    let policy = Policy::parse(EXAMPLE).unwrap();
    let kept = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&kept).unwrap(), policy);
    assert_eq!(said(&kept), "", "JSON is YAML, and says the same");
}

#[test]
fn sources_are_read_in_order() {
    let text = with(
        "on: \"v*\"",
        "on: [trunk, \"v*\", \"!v*-beta\", { tag: v1-beta }, { branch: \"release/*\" }, { branch: \"!release/old\" }]",
    );
    let policy = Policy::parse(&text.replace("trunk: main", "release_branches: [\"release/*\"]")).unwrap();
    let on = &policy.environments["prod"].on;
    assert_eq!(["v1", "v2-beta", "v1-beta", "trunk"].map(|tag| on.tag(tag)), [true, false, true, false]);
    assert_eq!(["release/1", "release/old", "main"].map(|branch| on.branch(branch)), [true, false, false]);
    assert!(on.trunk() && policy.releases("release/1") && !policy.releases("main"));
    assert!(matches!(on.each()[0], Source::Word(_)));
}

#[test]
fn the_digest_is_that_of_the_text() {
    assert_eq!(Policy::digest("").as_str(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
