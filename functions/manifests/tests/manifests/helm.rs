//! The map that a Helm values file keeps an image in.

use insta::assert_snapshot;

use crate::{helm, moved};

#[test]
fn tag_and_digest_move_and_nothing_else() {
    let text = "\
# Default values for web.
replicaCount: 2

image:
  repository: registry.example.com/shop/api   # the registry
  pullPolicy: IfNotPresent
  # Overrides the image tag whose default is the chart appVersion.
  tag: ''

resources: {}   # none
";
    assert_snapshot!(moved(&helm("image"), text, "0a1b2c3d4e5f"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -5,6 +5,7 @@
       repository: registry.example.com/shop/api   # the registry
       pullPolicy: IfNotPresent
       # Overrides the image tag whose default is the chart appVersion.
    -  tag: ''
    +  tag: '0a1b2c3d4e5f'
    +  digest: 'sha256:2222'
     
     resources: {}   # none
    ");
}

#[test]
fn the_key_leads_through_maps_and_lists() {
    let text = "services:\n  - web: {image: {repository: registry.example.com/shop/api, tag: abc}}\n  - db: {image: {tag: abc}}\n";
    assert_snapshot!(moved(&helm("services[0].web.image"), text, "1.10"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,3 +1,3 @@
     services:
    -  - web: {image: {repository: registry.example.com/shop/api, tag: abc}}
    +  - web: {image: {repository: registry.example.com/shop/api, tag: "1.10", digest: sha256:2222}}
       - db: {image: {tag: abc}}
    "#);
}

#[test]
fn registry_and_repository_may_stand_apart() {
    let text = "image:\n    registry: registry.example.com\n    repository: \"shop/api\"\n    pullPolicy: Always\n";
    assert_snapshot!(moved(&helm("image"), text, "v2"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,4 +1,6 @@
     image:
         registry: registry.example.com
         repository: "shop/api"
    +    tag: "v2"
    +    digest: "sha256:2222"
         pullPolicy: Always
    "#);
}

#[test]
fn a_map_that_does_not_say_whose_it_is_is_taken_as_named() {
    assert_snapshot!(moved(&helm("image"), "image:\n  tag: \"v1\"\n", "v2"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,2 +1,3 @@
     image:
    -  tag: "v1"
    +  tag: "v2"
    +  digest: "sha256:2222"
    "#);
}

#[test]
fn another_repository_is_refused() {
    let text = "image:\n  repository: registry.example.com/shop/web\n  tag: v1\n";
    assert_snapshot!(moved(&helm("image"), text, "v2"), @"
    manifest-unmatched: file.yaml:2:15: `image` is about `registry.example.com/shop/web`, not `registry.example.com/shop/api`
    help: correct `key` in the policy, or the artifact's `image`
    ");
}

#[test]
fn a_missing_key_names_what_is_there() {
    assert_snapshot!(moved(&helm("web.image"), "web:\n  img: {}\n  port: 80\n", "v2"), @"
    manifest-unmatched: file.yaml:2:3: there is no `web.image`: `image` is missing where there is `img`, `port`
    help: correct the path in the policy, or write the value there once by hand
    ");
    assert_snapshot!(moved(&helm("image"), "image:\n  name: a\n", "v2"), @"
    manifest-unmatched: file.yaml:2:3: `image` has none of `repository`, `tag` and `digest`; there is `name`
    help: is it one text? then use a `yaml` target with `path: image`
    ");
    assert_snapshot!(moved(&helm("image"), "image: registry.example.com/shop/api:v1\n", "v2"), @"
    manifest-unmatched: file.yaml:1:8: `image` has none of `repository`, `tag` and `digest`; there is nothing
    help: is it one text? then use a `yaml` target with `path: image`
    ");
    assert_snapshot!(moved(&helm("image"), "", "v2"), @"
    manifest-unmatched: file.yaml:1:1: the file is empty
    help: correct the path in the policy, or write the value there once by hand
    ");
}
