//! The module's functions as a host calls them, on a small ledger.

use insta::assert_snapshot;

use super::{check_policy, fold, plan, plan_json, status, where_is};

/// A shop's ledger: one commit verified in stage and tagged, another that has just come.
const LEDGER: &str = include_str!("../fixtures/ledger.jsonl");

/// A moment after the last entry.
const NOW: f64 = 1_760_000_010_000.0;

#[test]
fn a_ledger_gives_its_plan() {
    assert_snapshot!(plan(LEDGER, NOW).unwrap(), @"
    + build site from bbbbbbbbbbbb
    ~ deploy aaaaaaaaaaaa to prod as v1.0.0
        site → sha256:555555555555
    … stage bbbbbbbbbbbb: site to be built
    ");
}

#[test]
fn lines_an_array_and_whole_files_are_the_same_ledger() {
    let values: Vec<serde_json::Value> = LEDGER.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let array = serde_json::to_string(&values).unwrap();
    let files: String = values.iter().map(|value| serde_json::to_string_pretty(value).unwrap() + "\n").collect();
    assert_eq!(fold(&array), fold(LEDGER));
    assert_eq!(fold(&files), fold(LEDGER));
    assert!(fold(LEDGER).unwrap().starts_with(r#"{"number":7,"#));
}

#[test]
fn a_plan_is_json_too() {
    let plan: serde_json::Value = serde_json::from_str(&plan_json(LEDGER, NOW).unwrap()).unwrap();
    assert_eq!(plan["actions"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_ledger_with_a_gap_is_refused() {
    let gap: String = LEDGER.lines().enumerate().filter(|(index, _)| *index != 2).map(|(_, line)| line).collect();
    assert_snapshot!(fold(&gap).unwrap_err(), @"
    entry 3 is missing: entry 4 stands in its place
    help: give every entry from the first one on, in the order of their numbers
    ");
}

#[test]
fn what_is_no_ledger_is_refused() {
    assert_snapshot!(plan(r#"{"format": 1}"#, NOW).unwrap_err(), @"
    the entries cannot be read: missing field `number` at line 1 column 13
    help: give a JSON array of the ledger's entries, or one entry after another
    ");
}

#[test]
fn a_newer_ledger_is_refused() {
    assert_snapshot!(fold(&LEDGER.replacen(r#""format":1"#, r#""format":99"#, 1)).unwrap_err(), @"
    entry 1 was written by a newer version
    help: use this module in that version
    ");
}

#[test]
fn nothing_is_known_of_an_empty_ledger() {
    assert_snapshot!(plan("", f64::NAN).unwrap(), @"
    ! refused policy: the newest commit of trunk has no `trunkline.yaml`
      help: `trunkline init` writes one; commit it to trunk
    ");
}

#[test]
fn a_good_policy_has_no_findings_and_a_bad_one_says_where() {
    assert_eq!(check_policy("project: shop\nenvironments:\n  stage: { on: trunk }\n").unwrap(), "[]");
    assert_snapshot!(check_policy("project: shop\ntrnk: main\n").unwrap(), @r#"[{"code":"policy-invalid","message":"the policy has the unknown key `trnk`","help":"did you mean `trunk`? the policy takes `artifacts`, `environments`, `manifests`, `project`, `release_branches`, `sha_length`, `store` and `trunk`","place":{"file":"trunkline.yaml","line":2,"column":1}}]"#);
}

#[test]
fn a_ledger_tells_what_runs_where() {
    assert_snapshot!(status(LEDGER, NOW).unwrap(), @"
    environment  commit        state     since                          artifacts
    stage        aaaaaaaaaaaa  verified  2025-10-09T08:53:26Z  4 s ago  site 555555555555
    prod                       empty
    to do: build site from bbbbbbbbbbbb
    to do: deploy aaaaaaaaaaaa to prod as v1.0.0
    waiting: stage bbbbbbbbbbbb: site to be built
    ");
    assert_snapshot!(status("", NOW).unwrap_err(), @"
    the ledger has no policy yet
    help: run `trunkline sync`
    ");
}

#[test]
fn a_ledger_tells_where_a_commit_is() {
    assert_snapshot!(where_is(LEDGER, &"a".repeat(40), NOW).unwrap(), @"
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa Open the shop
    by Developer <developer@example.com>, 2025-10-09T08:53:15Z (15 s ago)
    on main, tagged v1.0.0
      site 555555555555, built from it
    runs in: stage
        1  2025-10-09T08:53:21Z  9 s ago     sync        main moved: aaaaaaaaaaaa Open the shop (Developer <developer@example.com>)
        3  2025-10-09T08:53:23Z  7 s ago     sync        built site from aaaaaaaaaaaa: sha256:555555555555, 1.2 kB
        4  2025-10-09T08:53:24Z  6 s ago     sync        began to deploy aaaaaaaaaaaa to stage: site sha256:555555555555
        5  2025-10-09T08:53:25Z  5 s ago     sync        stage: every place is written (#4)
        5  2025-10-09T08:53:25Z  5 s ago     sync        stage: it runs (#4)
        6  2025-10-09T08:53:26Z  4 s ago     sync        stage: e2e passed (#4)
        7  2025-10-09T08:53:27Z  3 s ago     sync        tag v1.0.0 names aaaaaaaaaaaa
    ");
    assert_snapshot!(where_is(LEDGER, "aaaa", NOW).unwrap_err(), @"
    `aaaa` is not a full commit id
    help: give all 40 lowercase hex digits; `git rev-parse REVISION` prints them
    ");
}
