//! What stands in a manifest now.

use trunkline_manifests::{Found, mentions, read};

use crate::{API, digest, helm, kustomize, manifest, yaml};

/// Tag, digest (its first hex digit) and text; or the refusal's code.
#[track_caller]
fn found(target: &trunkline_core::policy::TargetKind, text: &str) -> (String, String, String) {
    match read("file.yaml", text, target, API) {
        Ok(Found { tag, digest, text }) => {
            let digest = digest.map_or_else(|| "-".to_owned(), |digest| digest.hex()[..1].to_owned());
            (tag.unwrap_or_else(|| "-".to_owned()), digest, text)
        }
        Err(refusal) => (refusal.code.to_string(), String::new(), String::new()),
    }
}

fn shown(tag: &str, digest: &str, text: &str) -> (String, String, String) {
    (tag.to_owned(), digest.to_owned(), text.to_owned())
}

#[test]
fn a_kustomization_tells_tag_and_digest() {
    let one = digest('1');
    let text = format!("images:\n- name: {API}\n  newTag: v1\n  digest: {one}\n");
    assert_eq!(found(&kustomize(), &text), shown("v1", "1", &format!("{API}:v1@{one}")));
    assert_eq!(found(&kustomize(), &format!("images:\n- name: {API}\n")), shown("-", "-", API));
    assert_eq!(found(&kustomize(), "images: []"), shown("manifest-unmatched", "", ""));
}

#[test]
fn values_tell_what_an_alias_stands_for() {
    let text = format!("t: &t v1\nimage: {{repository: {API}, tag: *t, digest: ''}}\n");
    assert_eq!(found(&helm("image"), &text), shown("v1", "-", &format!("{API}:v1")));
}

#[test]
fn containers_that_differ_tell_only_what_they_agree_on() {
    let one = digest('1');
    let agreeing = format!("containers: [{{image: '{API}:v1@{one}'}}]\ninitContainers: [{{image: '{API}:v1@{one}'}}]");
    assert_eq!(found(&manifest(), &agreeing), shown("v1", "1", &format!("{API}:v1@{one}")));
    let differing = format!("containers: [{{image: '{API}:v1@{one}'}}]\ninitContainers: [{{image: '{API}:v2@{one}'}}]");
    assert_eq!(found(&manifest(), &differing), shown("-", "1", &format!("{API}:v1@{one}, {API}:v2@{one}")));
}

#[test]
fn a_value_is_read_back_through_its_pattern() {
    let one = digest('1');
    let reference = yaml("a", "{repository}:{tag}@{digest}");
    assert_eq!(found(&reference, &format!("a: {API}:v1@{one}")), shown("v1", "1", &format!("{API}:v1@{one}")));
    assert_eq!(found(&reference, "a: elsewhere:v1"), shown("-", "-", "elsewhere:v1"));
    assert_eq!(found(&yaml("a", "release-{tag}"), "a: release-v1"), shown("v1", "-", "release-v1"));
    assert_eq!(found(&yaml("a", "{digest}"), &format!("a: {one}")), shown("-", "1", one.as_str()));
}

#[test]
fn a_file_that_does_not_mention_the_repository_need_not_be_parsed() {
    assert!(mentions("image: registry.example.com/shop/api:v1", API));
    assert!(!mentions("image: registry.example.com/shop/web:v1", API));
}
