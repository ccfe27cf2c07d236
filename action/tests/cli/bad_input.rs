//! Bad input: each ends in a clear message with help and the documented exit code, and loses nothing.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::shop::{POLICY, Shop};

#[test]
fn a_tag_that_no_environment_takes_is_refused_to_its_ref() {
    let shop = Shop::new();
    shop.git(&["tag", "nightly"]);
    shop.run(&["sync", "--ref", "refs/tags/nightly"])
        .ends(2)
        .says("no environment takes the tag `nightly`")
        .says("help: environments take `rc-*` (demo), `v*` (prod)");
    shop.does(&["sync"]);
    shop.run(&["promote", "HEAD", "--as", "nightly-2"]).ends(2).says("no environment takes the tag");
    assert_eq!(shop.git(&["tag", "--list", "nightly-2"]), "");
}

#[test]
fn a_tag_off_trunk_is_refused_naming_the_nearest_commit_on_it() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let nearest = shop.head();
    shop.git(&["switch", "--quiet", "--create", "feature"]);
    shop.merge("feature");
    shop.git(&["tag", "v9.0.0"]);
    shop.run(&["sync", "--ref", "refs/tags/v9.0.0"]).ends(2).says("is on no line").says(&nearest[..12]);
}

#[test]
fn a_tag_that_no_registry_takes_is_refused_and_not_changed() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.git(&["tag", "v1+b1"]);
    shop.run(&["sync", "--ref", "refs/tags/v1+b1"]).ends(2).says("`v1+b1` cannot be an image tag").says("help:");
    assert_eq!(shop.runs("prod"), "nothing");
}

#[test]
fn a_tag_that_is_not_there_is_refused_to_its_ref() {
    let shop = Shop::new();
    shop.run(&["sync", "--ref", "refs/tags/v7.0.0"]).ends(2).says("the tag `v7.0.0` is not in the repository");
}

#[test]
fn an_older_tag_is_passed_over_with_a_notice() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.merge("two");
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.does(&["promote", "HEAD", "--as", "v2.0.0"]);
    shop.git(&["tag", "v1.0.0", "HEAD~1"]);
    shop.does(&["sync", "--ref", "refs/tags/v1.0.0"]).says("note: `v1.0.0` was passed over in prod");
}

#[test]
fn a_branch_that_is_no_line_brings_nothing() {
    let shop = Shop::new();
    shop.does(&["sync", "--ref", "refs/heads/feature"]).says("note: `feature` is no line that is released");
}

#[test]
fn a_manifest_that_is_missing_is_refused_by_its_path_and_nothing_is_half_done() {
    let shop = Shop::new();
    shop.write("trunkline.yaml", &POLICY.replace("apps/web/", "charts/web/"));
    shop.commit("Look elsewhere");
    shop.run(&["sync"]).ends(2).says("charts/web/stage").says("help:");
    assert_eq!(shop.page("stage"), "", "the site went back with the image");
    assert_eq!(shop.environment("stage")["commit"], serde_json::Value::Null);
    // What failed is not tried again by itself, and is new only once.
    shop.does(&["sync"]).says("charts/web/stage");
}

#[test]
fn a_build_that_fails_is_refused_and_tried_again_when_asked() {
    let shop = Shop::new();
    shop.write(
        "trunkline.yaml",
        &POLICY.replace("{ directory: site }", "{ run: \"echo broken; exit 3\", output: out.zip }"),
    );
    shop.commit("Break the site");
    let ran = shop.run(&["sync"]).ends(2).says("ended with exit code 3").says("broken");
    assert!(ran.err.contains("build site | broken"), "{ran}");
    shop.does(&["sync"]);
    shop.run(&["build", "HEAD"]).ends(2).says("site cannot be built");
}

#[test]
fn a_corrupt_entry_of_the_ledger_is_named_and_nothing_is_done() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let entry = shop.root().join(".trunkline/ledger/project/shop/00000000000000000002.json");
    let whole = fs::read(&entry).unwrap();
    fs::write(&entry, &whole[..whole.len() / 2]).unwrap();
    for verb in ["sync", "status", "log", "plan"] {
        shop.run(&[verb]).ends(2).says("00000000000000000002.json").says("help:");
    }
    fs::write(&entry, whole).unwrap();
    shop.does(&["sync"]);
}

#[test]
fn a_folder_without_a_repository_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new();
    let place = folder.path().display().to_string();
    shop.run(&["-C", &place, "sync"]).ends(2).says("there is no `trunkline.yaml` in").says("help:");
    fs::write(folder.path().join("trunkline.yaml"), POLICY).unwrap();
    shop.run(&["-C", &place, "sync"]).ends(2).says("not a git repository").says("help:");
    assert!(!folder.path().join(".trunkline").exists());
}

#[test]
fn a_repository_without_a_commit_is_refused() {
    let shop = Shop::empty();
    shop.write("trunkline.yaml", POLICY);
    shop.run(&["sync"]).ends(2).says("the repository has no branch `main`").says("help:");
}

#[test]
fn a_trunk_without_a_policy_is_refused() {
    let shop = Shop::empty();
    shop.write("README", "hello");
    shop.commit("Begin");
    shop.run(&["sync"]).ends(2).says("has no `trunkline.yaml`").says("help: `trunkline init`");
}

#[test]
fn a_revision_that_names_no_commit_is_refused() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    for verb in [&["where", "nowhere"][..], &["build", "nowhere"], &["yank", "nowhere", "--reason", "x"]] {
        shop.run(verb).ends(2).says("`nowhere` names no commit").says("help:");
    }
    shop.git(&["switch", "--quiet", "--create", "feature"]);
    shop.merge("feature");
    shop.run(&["where", "HEAD"]).ends(2).says("is on no line that is released");
}

#[test]
fn a_command_line_that_is_wrong_ends_with_3() {
    let shop = Shop::new();
    shop.run(&["sink"]).ends(3).says("unrecognized subcommand");
    shop.run(&["promote", "HEAD"]).ends(3).says("--as");
    shop.run(&[]).ends(3).says("Usage:");
    shop.does(&["--version"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let mut child = shop.command(&["completions", "bash"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.success() && !said.contains("panic"), "{status} {said}");
}

#[test]
fn a_store_that_is_a_file_is_refused() {
    let shop = Shop::new();
    fs::write(shop.root().join(".trunkline"), "x").unwrap();
    shop.run(&["sync"]).ends(2).says(".trunkline").says("help:");
}
