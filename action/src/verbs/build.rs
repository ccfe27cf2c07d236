//! `build`: what a commit lacks is built and tagged, and nothing is deployed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use trunkline_core::fact::Claim;
use trunkline_core::ids::{Commit, Key};
use trunkline_core::orders;
use trunkline_core::plan::SHORT;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::state::State;
use trunkline_core::view::Shown;
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::Repository;
use trunkline_ports::work::{Ended, Others};
use trunkline_ports::world::World;

use crate::answer::{Answer, Exit, document};
use crate::arguments::Common;
use crate::session::Session;

/// As JSON `{"commit", "artifacts": {name: {"digest", …}}, "failed": {name: refusal}, "unrecorded": [name, …], "faults"}`.
pub(super) async fn build(
    common: &Common,
    by: Option<&str>,
    revision: Option<&str>,
    reason: Option<&str>,
) -> Result<Answer, Failure> {
    let session = Session::write(common, by).await?;
    // A build that waits for a machine waits for this one.
    let worker = session.worker().await?.here();
    worker.observe().await?;
    let commit = match revision {
        Some(revision) => session.world.repository().resolve(revision).await?,
        None => head(&worker.state(), &session.policy(&worker.state()).trunk)?,
    };
    worker.order(|state, _| Ok(orders::build(state, &commit, reason)?.into_iter().collect())).await?;
    let known = worker.state();
    let revision = known.revisions.get(&commit).map(|known| &known.revision);
    if let Some(refusal) = revision.and_then(|revision| revision.refused.clone()) {
        return Err(refusal.into());
    }
    let keys: BTreeSet<Key> = revision.iter().flat_map(|revision| revision.keys.values().cloned()).collect();
    let wanted = |claim: &Claim| match claim {
        Claim::Build { key, .. } => keys.contains(key),
        // A tag costs a request, and belongs to an image that is built.
        Claim::Tag { .. } => true,
        _ => false,
    };
    let ended = worker.work(wanted, Others::Await).await?;
    answer(&worker.state(), &commit, &ended)
}

fn head(state: &State, trunk: &str) -> Result<Commit, Refusal> {
    let head = state.lines.get(trunk).and_then(|line| line.commits.last()).cloned();
    head.ok_or_else(|| {
        Refusal::new(Code::UnknownRevision, format!("`{trunk}` has no commit")).help("commit to it first")
    })
}

fn answer(state: &State, commit: &Commit, ended: &Ended) -> Result<Answer, Failure> {
    let contents = state.contents(commit);
    let mut told = vec![format!("{commit}\n")];
    told.extend(contents.artifacts.iter().map(|(name, bytes)| format!("  {name} {}\n", bytes.digest)));
    told.extend(contents.unrecorded.iter().map(|name| {
        format!("  {name} is built by something else: `trunkline record {} {name} --digest …`\n", commit.short(SHORT))
    }));
    told.extend(contents.failed.iter().map(|(name, refusal)| {
        format!("refused: {name} cannot be built: {}\n", refusal.to_string().replace('\n', "\n  "))
    }));
    told.extend(ended.faults.iter().map(|(_, fault)| format!("fault: {}\n", fault.message)));
    let artifacts: BTreeMap<_, _> = contents.artifacts.iter().map(|(name, bytes)| (name, Shown::from(bytes))).collect();
    let failed: BTreeMap<_, _> = contents.failed.iter().cloned().collect();
    let faults: Vec<&str> = ended.faults.iter().map(|(_, fault)| fault.message.as_str()).collect();
    let json = json!({
        "commit": commit,
        "artifacts": document(&artifacts)?,
        "failed": document(&failed)?,
        "unrecorded": document(&contents.unrecorded)?,
        "faults": faults,
    });
    let exit = match (failed.is_empty(), faults.is_empty()) {
        (false, _) => Exit::Refused,
        (true, false) => Exit::Fault,
        (true, true) => Exit::Done,
    };
    Ok(Answer { text: told.concat(), json, exit })
}
