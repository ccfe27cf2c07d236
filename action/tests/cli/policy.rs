//! `check`, and which policy counts.

use crate::shop::{POLICY, Shop};

#[test]
fn a_good_policy_passes() {
    let shop = Shop::new();
    shop.does(&["check"]).says("nothing is wrong with it");
    shop.does(&["check", "--schema"]).says("\"$schema\"");
}

#[test]
fn every_finding_is_told_with_its_place() {
    let shop = Shop::new();
    let policy =
        POLICY.replace("    watch: [\"web/**\"]", "    wacth: [\"web/**\"]").replace("trunk\n", "trunk\n    sok: 1h\n");
    shop.write("other.yaml", &policy);
    let found = shop.run(&["check", "other.yaml"]).ends(2).says("wacth").says("sok").says("help:");
    assert!(found.out.contains("other.yaml:5:5: ") && found.out.contains("other.yaml:15:5: "), "{found}");
    let json = shop.run(&["check", "other.yaml", "--json"]).ends(2).json();
    assert_eq!(json["findings"][0]["place"]["line"], 5);
    shop.run(&["check", "none.yaml"]).ends(2).says("there is no file");
}

#[test]
fn a_broken_policy_on_trunk_is_refused_and_the_one_before_stays_in_force() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    shop.passes("HEAD");
    let first = shop.head();
    shop.write("trunkline.yaml", &POLICY.replace("environments:", "enviroments:"));
    shop.commit("Misspell");
    let ran = shop.run(&["sync"]).ends(2).says("trunkline.yaml:12:1: ").says("enviroments");
    assert!(ran.out.contains("help:"), "{ran}");
    assert_eq!(shop.runs("stage"), first);
    shop.run(&["sync", "--ref", "refs/heads/main"]).ends(2);
    shop.write("trunkline.yaml", POLICY);
    shop.merge("mended");
    shop.does(&["sync"]);
    assert_eq!(shop.page("stage"), "<p>mended");
}

#[test]
fn the_policy_of_trunk_counts_and_not_the_one_that_lies_around() {
    let shop = Shop::new();
    shop.write("trunkline.yaml", "nonsense");
    shop.does(&["sync"]);
    assert_eq!(shop.runs("stage"), shop.head());
}

#[test]
fn the_project_is_found_from_a_folder_in_it_and_by_name() {
    let shop = Shop::new();
    let root = shop.root().display().to_string();
    let web = shop.root().join("web").display().to_string();
    shop.does(&["-C", &web, "status"]);
    shop.does(&["status", "--policy", &format!("{root}/trunkline.yaml")]);
    shop.run(&["status", "--policy", "other.yaml"]).ends(2).says("no other name will do");
    shop.run(&["-C", "/nowhere/at/all", "status"]).ends(2).says("there is no folder");
}
