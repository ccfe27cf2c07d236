//! What people order.

use crate::shop::Shop;

#[test]
fn an_order_without_sync_is_only_recorded() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let first = shop.head();
    shop.passes(&first);
    shop.merge("two");
    shop.does(&["sync"]);
    let yank = shop.does(&["yank", "HEAD", "--reason", "wrong price", "--no-sync", "--json"]).json();
    assert_eq!(yank["recorded"][0]["kind"], "yanked");
    assert_eq!(yank["ended"], serde_json::Value::Null);
    assert_eq!(shop.page("stage"), "<p>two");
    shop.does(&["sync"]);
    assert_eq!(shop.runs("stage"), first);
}

#[test]
fn a_yank_taken_back_bars_nothing() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let first = shop.head();
    shop.passes(&first);
    let second = shop.merge("two");
    shop.does(&["sync"]);
    shop.does(&["yank", "HEAD", "--reason", "wrong price"]).says("yanked: ");
    shop.run(&["yank", "HEAD", "--reason", "again"]).ends(2).says("is yanked: wrong price (ada)");
    shop.does(&["unyank", "HEAD", "--reason", "it was right"]);
    assert_eq!(shop.runs("stage"), second);
    shop.run(&["unyank", "HEAD", "--reason", "again"]).ends(2).says("is not yanked");
}

#[test]
fn a_superseded_commit_can_be_deployed_by_hand() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let first = shop.head();
    shop.passes(&first);
    shop.merge("two");
    shop.merge("three");
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.does(&["deploy", "stage", "--commit", "HEAD~1", "--reason", "to verify it"]);
    assert_eq!(shop.page("stage"), "<p>two");
    shop.run(&["deploy", "staging"])
        .ends(2)
        .says("there is no environment `staging`")
        .says("help: `trunkline.yaml` names: stage, demo, prod");
}

#[test]
fn a_rewritten_trunk_counts_when_a_person_accepts_it() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.merge("two");
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let other = shop.merge("other");
    shop.run(&["sync"]).ends(2).says("`main` was rewritten").says("trunkline accept main");
    shop.does(&["accept", "--reason", "a secret was removed"]);
    shop.run(&["sync"]);
    assert_eq!(shop.runs("stage"), other);
    shop.run(&["accept", "--reason", "again"]).ends(2).says("`main` was not rewritten");
}

#[test]
fn bytes_that_something_else_built_are_adopted() {
    let shop = Shop::new();
    let policy = crate::shop::POLICY
        .replace("    build: { base: scratch, layers: [{ from: web, to: /srv }], entrypoint: [/srv/run] }\n", "");
    shop.write("trunkline.yaml", &policy);
    shop.commit("Build elsewhere");
    shop.does(&["sync"]).says("web to be recorded");
    let digest = format!("sha256:{}", "0".repeat(64));
    shop.run(&["record", "HEAD", "web", "--digest", &digest]).ends(2).says("is not there");
    shop.run(&["record", "HEAD", "api", "--digest", &digest]).ends(2).says("has no artifact `api`");
    shop.run(&["record", "HEAD", "web", "--digest", "latest"]).ends(3).says("`latest` is not a digest");
}

#[test]
fn an_image_that_is_there_is_recorded_once_and_for_ever() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let digest = |shop: &Shop| shop.environment("stage")["artifacts"]["web"]["digest"].as_str().unwrap().to_owned();
    let first = digest(&shop);
    shop.passes("HEAD");
    shop.merge("two");
    shop.does(&["sync"]);
    let second = digest(&shop);
    shop.passes("HEAD");
    let build = "    build: { base: scratch, layers: [{ from: web, to: /srv }], entrypoint: [/srv/run] }\n";
    shop.write("trunkline.yaml", &crate::shop::POLICY.replace(build, ""));
    shop.commit("Build elsewhere");
    shop.does(&["record", "HEAD", "web", "--digest", &first, "--reason", "built by hand"]);
    assert_eq!((shop.runs("stage"), digest(&shop)), (shop.head(), first.clone()));
    shop.does(&["record", "HEAD", "web", "--digest", &first]);
    shop.run(&["record", "HEAD", "web", "--digest", &second]).ends(2).says("has one artifact of each name, for ever");
}

#[test]
fn a_package_is_recorded_from_a_file_of_that_digest() {
    let shop = Shop::new();
    std::fs::write(shop.path("site.txt"), "site").unwrap();
    let record = |digest: &str| shop.run(&["record", "HEAD", "site", "--digest", digest, "--file", "../site.txt"]);
    record(&format!("sha256:{}", "0".repeat(64))).ends(2).says("../site.txt` is sha256:fbae041b").says("help:");
    let sum = String::from_utf8(shop.tool("sha256sum", &["../site.txt"]).stdout).unwrap();
    record(&format!("sha256:{}", &sum[..64])).ends(0);
    assert_eq!(std::fs::read_to_string(shop.path("srv/stage/site")).unwrap(), "site");
}

#[test]
fn a_verdict_judges_what_was_deployed() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let verdict = |environment: &str, check: &str| {
        shop.run(&["verdict", "HEAD", "--environment", environment, "--check", check, "--passed"]).ends(2)
    };
    verdict("stage", "smoke").says("`smoke` is no check of stage").says("help: its checks are: e2e");
    verdict("prod", "e2e").says("was never deployed to prod");
    shop.run(&["verdict", "HEAD", "--environment", "stage", "--check", "e2e"]).ends(3);
}

#[test]
fn the_reason_is_required_where_others_must_understand() {
    let shop = Shop::new();
    for order in [&["yank", "HEAD"][..], &["unyank", "HEAD"], &["rollback", "prod"], &["hold"], &["accept"]] {
        shop.run(order).ends(3).says("--reason");
    }
}

#[test]
fn an_order_names_who_asked() {
    let shop = Shop::new();
    let by = |shop: &Shop| shop.does(&["log", "--limit", "1", "--json"]).json()[0]["by"].clone();
    shop.does(&["hold", "prod", "--reason", "x", "--no-sync"]);
    assert_eq!(by(&shop), "ada");
    shop.git(&["config", "user.name", "Ada Lovelace"]);
    shop.does(&["hold", "prod", "--reason", "x", "--no-sync"]);
    assert_eq!(by(&shop), "Ada Lovelace");
    let mut command = shop.command(&["hold", "prod", "--reason", "x", "--no-sync"]);
    assert!(command.env("GITHUB_ACTOR", "octocat").output().unwrap().status.success());
    assert_eq!(by(&shop), "octocat");
    shop.does(&["hold", "prod", "--reason", "x", "--no-sync", "--by", "grace"]);
    assert_eq!(by(&shop), "grace");
}
