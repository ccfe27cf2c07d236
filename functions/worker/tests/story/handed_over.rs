//! A build that runs a command: no function can, so the repository's workflow does, and the functions go on from there.

use std::path::PathBuf;
use std::process::Command;

use crate::cloud::{Cloud, SECRET};

/// The requests that start the workflow.
fn started(cloud: &Cloud) -> usize {
    let all = cloud.github.requests();
    all.iter().filter(|request| request.contains("/actions/workflows/trunkline.yml/dispatches")).count()
}

/// What the workflow does: the command line, in a clone of the repository.
fn workflow(cloud: &Cloud, commit: &str) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_worker")).with_file_name("trunkline");
    assert!(program.exists(), "{} is not built: cargo build --bin trunkline", program.display());
    let mut command = Command::new(program);
    command.args(["build", commit]).current_dir(&cloud.shop.path).envs(cloud.credentials());
    let ended = command.output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_build_that_runs_a_command_is_handed_to_the_workflow_once_and_goes_on_from_there() {
    let cloud = Cloud::new();
    let mut pushes = cloud.pushes();
    let policy = std::fs::read_to_string(cloud.shop.path.join("trunkline.yaml")).unwrap();
    cloud
        .shop
        .write("trunkline.yaml", policy.replace("base: scratch,", "base: scratch, run: \"cp api/main api/made\","));
    cloud.shop.write("api/main", "one");
    let commit = cloud.shop.commit("Open the shop");
    for delivery in pushes.deliveries(SECRET) {
        assert_eq!(cloud.deliver(&delivery), 202);
    }
    cloud.settle();
    cloud.sweep();
    cloud.settle();
    assert_eq!(started(&cloud), 1, "it waits for the workflow, and starts no second one");
    assert_eq!(cloud.registry.digest(commit.short(12)), None);

    workflow(&cloud, commit.as_str());
    cloud.sweep();
    cloud.settle();
    let digest = cloud.registry.digest(commit.short(12)).expect("the workflow has built and tagged it");
    assert!(cloud.manifest("stage").contains(&digest), "{}", cloud.manifest("stage"));
    assert_eq!(started(&cloud), 1);
}
