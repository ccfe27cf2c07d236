//! One commit from main to production, and back.

use crate::shop::{Ran, Shop};

#[test]
fn a_merge_goes_to_stage_with_all_its_artifacts() {
    let shop = Shop::new();
    shop.does(&["sync"]).says("stage: nothing → ");
    assert_eq!(shop.page("stage"), "<p>one");
    let stage = shop.environment("stage");
    assert_eq!(stage["commit"], shop.head());
    assert_eq!(stage["state"], "verifying");
    let digest = stage["artifacts"]["web"]["digest"].as_str().unwrap();
    let kustomization = shop.kustomization("stage");
    assert!(kustomization.contains(digest) && kustomization.starts_with("# by hand\n"), "{kustomization}");
    assert!(shop.kustomization("prod").contains("newTag: none"));
    assert!(shop.root().join(".trunkline/images/shop/web/oci-layout").is_file());
}

#[test]
fn nothing_is_done_twice() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let log = shop.does(&["log"]).out.lines().count();
    shop.does(&["sync"]).says("waiting: stage");
    assert_eq!(shop.does(&["log"]).out.lines().count(), log);
}

#[test]
fn a_release_candidate_goes_to_demo_and_a_version_to_prod_with_the_bytes_of_stage() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let first = shop.head();
    shop.passes(&first);
    shop.merge("two");
    shop.does(&["sync"]);
    shop.git(&["tag", "rc-1", &first]);
    shop.does(&["sync", "--ref", "refs/tags/rc-1"]).says("demo: nothing → ");
    assert_eq!((shop.runs("demo"), shop.page("demo")), (first.clone(), "<p>one".to_owned()));
    shop.git(&["tag", "--annotate", "-m", "One", "v1.0.0", &first]);
    shop.does(&["sync", "--ref", "v1.0.0"]);
    let (demo, prod) = (shop.environment("demo"), shop.environment("prod"));
    assert_eq!(prod["tag"], "v1.0.0");
    assert_eq!(prod["artifacts"]["web"]["digest"], demo["artifacts"]["web"]["digest"]);
    assert!(shop.kustomization("prod").contains("v1.0.0"), "{}", shop.kustomization("prod"));
    let told = shop.does(&["where", &first]);
    assert!(told.out.contains("runs in: demo, prod"), "{told}");
}

#[test]
fn a_version_that_stage_has_not_verified_waits_for_the_verdict() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    shop.git(&["tag", "v1.0.0"]);
    shop.does(&["sync", "--ref", "refs/tags/v1.0.0"]).says("waiting: prod v1.0.0");
    assert_eq!(shop.runs("prod"), "nothing");
    shop.passes("HEAD");
    assert_eq!(shop.runs("prod"), shop.head());
}

#[test]
fn a_failed_check_yanks_the_commit_and_stage_goes_back() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let good = shop.head();
    shop.passes(&good);
    let bad = shop.merge("bad");
    shop.does(&["sync"]);
    assert_eq!(shop.page("stage"), "<p>bad");
    let verdict =
        ["verdict", "HEAD", "--environment", "stage", "--check", "e2e", "--failed", "--reason", "it charges twice"];
    shop.does(&verdict).says("Ada <ada@example.com>").says("it charges twice");
    assert_eq!((shop.runs("stage"), shop.page("stage")), (good, "<p>one".to_owned()));
    shop.git(&["tag", "v2.0.0", &bad]);
    shop.run(&["sync", "--ref", "refs/tags/v2.0.0"]).ends(2).says("is yanked: e2e failed in stage: it charges twice");
    // It stands refused, so it is told again.
    shop.run(&["sync", "--ref", "refs/tags/v2.0.0"]).ends(2);
    shop.does(&["sync"]);
    assert_eq!(shop.does(&["where", "v2.0.0", "--json"]).json()["yanked"]["commit"], bad);
}

