//! What is refused, by name and line, in any kind of target.

use insta::assert_snapshot;

use crate::{helm, kustomize, manifest, moved, yaml};

#[test]
fn a_template_that_is_not_yaml_is_refused_by_line() {
    let text = "kind: Deployment\n{{- if .Values.enabled }}\nspec: {}\n{{- end }}\n";
    assert_snapshot!(moved(&manifest(), text, "v2"), @r#"
    manifest-templated: file.yaml:2:1: this is a template, not YAML (line 2: "-" is only valid inside a block)
    help: name a file without `{{ … }}`, such as the chart's values file as a `helm` target
    "#);
}

#[test]
fn a_template_as_the_value_is_refused_by_line() {
    assert_snapshot!(moved(&manifest(), "containers:\n- image: 'registry.example.com/shop/api:{{ .Tag }}'\n", "v2"), @"
    manifest-templated: file.yaml:2:10: `image` is a template
    help: name the file that the template's value comes from
    ");
    assert_snapshot!(moved(&manifest(), "containers:\n- image: {{ .Values.image }}\n", "v2"), @"
    manifest-templated: file.yaml:2:10: no container has the image `registry.example.com/shop/api`, and this one is a template
    help: name the file that the template's value comes from
    ");
    assert_snapshot!(moved(&helm("image"), "image:\n  repository: registry.example.com/shop/api\n  tag: {{ .Tag }}\n", "v2"), @"
    manifest-templated: file.yaml:3:8: `tag` is a template
    help: name the file that the template's value comes from
    ");
    assert_snapshot!(moved(&helm("image"), "image: {{ .Image }}\n", "v2"), @"
    manifest-templated: file.yaml:1:8: `image` is a template
    help: name the file that the template's value comes from
    ");
    assert_snapshot!(moved(&yaml("a.b", "{tag}"), "a: {{ .A }}\n", "v2"), @"
    manifest-templated: file.yaml:1:4: there is a template on the way to `a.b`
    help: name a file without `{{ … }}`
    ");
    assert_snapshot!(moved(&kustomize(), "images: {{ .Images }}\n", "v2"), @"
    manifest-templated: file.yaml:1:9: `images` is not written out here
    help: write the list of images itself
    ");
}

#[test]
fn a_key_that_is_there_twice_is_refused_wherever_it_is() {
    assert_snapshot!(moved(&kustomize(), "images:\n- name: registry.example.com/shop/api\n  newTag: a\n  newTag: b\n", "v2"), @"
    manifest-ambiguous: file.yaml:4:3: the key `newTag` is there twice
    help: keep one of them: which one counts depends on who reads the file
    ");
    assert_snapshot!(moved(&yaml("a", "{tag}"), "a: 1\nb: {'c': 1, \"c\": 2}\n", "v2"), @"
    manifest-ambiguous: file.yaml:2:13: the key `c` is there twice
    help: keep one of them: which one counts depends on who reads the file
    ");
}

#[test]
fn two_images_of_one_name_are_refused() {
    let text = "images:\n- name: registry.example.com/shop/api\n- name: b\n- name: registry.example.com/shop/api\n";
    assert_snapshot!(moved(&kustomize(), text, "v2"), @"
    manifest-ambiguous: file.yaml:4:3: two images have the name `registry.example.com/shop/api`; the first is on line 2
    help: keep one of them
    ");
}

#[test]
fn an_image_that_is_missing_names_those_there_are() {
    assert_snapshot!(moved(&kustomize(), "kind: Kustomization\nimages:\n- name: web\n- name: worker\n", "v2"), @"
    manifest-unmatched: file.yaml:3:3: no image is named `registry.example.com/shop/api`; there is `web`, `worker`
    help: add `- name: registry.example.com/shop/api` to `images:`, or correct the artifact's `image`
    ");
    assert_snapshot!(moved(&kustomize(), "kind: Kustomization\n", "v2"), @"
    manifest-unmatched: file.yaml:1:1: the kustomization has no `images:`
    help: add it:
    images:
      - name: registry.example.com/shop/api
    ");
    assert_snapshot!(moved(&kustomize(), "images:\n", "v2"), @"
    manifest-unmatched: file.yaml:1:7: no image is named `registry.example.com/shop/api`; there is nothing
    help: add `- name: registry.example.com/shop/api` to `images:`, or correct the artifact's `image`
    ");
}

#[test]
fn what_is_not_yaml_is_refused_by_line_and_column() {
    assert_snapshot!(moved(&kustomize(), "images:\n  - name: a\n name: [b\n", "v2"), @"
    manifest-unreadable: file.yaml:3:2: this is not YAML: while parsing a block mapping, did not find expected key
    help: correct the file: nothing that reads YAML takes it as it is
    ");
    assert_snapshot!(moved(&kustomize(), "a: *nowhere\n", "v2"), @"
    manifest-unreadable: file.yaml:1:4: this is not YAML: while parsing node, found unknown anchor
    help: correct the file: nothing that reads YAML takes it as it is
    ");
    assert_snapshot!(moved(&kustomize(), &"[".repeat(100_000), "v2"), @"
    manifest-unreadable: file.yaml:1:129: this is not YAML: recursion limit exceeded
    help: correct the file: nothing that reads YAML takes it as it is
    ");
    let deep: Vec<String> = (0..1000).map(|depth| format!("{}a:", " ".repeat(depth))).collect();
    assert_snapshot!(moved(&kustomize(), &deep.join("\n"), "v2"), @"
    manifest-unreadable: file.yaml:129:129: this is not YAML: recursion limit exceeded
    help: correct the file: nothing that reads YAML takes it as it is
    ");
}

#[test]
fn a_value_that_belongs_to_another_place_is_refused() {
    let text = "tag: &tag v1\nimage: &image\n  repository: registry.example.com/shop/api\n  tag: *tag\nother: *image\n";
    assert_snapshot!(moved(&helm("image"), text, "v2"), @"
    manifest-ambiguous: file.yaml:4:8: `tag` is the alias `*tag`: changing it would change what it stands for on line 1
    help: write the value itself in place of the alias
    ");
    assert_snapshot!(moved(&helm("other"), text, "v2"), @"
    manifest-ambiguous: file.yaml:5:8: `other` is the alias `*image`: changing it would change what it stands for
    help: name the key of the map that has the anchor, or write the map out here
    ");
    assert_snapshot!(moved(&yaml("other.tag", "{tag}"), text, "v2"), @"
    manifest-ambiguous: file.yaml:5:8: the alias `*image` is on the way to `other.tag`
    help: write the values themselves in place of the alias
    ");
}

#[test]
fn a_block_of_text_and_a_tag_of_ones_own_are_refused() {
    assert_snapshot!(moved(&yaml("a", "{tag}"), "a: |\n  v1\n", "v2"), @"
    manifest-ambiguous: file.yaml:2:3: `a` is a block of text
    help: write it on the line of its key, without `|` or `>`
    ");
    assert_snapshot!(moved(&yaml("a", "{tag}"), "a: !vault v1\n", "v2"), @"
    manifest-ambiguous: file.yaml:1:11: `a` has a tag of its own, which decides how it is read
    help: take the tag away
    ");
    assert_snapshot!(moved(&helm("i"), "i:\n  repository: >-\n    registry.example.com/shop/api\n", "v2"), @"
    manifest-ambiguous: file.yaml:2:3: nothing can be added after `repository` as it is written
    help: write its value as plain text on the line of its key
    ");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    assert_snapshot!(moved(&kustomize(), &" ".repeat(trunkline_manifests::MAX_BYTES + 1), "v2"), @"
    input-too-large: file.yaml:1:1: the file has 8388609 bytes; 8388608 are read at most
    help: is this the right file? name the one that holds the image alone
    ");
}

#[test]
fn a_file_of_too_many_values_is_not_read_to_its_end() {
    assert_snapshot!(moved(&kustomize(), &format!("[{}]", "a,\n".repeat(500_000)), "v2"), @"
    input-too-large: file.yaml:500000:1: the file has more than 500000 values
    help: is this the right file? name the one that holds the image alone
    ");
}

#[test]
fn a_template_that_comes_after_the_mistake_is_not_blamed() {
    assert_snapshot!(moved(&manifest(), "a: b\n c: d\nimage: {{ .Tag }}\n", "v2"), @"
    manifest-unreadable: file.yaml:2:3: this is not YAML: mapping values are not allowed in this context
    help: correct the file: nothing that reads YAML takes it as it is
    ");
}

#[test]
fn an_edit_that_would_not_be_exact_is_refused() {
    assert_snapshot!(moved(&yaml("a.b", "{tag}"), "a: {b, c: d}\n", "v2"), @"
    manifest-unreadable: file.yaml:1:1: the edit would not be exact: more than the image would change
    help: nothing was changed; write the entry in plain block style, one key on each line, and report this file
    ");
}
