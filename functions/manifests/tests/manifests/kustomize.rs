//! The `images:` entry of a kustomization.

use insta::assert_snapshot;

use crate::{kustomize, moved};

const WHOLE: &str = "\
# Deployed by the release bot — mind the ümlauts.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop-stage

resources:
  - ../base   # everything
  - ingress.yaml

commonLabels: &labels
  app.kubernetes.io/part-of: \"shop\"

images:
  # the service
  - name: registry.example.com/shop/api  # moved on every merge
    newTag: \"0a1b2c3d4e5f\"    # one commit
    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
  - name: registry.example.com/shop/web
    newTag: '0a1b2c3d4e5f'
    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111

patches:
  - target: {kind: Deployment, name: api}
    patch: |-
      - op: replace
        path: /spec/replicas
        value: 2
";

#[test]
fn tag_and_digest_move_and_nothing_else() {
    assert_snapshot!(moved(&kustomize(), WHOLE, "abcdef012345"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -13,8 +13,8 @@
     images:
       # the service
       - name: registry.example.com/shop/api  # moved on every merge
    -    newTag: "0a1b2c3d4e5f"    # one commit
    -    digest: sha256:1111
    +    newTag: "abcdef012345"    # one commit
    +    digest: sha256:2222
       - name: registry.example.com/shop/web
         newTag: '0a1b2c3d4e5f'
         digest: sha256:1111
    "#);
}

#[test]
fn windows_line_ends_stay() {
    assert_snapshot!(moved(&kustomize(), &WHOLE.replace('\n', "\r\n"), "abcdef012345"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -13,8 +13,8 @@
     images:␍
       # the service␍
       - name: registry.example.com/shop/api  # moved on every merge␍
    -    newTag: "0a1b2c3d4e5f"    # one commit␍
    -    digest: sha256:1111␍
    +    newTag: "abcdef012345"    # one commit␍
    +    digest: sha256:2222␍
       - name: registry.example.com/shop/web␍
         newTag: '0a1b2c3d4e5f'␍
         digest: sha256:1111␍
    "#);
}

#[test]
fn what_stands_there_already_is_not_a_change() {
    let digest = crate::digest('2');
    let text = format!("images:\n- {{name: {}, newTag: '12', digest: {digest}}}", crate::API);
    assert_snapshot!(moved(&kustomize(), &text, "12"), @"unchanged");
}

#[test]
fn a_tag_that_is_read_as_a_number_is_written_anew_in_quotes() {
    let digest = crate::digest('2');
    let text = format!("images:\n- name: {}\n  newTag: 1234567\n  digest: {digest}\n", crate::API);
    assert_snapshot!(moved(&kustomize(), &text, "1234567"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,4 +1,4 @@
     images:
     - name: registry.example.com/shop/api
    -  newTag: 1234567
    +  newTag: "1234567"
       digest: sha256:2222
    "#);
}

#[test]
fn a_missing_digest_is_added_after_the_tag() {
    let text = "images:\n-   name: registry.example.com/shop/api\n    newTag: v1 # old\n    # below\n- name: other\n";
    assert_snapshot!(moved(&kustomize(), text, "v2"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,5 +1,6 @@
     images:
     -   name: registry.example.com/shop/api
    -    newTag: v1 # old
    +    newTag: v2 # old
    +    digest: sha256:2222
         # below
     - name: other
    ");
}

#[test]
fn a_missing_tag_and_digest_are_added_after_the_name() {
    let text = "images:\n  - newName: registry.example.com/shop/api\n    name: api";
    assert_snapshot!(moved(&kustomize(), text, "v2"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,3 +1,5 @@
     images:
       - newName: registry.example.com/shop/api
    +    newTag: "v2"
    +    digest: sha256:2222
         name: api
    \ No newline at end of file
    "#);
}

#[test]
fn a_missing_tag_is_added_before_the_digest() {
    let digest = crate::digest('1');
    let text = format!("images:\r\n- name: registry.example.com/shop/api\r\n  digest: '{digest}'\r\n");
    assert_snapshot!(moved(&kustomize(), &text, "12e4567"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,3 +1,4 @@
     images:␍
     - name: registry.example.com/shop/api␍
    -  digest: 'sha256:1111'␍
    +  newTag: "12e4567"␍
    +  digest: 'sha256:2222'␍
    "#);
}

#[test]
fn the_name_goes_before_the_new_name() {
    let text = "images:
- name: api
  newName: registry.example.com/shop/api
  newTag: left-alone
- name: registry.example.com/shop/api
  newTag: a
";
    assert_snapshot!(moved(&kustomize(), text, "b"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -3,4 +3,5 @@
       newName: registry.example.com/shop/api
       newTag: left-alone
     - name: registry.example.com/shop/api
    -  newTag: a
    +  newTag: b
    +  digest: sha256:2222
    ");
}

#[test]
fn flow_maps_are_edited_in_place() {
    let text = "images: [{name: registry.example.com/shop/api, newTag: a}, {name: b, newTag: a}]\n";
    assert_snapshot!(moved(&kustomize(), text, "1e5"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1 +1 @@
    -images: [{name: registry.example.com/shop/api, newTag: a}, {name: b, newTag: a}]
    +images: [{name: registry.example.com/shop/api, newTag: "1e5", digest: sha256:2222}, {name: b, newTag: a}]
    "#);
}

#[test]
fn json_stays_json() {
    let text = "{\"images\":[{\"name\":\"registry.example.com/shop/api\",\"newTag\":\"a\"}]}";
    assert_snapshot!(moved(&kustomize(), text, "b"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1 +1 @@
    -{"images":[{"name":"registry.example.com/shop/api","newTag":"a"}]}
    \ No newline at end of file
    +{"images":[{"name":"registry.example.com/shop/api","newTag":"b", "digest": "sha256:2222"}]}
    \ No newline at end of file
    "#);
}

#[test]
fn an_anchor_stays_where_it_is() {
    let text = "images:
- name: registry.example.com/shop/api
  newTag: &tag !!str a
  digest:
- name: other
  newTag: *tag
";
    assert_snapshot!(moved(&kustomize(), text, "b"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,6 +1,6 @@
     images:
     - name: registry.example.com/shop/api
    -  newTag: &tag !!str a
    -  digest:
    +  newTag: &tag !!str b
    +  digest: sha256:2222
     - name: other
       newTag: *tag
    ");
}

#[test]
fn a_byte_order_mark_and_a_second_document_stay() {
    let text = "\u{feff}# é\n---\nkind: Component\n...\n---\nimages:\n- {name: registry.example.com/shop/api, newTag: a, digest: ~}\n";
    assert_snapshot!(moved(&kustomize(), text, "b"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -4,4 +4,4 @@
     ...
     ---
     images:
    -- {name: registry.example.com/shop/api, newTag: a, digest: ~}
    +- {name: registry.example.com/shop/api, newTag: b, digest: sha256:2222}
    ");
}

#[test]
fn an_empty_value_at_the_end_of_the_file_is_filled() {
    let text = "images:\n- name: registry.example.com/shop/api\n  newTag:";
    assert_snapshot!(moved(&kustomize(), text, "b"), @r"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,3 +1,4 @@
     images:
     - name: registry.example.com/shop/api
    -  newTag:
    \ No newline at end of file
    +  newTag: b
    +  digest: sha256:2222
    \ No newline at end of file
    ");
}

#[test]
fn a_template_elsewhere_that_is_still_yaml_does_not_matter() {
    let text = "images:\n- name: other\n  newTag: \"{{ .Tag }}\"\n- name: registry.example.com/shop/api\n  newTag: a\n";
    assert_snapshot!(moved(&kustomize(), text, "b"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -2,4 +2,5 @@
     - name: other
       newTag: "{{ .Tag }}"
     - name: registry.example.com/shop/api
    -  newTag: a
    +  newTag: b
    +  digest: sha256:2222
    "#);
}

#[test]
fn an_image_without_a_tag_empties_the_one_that_stands_there() {
    let (digest, commit) = (crate::digest('2'), crate::commit());
    let image = trunkline_manifests::Image { repository: "api", tag: None, digest: &digest, commit: &commit };
    let text = "images:\n- name: api\n  newTag: a\n  digest: b\n";
    let edited = trunkline_manifests::edit("file.yaml", text, &kustomize(), &image).unwrap();
    assert_eq!(edited.text, format!("images:\n- name: api\n  newTag: \"\"\n  digest: {digest}\n"));
}

#[test]
fn an_empty_value_between_braces_is_filled() {
    let text = "images: [{name: registry.example.com/shop/api, newTag: , digest: }]\n";
    assert_snapshot!(moved(&kustomize(), text, "b"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1 +1 @@
    -images: [{name: registry.example.com/shop/api, newTag: , digest: }]
    +images: [{name: registry.example.com/shop/api, newTag: b , digest: sha256:2222 }]
    ");
}
