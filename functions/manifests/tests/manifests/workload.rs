//! Containers in plain Kubernetes YAML, in whatever kind of workload.

use insta::assert_snapshot;

use crate::{manifest, moved};

#[test]
fn every_container_of_the_repository_moves_in_every_document() {
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  annotations: {note: 'registry.example.com/shop/api:v1 is only mentioned'}
spec:
  template:
    spec:
      initContainers:
        - name: migrate
          image: \"registry.example.com/shop/api:v1\"  # same image
          args: [migrate]
      containers:
        - image: registry.example.com/shop/api:v1
          name: api
        - name: proxy
          image: registry.example.com/shop/api-proxy:v1
---
# nightly
apiVersion: batch/v1
kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - {name: report, image: 'registry.example.com/shop/api'}
";
    assert_snapshot!(moved(&manifest(), text, "v2"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -8,10 +8,10 @@
         spec:
           initContainers:
             - name: migrate
    -          image: "registry.example.com/shop/api:v1"  # same image
    +          image: "registry.example.com/shop/api:v2@sha256:2222"  # same image
               args: [migrate]
           containers:
    -        - image: registry.example.com/shop/api:v1
    +        - image: registry.example.com/shop/api:v2@sha256:2222
               name: api
             - name: proxy
               image: registry.example.com/shop/api-proxy:v1
    @@ -25,4 +25,4 @@
           template:
             spec:
               containers:
    -            - {name: report, image: 'registry.example.com/shop/api'}
    +            - {name: report, image: 'registry.example.com/shop/api:v2@sha256:2222'}
    "#);
}

#[test]
fn a_list_of_kinds_and_an_ephemeral_container_are_reached() {
    let text = "\
kind: List
items:
- kind: Pod
  spec:
    containers: []
    ephemeralContainers:
    - image: registry.example.com/shop/api@sha256:1111111111111111111111111111111111111111111111111111111111111111
- kind: Rollout
  spec: {template: {spec: {containers: [{image: registry.example.com/shop/api:latest}]}}}
";
    assert_snapshot!(moved(&manifest(), text, "12e4567"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -4,6 +4,6 @@
       spec:
         containers: []
         ephemeralContainers:
    -    - image: registry.example.com/shop/api@sha256:1111
    +    - image: registry.example.com/shop/api:12e4567@sha256:2222
     - kind: Rollout
    -  spec: {template: {spec: {containers: [{image: registry.example.com/shop/api:latest}]}}}
    +  spec: {template: {spec: {containers: [{image: registry.example.com/shop/api:12e4567@sha256:2222}]}}}
    ");
}

#[test]
fn a_container_listed_by_an_alias_moves_where_it_is_written() {
    let text = "\
spec:
  initContainers:
  - &api
    image: registry.example.com/shop/api:v1
  containers:
  - *api
";
    assert_snapshot!(moved(&manifest(), text, "v2"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,6 +1,6 @@
     spec:
       initContainers:
       - &api
    -    image: registry.example.com/shop/api:v1
    +    image: registry.example.com/shop/api:v2@sha256:2222
       containers:
       - *api
    ");
}

#[test]
fn an_image_that_is_an_alias_is_refused() {
    let text = "x-image: &image registry.example.com/shop/api:v1\ncontainers:\n- image: *image\n";
    assert_snapshot!(moved(&manifest(), text, "v2"), @"
    manifest-ambiguous: file.yaml:3:10: `image` is the alias `*image`: changing it would change what it stands for on line 1
    help: write the value itself in place of the alias
    ");
}

#[test]
fn an_image_that_is_nowhere_names_those_there_are() {
    let text = "containers: [{image: a:1}, {image: b}, {image: c}, {image: d}, {image: e}, {image: f}, {image: a:1}]\n";
    assert_snapshot!(moved(&manifest(), text, "v2"), @"
    manifest-unmatched: file.yaml:1:22: no container has the image `registry.example.com/shop/api`; there is `a:1`, `b`, `c`, `d`, `e` and 1 more
    help: correct the artifact's `image`, or the path of the manifest
    ");
    assert_snapshot!(moved(&manifest(), "kind: Service\n", "v2"), @"
    manifest-unmatched: file.yaml:1:1: no container has the image `registry.example.com/shop/api`; there is nothing
    help: correct the artifact's `image`, or the path of the manifest
    ");
}
