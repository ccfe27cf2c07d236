//! Files that are not YAML, or more of it than a policy takes.

use insta::assert_snapshot;

use super::super::{MAX_BYTES, Policy};
use super::{EXAMPLE, said};

#[test]
fn an_empty_file_is_refused() {
    assert_snapshot!(said(""), @"
    trunkline.yaml:1:1: the policy is empty
    help: `trunkline init` writes one from what the repository holds
    ");
    assert_snapshot!(said("# nothing yet\n\n"), @"
    trunkline.yaml:1:1: the policy is empty
    help: `trunkline init` writes one from what the repository holds
    ");
    assert_snapshot!(said("---\n~\n"), @"
    trunkline.yaml:2:1: the policy is empty
    help: `trunkline init` writes one from what the repository holds
    ");
}

#[test]
fn a_second_document_is_refused() {
    assert_snapshot!(said("project: shop\n---\nproject: shop\n"), @"
    trunkline.yaml:2:1: a second document starts here
    help: a policy is one document: remove the `---`
    ");
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    assert_snapshot!(said("project: shop\ntrunk: main\nproject: ship\ntrunk: x\n"), @"
    trunkline.yaml:3:1: the key `project` is there twice; the first is on line 1
    help: keep one of them
    trunkline.yaml:4:1: the key `trunk` is there twice; the first is on line 2
    help: keep one of them
    ");
    assert_snapshot!(said("project: shop\n\"project\": ship\n"), @"
    trunkline.yaml:2:1: the key `project` is there twice; the first is on line 1
    help: keep one of them
    ");
}

#[test]
fn a_pattern_without_quotes_is_told_from_an_alias_and_a_tag() {
    assert_snapshot!(said("project: shop\nrelease_branches: [*.x]\n"), @"
    trunkline.yaml:2:20: what starts with `*` is an alias in YAML, and nothing has that name
    help: put a pattern that starts with `*` in quotes
    ");
    assert_snapshot!(said("project: shop\nrelease_branches:\n  - **\n"), @"
    trunkline.yaml:3:5: what starts with `*` is an alias in YAML, and nothing has that name
    help: put a pattern that starts with `*` in quotes
    ");
    assert_snapshot!(said("project: shop\nrelease_branches:\n  - release/*\n  - !release/old\n"), @"
    trunkline.yaml:4:5: what starts with `!` is a tag in YAML, and a policy has none
    help: put a pattern that starts with `!` in quotes
    ");
    assert_snapshot!(said("project: shop\nrelease_branches: [v[0-9]]\n"), @"
    trunkline.yaml:2:21: a `,` or `]` is missing
    help: a text with `[`, `]`, `{`, `}` or `,` in it needs quotes here
    ");
}

#[test]
fn syntax_errors_are_told_in_plain_words() {
    assert_snapshot!(said("project: \"shop\n"), @"
    trunkline.yaml:2:1: a quote is never closed
    help: close it on the same line
    ");
    assert_snapshot!(said("project: shop\nartifacts: {\n"), @"
    trunkline.yaml:2:12: a `{` is never closed
    help: close it
    ");
    assert_snapshot!(said("project: shop\nrelease_branches: [a\n"), @"
    trunkline.yaml:2:19: a `[` is never closed
    help: close it
    ");
    assert_snapshot!(said("project: shop\nrelease_branches: [a}\n"), @"
    trunkline.yaml:2:19: `}` cannot close the `[` before it
    help: a pattern with `[` and `]` in a list needs quotes
    ");
    assert_snapshot!(said("project: shop\n\ttrunk: main\n"), @"
    trunkline.yaml:2:1: a tab stands where YAML takes only spaces
    help: indent with spaces
    ");
    assert_snapshot!(said("project: shop\n  trunk: main\n"), @"
    trunkline.yaml:2:8: the line does not fit what stands above it
    help: check the indentation and the `:` after the key; a text with `: ` or ` #` in it needs quotes
    ");
    assert_snapshot!(said("project: shop\nno key\n"), @"
    trunkline.yaml:2:1: the line does not fit what stands above it
    help: check the indentation and the `:` after the key; a text with `: ` or ` #` in it needs quotes
    ");
    assert_snapshot!(said("project: @shop\n"), @"
    trunkline.yaml:1:10: `@` cannot stand here
    help: put the text in quotes
    ");
    assert_snapshot!(said("project: \"a\\qb\"\n"), @r"
    trunkline.yaml:1:10: `\` starts an escape that YAML does not know
    help: in double quotes write `\\`, or use single quotes
    ");
    assert_snapshot!(said("project: \"shop\" x\n"), @"
    trunkline.yaml:1:17: something follows a closed quote
    help: put the whole text in quotes
    ");
    assert_snapshot!(said("%YAML 3.0\n---\nproject: shop\n"), @"
    trunkline.yaml:1:1: a line that starts with `%` speaks to YAML readers
    help: remove it
    ");
    assert_snapshot!(said("project: shop\n]\n"), @"
    trunkline.yaml:2:1: a bracket closes what is not open
    help: remove it
    ");
    assert_snapshot!(said("project: a\0b\n"), @r"
    trunkline.yaml:1:11: `\u{0}` cannot stand here
    help: remove it
    ");
    assert_snapshot!(said("project: sh\u{7}op\n"), @r"
    trunkline.yaml:1:10: `\u{7}` cannot stand here
    help: remove it
    ");
}

#[test]
fn columns_count_characters() {
    assert_snapshot!(said("project: shop\nmanifests: { repository: \"äöü😀\", brunch: x }\n"), @"
    trunkline.yaml:2:34: `manifests` has the unknown key `brunch`
    help: did you mean `branch`? `manifests` takes `branch`, `mode` and `repository`
    ");
    assert_snapshot!(said("\u{feff}project: shop\r\ntrunck: main\r\n"), @"
    trunkline.yaml:2:1: the policy has the unknown key `trunck`
    help: did you mean `trunk`? the policy takes `artifacts`, `environments`, `manifests`, `project`, `release_branches`, `sha_length`, `store` and `trunk`
    ");
}

#[test]
fn anchors_and_aliases_are_taken_and_merge_keys_are_not() {
    let aliased = EXAMPLE
        .replace("after: [stage]\n    soak", "after: *before\n    soak")
        .replace("after: [stage]\n  prod", "after: &before [stage]\n  prod");
    assert_eq!(Policy::parse(&aliased).unwrap(), Policy::parse(EXAMPLE).unwrap());
    assert_snapshot!(said("project: shop\nartifacts:\n  a: &a { image: x/a }\n  b: { <<: *a }\n"), @"
    trunkline.yaml:4:8: `<<` would merge maps, which YAML 1.2 has no more
    help: write the keys out
    ");
    assert_snapshot!(said("project: shop\n? [a]\n: b\n"), @"
    trunkline.yaml:2:3: a list or a map cannot be a key here
    help: every key of a policy is a text
    ");
    assert_snapshot!(said("project: shop\nartifacts: &a { x: *a }\n"), @"
    trunkline.yaml:2:20: the alias stands inside what it names
    help: name a value that ends before it
    ");
}

#[test]
fn a_bomb_of_aliases_is_refused_before_it_grows() {
    let uses = |level: usize| vec![format!("*a{level}"); 10].join(", ");
    let levels = (1..20).map(|level| format!("a{level}: &a{level} [{}]", uses(level - 1)));
    let bomb: Vec<String> = std::iter::once("a0: &a0 [x]".to_owned()).chain(levels).collect();
    assert_snapshot!(said(&bomb.join("\n")), @"
    trunkline.yaml:4:9: the policy has more than 10000 values
    help: is it the right file? every use of an alias counts as all that it stands for
    ");
    let levels = (1..40).map(|level| format!("a{level}: &a{level} [*a{}]", level - 1));
    let deep: Vec<String> = std::iter::once("a0: &a0 [x]".to_owned()).chain(levels).collect();
    assert_snapshot!(said(&deep.join("\n")), @"
    trunkline.yaml:24:12: lists and maps are nested more than 24 deep
    help: a policy needs seven
    ");
}

#[test]
fn what_is_too_large_or_too_deep_is_refused() {
    assert_snapshot!(said(&format!("project: shop\n# {}\n", "x".repeat(MAX_BYTES))), @"
    trunkline.yaml:1:1: the policy has 262161 bytes, more than 262144
    help: is it the right file? it is kept in the ledger, so it must stay small
    ");
    assert_snapshot!(said(&"[".repeat(5000)), @"
    trunkline.yaml:1:25: lists and maps are nested too deep
    help: a policy needs seven
    ");
    assert_snapshot!(said(&format!("project: {}", "{a: ".repeat(5000))), @"
    trunkline.yaml:1:106: lists and maps are nested too deep
    help: a policy needs seven
    ");
    assert_snapshot!(said(&(0..100).map(|depth| " ".repeat(depth) + "a:\n").collect::<String>()), @"
    trunkline.yaml:25:25: lists and maps are nested too deep
    help: a policy needs seven
    ");
    assert_snapshot!(said(&format!("project: shop\nrelease_branches: [{}]\n", "a,".repeat(25_000))), @"
    trunkline.yaml:2:20014: the policy has more than 10000 values
    help: is it the right file? every use of an alias counts as all that it stands for
    ");
}
