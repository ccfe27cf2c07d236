//! The rules in Node give the verdicts they give natively, to the letter.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use trunkline_wasm::{check_policy, fold, plan, plan_json, status, status_json, where_is, where_is_json};
use wasm_bindgen_cli_support::Bindgen;

/// A ledger with a build, a verified deployment, a tag and a commit that has just come.
const LEDGER: &str = include_str!("../../wasm/fixtures/ledger.jsonl");

/// A moment after its last entry, in milliseconds since 1970.
const NOW: f64 = 1_760_000_010_000.0;

type Verdict = Result<String, String>;

#[test]
fn verdicts_are_the_same_in_node() {
    let half = &LEDGER[..LEDGER.len() / 2];
    let good = "project: shop\nenvironments:\n  stage: { on: trunk }\n";
    let bad = "project: Shop\ntrnk: main\nenvironments:\n  stage: { on: trunk, after: [demo] }\n";
    let mut calls: Vec<Value> = Vec::new();
    let mut native: Vec<Verdict> = Vec::new();
    let mut both = |call: Value, verdict: Verdict| {
        calls.push(call);
        native.push(verdict);
    };
    for policy in [good, bad, "", "\t: ["] {
        both(json!(["check_policy", policy]), check_policy(policy));
    }
    for ledger in [LEDGER, half, "", "no ledger"] {
        both(json!(["fold", ledger]), fold(ledger));
        both(json!(["plan", ledger, NOW]), plan(ledger, NOW));
        both(json!(["plan_json", ledger, NOW]), plan_json(ledger, NOW));
        both(json!(["status", ledger, NOW]), status(ledger, NOW));
        both(json!(["status_json", ledger, NOW]), status_json(ledger, NOW));
        for commit in ["a".repeat(40), "short".to_owned()] {
            both(json!(["where_is", ledger, commit, NOW]), where_is(ledger, &commit, NOW));
            both(json!(["where_is_json", ledger, commit, NOW]), where_is_json(ledger, &commit, NOW));
        }
    }
    assert!(native.iter().any(Result::is_ok) && native.iter().any(Result::is_err));
    assert_eq!(in_node(&calls), native);
}

/// What the module gives in Node, called as `calls` say.
fn in_node(calls: &[Value]) -> Vec<Verdict> {
    let folder = tempfile::tempdir().unwrap();
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module()).nodejs(true).unwrap().typescript(false);
    bindgen.generate(folder.path()).unwrap();

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/verdicts.cjs");
    let mut node = Command::new("node")
        .arg(script)
        .arg(folder.path().join("trunkline_wasm.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`node` is not on the path: install Node.js, or leave this test out as scripts/test does");
    node.stdin.take().unwrap().write_all(json!(calls).to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "node ended with {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The module, built: at once when `scripts/test` has built it.
fn module() -> PathBuf {
    let build = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--package", "trunkline-wasm", "--target", "wasm32-unknown-unknown"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(build.status.success(), "the module does not build: is the target there? scripts/setup adds it");
    let messages = String::from_utf8(build.stdout).unwrap();
    let files = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let named = files.filter(|message| message["target"]["name"] == "trunkline_wasm");
    let made = named.filter_map(|message| message["filenames"].as_array().cloned()).flatten();
    let mut paths = made.map(|path| PathBuf::from(path.as_str().unwrap()));
    let is_module = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wasm");
    paths.find(is_module).expect("cargo names what it made")
}
