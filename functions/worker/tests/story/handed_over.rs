//! Functions and the command line beside each other, on one ledger. A build that runs a command, which no function can, is the
//! repository's workflow's; and people deploy by hand.

use std::path::PathBuf;
use std::process::Command;

use crate::cloud::{Cloud, SECRET};

/// The requests that start the workflow.
fn started(cloud: &Cloud) -> usize {
    let all = cloud.github.requests();
    all.iter().filter(|request| request.contains("/actions/workflows/trunkline.yml/dispatches")).count()
}

/// The command line, in a clone of the repository: what the workflow runs, and what people do.
fn trunkline(cloud: &Cloud, arguments: &[&str]) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_worker")).with_file_name("trunkline");
    assert!(program.exists(), "{} is not built: cargo build --bin trunkline", program.display());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&cloud.shop.path).envs(cloud.credentials());
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

    trunkline(&cloud, &["build", commit.as_str()]);
    cloud.sweep();
    cloud.settle();
    let digest = cloud.registry.digest(commit.short(12)).expect("the workflow has built and tagged it");
    assert!(cloud.manifest("stage").contains(&digest), "{}", cloud.manifest("stage"));
    assert_eq!(started(&cloud), 1);

    // The command line works on the same ledger, and writes to the same repository on GitHub.
    trunkline(&cloud, &["verdict", commit.as_str(), "--environment", "stage", "--check", "e2e", "--passed"]);
    cloud.shop.git(&["tag", "v1.0.0"]);
    trunkline(&cloud, &["sync"]);
    assert!(cloud.manifest("prod").contains(&digest), "{}", cloud.manifest("prod"));
}
