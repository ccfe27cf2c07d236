//! Any file and path.

use insta::assert_snapshot;

use crate::{moved, yaml};

const REFERENCE: &str = "{repository}:{tag}@{digest}";

#[test]
fn the_value_is_filled_in_and_keeps_its_quotes() {
    let text = "spec:\n  containers:\n  - {image: 'x'} # é\n  - image: &i x\n";
    assert_snapshot!(moved(&yaml("spec.containers[0].image", REFERENCE), text, "v2"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,4 +1,4 @@
     spec:
       containers:
    -  - {image: 'x'} # é
    +  - {image: 'registry.example.com/shop/api:v2@sha256:2222'} # é
       - image: &i x
    ");
    assert_snapshot!(moved(&yaml("spec.containers[1].image", REFERENCE), text, "v2"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,4 +1,4 @@
     spec:
       containers:
       - {image: 'x'} # é
    -  - image: &i x
    +  - image: &i registry.example.com/shop/api:v2@sha256:2222
    ");
}

#[test]
fn a_text_with_a_hash_or_a_colon_is_quoted() {
    assert_snapshot!(moved(&yaml("note", "é: {tag} # by hand"), "note: x\n", "v2"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1 +1 @@
    -note: x
    +note: "é: v2 # by hand"
    "#);
}

#[test]
fn the_commit_may_be_written_too() {
    assert_snapshot!(moved(&yaml("[\"app.example.com/commit\"]", "{commit}"), "app.example.com/commit: ~\n", "v2"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1 +1 @@
    -app.example.com/commit: ~
    +app.example.com/commit: cccccccccccccccccccccccccccccccccccccccc
    ");
}

#[test]
fn a_number_before_is_a_text_after() {
    assert_snapshot!(moved(&yaml("tag", "{tag}"), "tag: 7\n", "8"), @r#"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1 +1 @@
    -tag: 7
    +tag: "8"
    "#);
}

#[test]
fn the_document_that_has_the_path_is_edited() {
    assert_snapshot!(moved(&yaml("b", "{tag}"), "a: 1\n---\nb: 1\n", "v2"), @"
    --- a/file.yaml
    +++ b/file.yaml
    @@ -1,3 +1,3 @@
     a: 1
     ---
    -b: 1
    +b: v2
    ");
}

#[test]
fn a_path_that_two_documents_have_is_refused() {
    assert_snapshot!(moved(&yaml("a", "{tag}"), "a: 1\n---\na: 1\n", "v2"), @"
    manifest-ambiguous: file.yaml:3:4: two documents have `a`; the first is on line 1
    help: put the documents into files of their own
    ");
}

#[test]
fn a_path_that_leads_nowhere_names_what_is_there() {
    assert_snapshot!(moved(&yaml("a[2]", "{tag}"), "a: [1, 2]\n", "v2"), @"
    manifest-unmatched: file.yaml:1:4: there is no `a[2]`: `[2]` is asked of a list of 2
    help: correct the path in the policy, or write the value there once by hand
    ");
    assert_snapshot!(moved(&yaml("a.b", "{tag}"), "a: 1\n", "v2"), @"
    manifest-unmatched: file.yaml:1:4: there is no `a.b`: `b` is asked of a single value
    help: correct the path in the policy, or write the value there once by hand
    ");
    assert_snapshot!(moved(&yaml("a", "{tag}"), "a: {b: c}\n", "v2"), @"
    manifest-unmatched: file.yaml:1:4: `a` is not a text
    help: name the key that holds the text itself
    ");
    assert_snapshot!(moved(&yaml("a..b", "{tag}"), "a: 1\n", "v2"), @r#"
    policy-invalid: `a..b` is not a path
    help: join keys by dots and number the items of lists: `spec.containers[0].image`, `annotations["a.b/c"]`
    "#);
}
