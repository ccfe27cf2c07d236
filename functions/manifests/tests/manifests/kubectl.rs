//! What kubectl renders from a kustomization we edited.

use std::process::Command;

use trunkline_manifests::{Image, edit};

use crate::{API, commit, digest, kustomize};

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      initContainers: [{name: migrate, image: NAME}]
      containers: [{name: api, image: 'NAME:base'}]
";

/// The `image:` lines that `kubectl kustomize` prints after moving [`API`] to `tag`.
fn rendered(kustomization: &str, name: &str, tag: &str) -> Vec<String> {
    let (digest, commit) = (digest('2'), commit());
    let image = Image { repository: API, tag: Some(tag), digest: &digest, commit: &commit };
    let edited = edit("kustomization.yaml", kustomization, &kustomize(), &image).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kustomization.yaml"), edited.text).unwrap();
    std::fs::write(folder.path().join("api.yaml"), WORKLOAD.replace("NAME", name)).unwrap();
    let output = Command::new("kubectl").arg("kustomize").arg(folder.path()).output();
    let output = output.expect("this test needs `kubectl` on PATH");
    assert!(output.status.success(), "kubectl kustomize: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("image: "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn kubectl_renders_the_tag_and_the_digest_we_wrote() {
    let expected = format!("{API}:12e4567@{}", digest('2'));
    let edited = format!("resources: [api.yaml]\nimages:\n- name: {API}\n  newTag: v1\n  digest: {}\n", digest('1'));
    assert_eq!(rendered(&edited, API, "12e4567"), [expected.clone(), expected.clone()]);
    let added = format!("resources:\r\n- api.yaml\r\nimages:\r\n- name: {API}\r\n");
    assert_eq!(rendered(&added, API, "12e4567"), [expected.clone(), expected]);
}

#[test]
fn kubectl_renders_an_alias_by_its_new_name() {
    let expected = format!("{API}:1234567@{}", digest('2'));
    let text = format!("resources: [api.yaml]\nimages: [{{name: api, newName: {API}}}]\n");
    assert_eq!(rendered(&text, "api", "1234567"), [expected.clone(), expected]);
}
