//! Deploying: all of a commit's artifacts move together, or those that moved go back.

use futures_util::future::join_all;
use trunkline_core::deployment::{Mark, Unit, waves};
use trunkline_core::fact::{Deploy, Fact};
use trunkline_core::ids::Commit;
use trunkline_core::plan::SHORT;
use trunkline_core::refusal::Refusal;
use trunkline_core::state::{Deployment, State};

use super::Worker;
use super::claim::Result;
use crate::failure::{Failure, Fault};
use crate::targets::{Put, Targets};
use crate::world::World;

/// How often a write is tried again on a newer version of its destination: others write there too.
const MOVES: usize = 12;
/// How many commits a mark tells at most.
const SHIPPED: usize = 50;

/// How one unit ended.
enum Step {
    Done,
    Refused(Refusal),
    Lost,
}

impl<W: World> Worker<'_, W> {
    /// Brings a commit's artifacts to an environment, or back when one cannot come or the commit was barred meanwhile.
    pub(super) async fn deploy(
        &self,
        claim: u64,
        deploy: &Deploy,
        undo: Option<&Refusal>,
    ) -> std::result::Result<Result, Failure> {
        let (waves, mark, observed) = {
            let state = self.state.borrow();
            let Some(policy) = state.policy() else {
                return Err(Fault::lasting("the policy in force cannot be read").into());
            };
            let previous = before(&state, deploy, claim);
            let artifacts = previous.map(|previous| &previous.deploy.artifacts);
            let mark = mark(&state, &policy.project, deploy, claim, previous);
            (waves(&policy, deploy, artifacts), mark, policy.observes(&deploy.environment).is_empty())
        };
        let environment = deploy.environment.clone();
        let refusal = match undo {
            Some(refusal) => refusal.clone(),
            None => match self.forward(claim, &waves, &mark).await? {
                Step::Lost => return Ok(Result::Lost),
                Step::Done => {
                    let mut facts = vec![Fact::Written { claim, environment: environment.clone() }];
                    if observed {
                        facts.push(Fact::Running { environment, deployment: claim });
                    }
                    return Ok(Result::Facts(facts));
                }
                Step::Refused(refusal) => refusal,
            },
        };
        let (refusal, torn) = match self.back(claim, &waves, &mark).await? {
            Step::Lost => return Ok(Result::Lost),
            Step::Done => (refusal, false),
            Step::Refused(second) => {
                let message = format!("{}; and going back: {}", refusal.message, second.message);
                (Refusal { message, ..refusal }, true)
            }
        };
        Ok(Result::Facts(vec![Fact::DeployFailed { claim, environment, refusal, torn }]))
    }

    /// Wave after wave; the units of a wave side by side. A refusal stops it after its wave.
    async fn forward(&self, claim: u64, waves: &[Vec<Unit>], mark: &Mark) -> std::result::Result<Step, Failure> {
        for wave in waves {
            let steps = join_all(wave.iter().map(|unit| self.write(claim, unit, mark, false))).await;
            match worst(steps)? {
                Step::Done => {}
                other => return Ok(other),
            }
        }
        Ok(Step::Done)
    }

    /// Every unit goes back, last first, those never written too: the version of each place moves, so that a stalled worker's write fails.
    async fn back(&self, claim: u64, waves: &[Vec<Unit>], mark: &Mark) -> std::result::Result<Step, Failure> {
        let mut refused = None;
        for wave in waves.iter().rev() {
            let steps = join_all(wave.iter().map(|unit| self.write(claim, unit, mark, true))).await;
            match worst(steps)? {
                Step::Done => {}
                Step::Lost => return Ok(Step::Lost),
                Step::Refused(refusal) => refused = Some(refusal),
            }
        }
        Ok(refused.map_or(Step::Done, Step::Refused))
    }

    /// Reads the version, asks the ledger's tail, writes on that version; again when someone else moved it.
    async fn write(&self, claim: u64, unit: &Unit, mark: &Mark, undo: bool) -> std::result::Result<Step, Failure> {
        let targets = self.world.targets();
        for _ in 0..MOVES {
            let put = self.retried(async || {
                let sight = targets.look(unit).await?;
                if !self.holds(claim).await? {
                    return Ok(None);
                }
                let put = if undo {
                    targets.undo(unit, &sight.version, mark).await
                } else {
                    targets.put(unit, &sight.version, mark).await
                };
                put.map(Some)
            });
            match put.await {
                Ok(None) => return Ok(Step::Lost),
                Ok(Some(Put::Done | Put::Already)) => return Ok(Step::Done),
                Ok(Some(Put::Moved)) => {}
                Err(Failure::Refused(refusal)) => return Ok(Step::Refused(refusal)),
                Err(fault) => return Err(fault),
            }
        }
        Err(Fault::passing(format!("{:?} was written by others {MOVES} times in a row", unit.destination)).into())
    }
}

/// A fault counts most, since what it left is unknown; then a lost lease; then a refusal.
fn worst(steps: Vec<std::result::Result<Step, Failure>>) -> std::result::Result<Step, Failure> {
    let mut worst = Step::Done;
    for step in steps {
        match (step?, &worst) {
            (Step::Lost, _) => worst = Step::Lost,
            (Step::Refused(refusal), Step::Done) => worst = Step::Refused(refusal),
            _ => {}
        }
    }
    Ok(worst)
}

/// What the environment ran before the deployment was started.
fn before<'a>(state: &'a State, deploy: &Deploy, claim: u64) -> Option<&'a Deployment> {
    let here = state.environments.get(&deploy.environment)?;
    here.current().filter(|current| current.number != claim)
}

fn mark(
    state: &State,
    project: &trunkline_core::ids::Name,
    deploy: &Deploy,
    claim: u64,
    previous: Option<&Deployment>,
) -> Mark {
    let previous = previous.map(|previous| previous.deploy.commit.clone());
    Mark {
        project: project.clone(),
        number: claim,
        environment: deploy.environment.clone(),
        commit: deploy.commit.clone(),
        shipped: shipped(state, previous.as_ref(), &deploy.commit),
        previous,
    }
}

/// Who shipped what after `previous` up to `commit`, oldest first: one line for each commit of its line.
fn shipped(state: &State, previous: Option<&Commit>, commit: &Commit) -> Vec<String> {
    let Some(known) = state.on_line(commit) else { return Vec::new() };
    let Some(line) = known.line.as_ref().and_then(|line| state.lines.get(line)) else { return Vec::new() };
    let after = previous.and_then(|previous| state.on_line(previous)).filter(|previous| previous.line == known.line);
    let first = after.map_or(known.position, |previous| previous.position + 1);
    let new = line.between(first, known.position);
    let told = new.iter().rev().take(SHIPPED).rev().filter_map(|commit| {
        let revision = &state.revisions.get(commit)?.revision;
        Some(format!("{} {} ({})", commit.short(SHORT), revision.subject, revision.author))
    });
    told.collect()
}
