//! Who may know whom. ARCHITECTURE.md gives the reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::files::{none, root};

/// Crate → what it may name in `[dependencies]` and `[build-dependencies]`. A crate that is not here is refused.
const MAY_USE: &[(&str, &[&str])] = &[
    ("trunkline-core", &["granit-parser", "indexmap", "regex", "schemars", "serde", "serde_json", "sha2", "thiserror"]),
    ("trunkline-ports", &["futures-util", "serde", "serde_json", "thiserror", "trunkline-core"]),
    ("trunkline-manifests", &["granit-parser", "similar", "trunkline-core"]),
    ("trunkline-wasm", &["serde_json", "trunkline-core", "wasm-bindgen"]),
    ("trunkline-webhook", &["form_urlencoded", "hmac", "serde", "serde_json", "sha2", "thiserror", "trunkline-core"]),
];

/// Adapters know the rules, the ports and the libraries they adapt; `local` and `github` also the editor of manifests.
const ADAPTERS: &[(&str, &[&str])] = &[
    ("trunkline-aws", &["trunkline-core", "trunkline-ports"]),
    ("trunkline-github", &["trunkline-core", "trunkline-manifests", "trunkline-ports"]),
    ("trunkline-local", &["trunkline-core", "trunkline-manifests", "trunkline-ports"]),
    ("trunkline-oci", &["trunkline-core", "trunkline-ports"]),
    ("trunkline-packages", &["trunkline-core", "trunkline-ports"]),
];

/// What nobody but these may know: what puts adapters together, the command line, the tests and the benchmarks have all that is ours.
const ALL: &[&str] = &[
    "trunkline",
    "trunkline-bench",
    "trunkline-contract",
    "trunkline-github-stand-in",
    "trunkline-stack",
    "trunkline-testbench",
    "trunkline-tests",
    "trunkline-wiring",
    WORKER,
    "trunkline-worlds",
];

/// The program that most Lambdas share.
const WORKER: &str = "trunkline-worker";

/// Lambdas only wire: they may have all that is ours, but never each other, and only they may have Lambda's runtime.
const LAMBDAS: &[&str] = &[
    "trunkline-build",
    "trunkline-deploy",
    "trunkline-notify",
    "trunkline-observe",
    "trunkline-promote",
    "trunkline-receive",
    "trunkline-sweep",
    "trunkline-verify",
    "trunkline-yank",
];

/// Lambda's runtime.
const RUNTIME: &str = "lambda_runtime";

/// What must be nowhere below a pure crate, at any depth.
const IMPURE: &[&str] = &["getrandom", "mio", "rand", "reqwest", "rustix", "socket2", "tempfile", "tokio"];

#[test]
fn crates_use_only_what_they_may() {
    let mut wrong = Vec::new();
    for (name, uses) in dependencies() {
        if uses.contains(RUNTIME) && !LAMBDAS.contains(&name.as_str()) && name != WORKER {
            wrong.push(format!("{name} may not use {RUNTIME}: it is no Lambda"));
        }
        if let Some((_, may)) = MAY_USE.iter().find(|(crate_name, _)| *crate_name == name) {
            let extra: Vec<&String> = uses.iter().filter(|used| !may.contains(&used.as_str())).collect();
            if !extra.is_empty() {
                wrong.push(format!("{name} may not use {extra:?}"));
            }
        } else if let Some((_, may)) = ADAPTERS.iter().find(|(crate_name, _)| *crate_name == name) {
            let ours = uses.iter().filter(|used| used.starts_with("trunkline") && !may.contains(&used.as_str()));
            wrong.extend(ours.map(|used| format!("{name} may not know {used}")));
        } else if LAMBDAS.contains(&name.as_str()) {
            let others = uses.iter().filter(|used| LAMBDAS.contains(&used.as_str()));
            wrong.extend(others.map(|used| format!("{name} may not know {used}: Lambdas never know each other")));
        } else if !ALL.contains(&name.as_str()) {
            wrong.push(format!("{name} is not in this list"));
        }
    }
    none(&wrong, "a crate knows more than ARCHITECTURE.md lets it");
}

#[test]
fn pure_crates_have_nothing_impure_below_them() {
    let mut wrong = Vec::new();
    for name in ["trunkline-core", "trunkline-ports", "trunkline-manifests", "trunkline-webhook"] {
        let tree = cargo(&["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", name]);
        let found = tree.lines().filter_map(|line| line.split(' ').next()).filter(|found| IMPURE.contains(found));
        wrong.extend(found.map(|found| format!("{name} has {found} below it")));
    }
    none(&wrong, "a pure crate reaches the world");
}

/// The direct dependencies of every member, without those of its tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let uses = |package: &Value| {
        let used = list(&package["dependencies"]).into_iter().filter(|used| used["kind"] != "dev");
        used.map(|used| text(&used["name"])).collect()
    };
    list(&metadata["packages"]).iter().map(|package| (text(&package["name"]), uses(package))).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).arg("--offline").current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