#[test]
fn a_rollback_holds_the_environment_until_it_is_released() {
    let shop = Shop::new();
    shop.does(&["sync"]);
    let first = shop.head();
    shop.passes(&first);
    shop.does(&["promote", "HEAD", "--as", "v1.0.0"]).says("prod: nothing → ");
    let second = shop.merge("two");
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.does(&["promote", "main", "--as", "v2.0.0"]);
    assert_eq!(shop.runs("prod"), second);
    shop.does(&["rollback", "prod", "--to", "v1.0.0", "--reason", "slow checkout"]);
    let prod = shop.environment("prod");
    assert_eq!((&prod["commit"], prod["held"]["by"].as_str()), (&first.into(), Some("ada")));
    assert_eq!(shop.page("prod"), "<p>one");
    let third = shop.merge("three");
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.does(&["promote", "HEAD", "--as", "v3.0.0"]).says("held by ada: rolled back: slow checkout");
    shop.does(&["release", "prod", "--by", "grace"]);
    assert_eq!(shop.runs("prod"), third);
    shop.does(&["log"]).says("grace").says("prod: released");
}

#[test]
fn a_hold_keeps_an_environment_as_it_is() {
    let shop = Shop::new();
    shop.does(&["hold", "stage", "--reason", "holidays"]).says("held: holidays");
    assert_eq!(shop.runs("stage"), "nothing");
    shop.run(&["release", "prod"]).ends(2).says("prod is not held");
    shop.does(&["release"]);
    assert_eq!(shop.runs("stage"), shop.head());
}

#[test]
fn two_runs_at_once_do_everything_once() {
    let shop = Shop::new();
    shop.merge("two");
    let runs: Vec<_> = (0..2).map(|_| shop.command(&["sync"]).spawn().unwrap()).collect();
    for run in runs {
        Ran::of(&run.wait_with_output().unwrap()).ends(0);
    }
    assert_eq!(shop.page("stage"), "<p>two");
    let log = shop.does(&["log", "--json"]).json();
    let facts = log.as_array().unwrap().iter().flat_map(|entry| entry["facts"].as_array().unwrap());
    let kinds: Vec<&str> = facts.map(|fact| fact["kind"].as_str().unwrap()).collect();
    for (kind, times) in [("line-moved", 1), ("built", 2), ("tagged", 1), ("written", 1)] {
        assert_eq!(kinds.iter().filter(|found| **found == kind).count(), times, "{kind}: {kinds:?}");
    }
}

#[test]
fn a_plan_says_what_follows_and_changes_nothing() {
    let shop = Shop::new();
    let plan = shop.does(&["plan"]);
    for line in ["+ build web from ", "+ build site from ", "then deploy ", "site → what is built"] {
        assert!(plan.out.contains(line), "`{line}` is not in\n{plan}");
    }
    assert!(!shop.root().join(".trunkline").exists());
    shop.does(&["sync"]);
    shop.passes("HEAD");
    shop.git(&["tag", "v1.0.0"]);
    shop.does(&["plan"]).says("-    newTag: none").says("+    newTag: v1.0.0").says("to prod as v1.0.0");
    assert_eq!(shop.runs("prod"), "nothing");
}

#[test]
fn a_commit_is_built_and_not_deployed() {
    let shop = Shop::new();
    let built = shop.does(&["build", "--json"]).json();
    assert_eq!(built["commit"], shop.head());
    assert!(built["artifacts"]["web"]["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(shop.runs("stage"), "nothing");
}

#[test]
fn an_interrupted_run_takes_its_commands_with_it() {
    let shop = Shop::new();
    let told = shop.path("told");
    let run =
        format!("{{ run: \"echo $$ > {0}.new && mv {0}.new {0}; exec sleep 600\", output: out.zip }}", told.display());
    shop.write("trunkline.yaml", &crate::shop::POLICY.replace("{ directory: site }", &run));
    shop.commit("Build for a long time");
    let child = shop.command(&["sync"]).spawn().unwrap();
    let process = loop {
        match std::fs::read_to_string(&told) {
            Ok(process) => break process.trim().to_owned(),
            Err(_) => std::thread::yield_now(),
        }
    };
    let signal = |id: &str, signal: &str| shop.tool("kill", &["-s", signal, id]).status.success();
    assert!(signal(&child.id().to_string(), "INT"));
    Ran::of(&child.wait_with_output().unwrap()).ends(1).says("fault: interrupted");
    // A process that was killed is there until its parent, by then init, has seen it.
    let alive = || std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    while alive() {
        std::thread::yield_now();
    }
}
