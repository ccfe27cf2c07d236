//! A wake-up: a project's ledger is opened, what is wanted of what is outstanding is done, and the rest is sent on.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use trunkline_core::decide::RUNNING;
use trunkline_core::fact::{Claim, Entry, Fact};
use trunkline_core::ids::{Commit, Name, Time};
use trunkline_core::orders;
use trunkline_core::plan::{Action, Plan};
use trunkline_core::policy::Policy;
use trunkline_core::state::State;
use trunkline_github::glance::Known;
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::ledger::Ledger as _;
use trunkline_ports::observe;
use trunkline_ports::work::{Others, Report, Silence, Worker};
use trunkline_ports::world::World as _;
use trunkline_worlds::Cloud;

use crate::onwards;
use crate::project::Project;
use crate::stack::Stack;

/// Who is said to have written what functions write.
const BY: &str = "trunkline";

/// The kind of the event that tells that something was recorded.
const RECORDED: &str = "facts";

/// How a wake-up ended.
#[derive(Debug)]
pub struct Woken {
    /// The ledger's last entry.
    pub number: u64,
    /// How many entries were written.
    pub recorded: u64,
    /// What was done: the lanes.
    pub did: Vec<String>,
    /// How many messages were sent on.
    pub sent: usize,
    /// What stands refused.
    pub refused: usize,
    /// What is waited for.
    pub waiting: usize,
    /// How long nothing has happened although something is outstanding.
    pub oldest: Duration,
    /// What met a fault, and may be tried again.
    pub faults: Vec<String>,
}

/// What happens while a worker works.
#[derive(Default)]
struct Heard {
    recorded: Cell<u64>,
    did: RefCell<Vec<String>>,
}

impl Report for Heard {
    fn begin(&self, action: &Action) {
        self.did.borrow_mut().push(action.claim.lane());
    }
    fn recorded(&self, _: u64, _: &[Fact]) {
        self.recorded.set(self.recorded.get() + 1);
    }
    fn fault(&self, _: &Action, _: &Fault) {}
    fn waits(&self, _: &Plan) {}
}

/// What a check on GitHub said of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The commit.
    pub commit: Commit,
    /// The environment, if it is about one; else all that make this check.
    pub environment: Option<Name>,
    /// The check.
    pub check: Name,
    /// What it said.
    pub passed: bool,
}

impl Verdict {
    /// What the ledger lacks of it. A check of the same name that nobody asked for says nothing.
    fn facts(&self, state: &State, policy: &Policy) -> Vec<Fact> {
        let asked =
            policy.environments.keys().filter(|name| self.environment.as_ref().is_none_or(|only| only == *name));
        let judged = asked.filter_map(|environment| {
            orders::verdict(state, policy, environment, &self.commit, &self.check, self.passed, None).ok()
        });
        judged.filter(|fact| self.is_news(state, fact)).collect()
    }

    fn is_news(&self, state: &State, fact: &Fact) -> bool {
        let Fact::Judged { environment, deployment, .. } = fact else { return false };
        let judged = state.environments.get(environment).and_then(|here| here.deployment(*deployment));
        // That it runs is said again by whoever is told that it does.
        let runs = judged.is_some_and(|judged| judged.running.is_some()) && self.check.as_str() == RUNNING;
        let known = judged.and_then(|judged| judged.judgements.get(&self.check));
        !runs && known.is_none_or(|known| known.passed != self.passed)
    }
}

fn world(stack: &Stack, project: &Project) -> Result<Cloud, Failure> {
    Cloud::open(&stack.github, &project.repository()?, &stack.store, &stack.ecr, &project.project, &project.trunk)
}

/// Which projects' repositories show anything that their ledgers lack: one question to GitHub for a hundred projects of an owner.
pub async fn glance(stack: &Stack, projects: &[Project]) -> Vec<Result<bool, Failure>> {
    let mut told: Vec<Result<bool, Failure>> = Vec::new();
    let mut owners: BTreeMap<String, Vec<(usize, Known)>> = BTreeMap::new();
    for (index, project) in projects.iter().enumerate() {
        // What is not asked about is looked at.
        told.push(Ok(true));
        match known(stack, project).await {
            Ok(known) => owners.entry(known.name.owner().to_owned()).or_default().push((index, known)),
            Err(failure) => told[index] = Err(failure),
        }
    }
    for group in owners.into_values() {
        let (indices, known): (Vec<usize>, Vec<Known>) = group.into_iter().unzip();
        match stack.github.glance(&known).await {
            Ok(answers) => indices.into_iter().zip(answers).for_each(|(index, answer)| told[index] = answer),
            Err(failure) => indices.into_iter().for_each(|index| told[index] = Err(failure.clone())),
        }
    }
    told
}

/// What a project's ledger adds up to.
pub(crate) async fn state(stack: &Stack, project: &Project) -> Result<State, Failure> {
    let world = world(stack, project)?;
    Ok(Worker::open(&world, &Silence, BY, &project.trunk).await?.state())
}

async fn known(stack: &Stack, project: &Project) -> Result<Known, Failure> {
    let state = state(stack, project).await?;
    let policy = state.policy();
    let trunk = policy.as_ref().map_or(project.trunk.as_str(), |policy| &policy.trunk);
    Ok(Known { name: project.repository()?, ask: observe::ask(&state, trunk, policy.as_ref()) })
}

/// A project's whole ledger, and a state that forgets nothing of it.
///
/// # Errors
/// As S3 answers.
pub async fn history(stack: &Stack, project: &Project) -> Result<(State, Vec<Entry>), Failure> {
    let entries = world(stack, project)?.ledger().read(1).await?;
    let mut state = State::whole();
    for entry in &entries {
        state.apply(entry);
    }
    Ok((state, entries))
}

/// Wakes a project: looks first if `look` says so, takes a check's verdict, does what `wanted` lets through, and sends the rest on.
///
/// # Errors
/// As the ledger, GitHub and the queues answer. What single actions meet is in [`Woken::faults`].
pub async fn wake(
    stack: &Stack,
    project: &Project,
    look: bool,
    verdict: Option<Verdict>,
    wanted: impl Fn(&Claim) -> bool,
) -> Result<Woken, Failure> {
    let world = world(stack, project)?;
    let heard = Heard::default();
    let worker = Worker::open(&world, &heard, BY, &project.trunk).await?;
    if look {
        worker.observe().await?;
    }
    if let Some(verdict) = verdict.filter(|_| worker.state().policy.is_some()) {
        worker.order(|state, policy| Ok(verdict.facts(state, policy))).await?;
    }
    let ended = worker.work(wanted, Others::Leave).await?;
    let (plan, state, now) = (worker.plan(), worker.state(), world.clock().now());
    let sent = onwards::send(stack, project, &state, &plan.actions).await?;
    let recorded = heard.recorded.get();
    if recorded > 0 {
        let detail = json!({ "project": project.project, "repository": project.repository, "trunk": project.trunk, "number": state.number });
        stack.bus.put(RECORDED, &detail.to_string()).await?;
    }
    Ok(Woken {
        number: state.number,
        recorded,
        did: heard.did.take(),
        sent,
        refused: plan.refusals.len(),
        waiting: plan.waiting.len(),
        oldest: oldest(&plan, state.at, now),
        faults: ended.faults.into_iter().map(|(action, fault)| format!("{}: {fault}", action.claim.lane())).collect(),
    })
}

/// Everything that is outstanding has been so since the last entry at the latest.
fn oldest(plan: &Plan, last: Time, now: Time) -> Duration {
    if plan.actions.is_empty() { Duration::ZERO } else { now.since(last) }
}
