//! The loop that acts: observe, decide, claim, act, record, until nothing is outstanding.
//!
//! One worker is one run of it. Any number may work on one ledger: a lane has one claim, a claim one worker at a time.

mod build;
mod claim;
mod deploy;
mod record;
mod verify;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use trunkline_core::decide::{decide, without_policy};
use trunkline_core::fact::{Claim, Fact};
use trunkline_core::ids::Digest;
use trunkline_core::plan::{Action, Plan};
use trunkline_core::policy::Policy;
use trunkline_core::state::{Open, State, VERSION};

use crate::clock::Clock;
use crate::failure::{Failure, Fault};
use crate::ledger::Ledger;
use crate::world::World;

/// How long a lease lasts by the store's clock, and how often it is renewed while its worker lives.
pub const LEASE: Duration = Duration::from_mins(1);
const RENEW: Duration = Duration::from_secs(20);
/// How often one run tries an action that meets a fault, before it leaves it to the next run.
const TRIES: usize = 3;
/// How many actions one worker carries out side by side.
const SIDE_BY_SIDE: usize = 4;
/// How often the ledger is looked at while another worker acts.
const POLL: Duration = Duration::from_millis(200);

/// What a run does about the work that is in others' hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// It waits for them, and goes on when they do not.
    Await,
    /// It leaves that to them, and ends.
    Leave,
}

/// Told what a run does, as it does it.
pub trait Report {
    /// An action begins.
    fn begin(&self, action: &Action);
    /// Facts are in the ledger, under this number.
    fn recorded(&self, number: u64, facts: &[Fact]);
    /// An action met a fault; it is tried again now or by a later run.
    fn fault(&self, action: &Action, fault: &Fault);
    /// Nothing can be done for now: another worker acts, or something is waited for.
    fn waits(&self, plan: &Plan);
}

/// A report that nobody reads.
pub struct Silence;

impl Report for Silence {
    fn begin(&self, _: &Action) {}
    fn recorded(&self, _: u64, _: &[Fact]) {}
    fn fault(&self, _: &Action, _: &Fault) {}
    fn waits(&self, _: &Plan) {}
}

/// One run of the loop.
pub struct Worker<'a, W: World> {
    world: &'a W,
    report: &'a dyn Report,
    /// Unique to this run.
    id: String,
    /// Who is said to have written what this run writes.
    by: String,
    /// The trunk's name while no policy says it.
    trunk: String,
    state: RefCell<State>,
    /// The policy in force as it was last read, so that its text is not read again for every decision.
    policy: RefCell<Option<(Digest, Rc<Policy>)>>,
    /// The entry of the newest checkpoint.
    kept: Cell<u64>,
    /// Whether builds that were handed over are taken up here.
    here: bool,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// What is still outstanding, refused or waited for.
    pub plan: Plan,
    /// Faults that stopped actions.
    pub faults: Vec<(Action, Fault)>,
}

impl<'a, W: World> Worker<'a, W> {
    /// A worker that has read the ledger.
    ///
    /// # Errors
    /// As the ledger answers.
    pub async fn open(world: &'a W, report: &'a dyn Report, by: &str, trunk: &str) -> Result<Self, Failure> {
        let checkpoint = world.ledger().checkpoint(VERSION).await?;
        let state: State =
            checkpoint.and_then(|checkpoint| State::from_checkpoint(&checkpoint.state).ok()).unwrap_or_default();
        let kept = Cell::new(state.number);
        let id = format!("{by} {}", world.clock().unique());
        let (by, trunk, state, policy) = (by.to_owned(), trunk.to_owned(), RefCell::new(state), RefCell::new(None));
        let worker = Self { world, report, id, by, trunk, state, policy, kept, here: false };
        worker.refresh().await?;
        Ok(worker)
    }

    /// The same worker, where commands run: it takes up the builds that were handed over by one that cannot run them.
    #[must_use]
    pub fn here(self) -> Self {
        Self { here: true, ..self }
    }

    /// What is known now.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// What is outstanding now, as far as is known.
    pub fn plan(&self) -> Plan {
        let state = self.state.borrow();
        let now = self.world.clock().now();
        let mut plan =
            self.policy(&state).map_or_else(|| without_policy(&state), |policy| decide(&state, &policy, now));
        if self.here {
            let waiting = state.claims.values().filter(|open| open.waiting.is_some() && open.until > now);
            let builds = waiting.filter(|open| matches!(open.claim, Claim::Build { .. }));
            plan.actions.extend(builds.map(|open| Action {
                claim: open.claim.clone(),
                open: Some(open.number),
                from: None,
                undo: None,
            }));
        }
        plan
    }

    /// The policy in force, read once.
    fn policy(&self, state: &State) -> Option<Rc<Policy>> {
        let digest = &state.policy.as_ref()?.digest;
        let mut known = self.policy.borrow_mut();
        if known.as_ref().is_none_or(|(known, _)| known != digest) {
            *known = Some((digest.clone(), Rc::new(state.policy()?)));
        }
        known.as_ref().map(|(_, policy)| Rc::clone(policy))
    }

    /// Reads what others wrote.
    ///
    /// # Errors
    /// As the ledger answers.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let from = self.state.borrow().number + 1;
        let entries = self.world.ledger().read(from).await?;
        let mut state = self.state.borrow_mut();
        for entry in &entries {
            state.apply(entry);
        }
        Ok(())
    }

    /// Does everything that is outstanding and that `wanted` lets through, and waits for what other workers do of it, or does not.
    ///
    /// # Errors
    /// As the ledger answers. What actions meet is in [`Ended`].
    pub async fn work(&self, wanted: impl Fn(&Claim) -> bool, others: Others) -> Result<Ended, Failure> {
        let mut running: FuturesUnordered<LocalBoxFuture<'_, Done>> = FuturesUnordered::new();
        let mut lanes: BTreeMap<String, usize> = BTreeMap::new();
        let mut mine: Vec<String> = Vec::new();
        let mut faults: BTreeMap<String, (Action, Fault)> = BTreeMap::new();
        loop {
            self.refresh().await?;
            let (number, plan) = (self.state.borrow().number, self.plan());
            if !plan.records.is_empty() {
                self.append_on(number, plan.records.clone()).await?;
                continue;
            }
            let startable = plan.actions.iter().find(|action| {
                let lane = action.claim.lane();
                wanted(&action.claim) && !mine.contains(&lane) && lanes.get(&lane).is_none_or(|tries| *tries < TRIES)
            });
            if let Some(action) = startable.filter(|_| running.len() < SIDE_BY_SIDE) {
                if let Some(claim) = self.claim(number, action).await? {
                    let lane = action.claim.lane();
                    *lanes.entry(lane.clone()).or_default() += 1;
                    faults.remove(&lane);
                    mine.push(lane);
                    running.push(Box::pin(self.carry_out(claim, action.clone())));
                }
                continue;
            }
            if let Some(done) = self.next(&mut running, &plan).await {
                mine.retain(|lane| *lane != done.lane);
                match done.result {
                    Ok(()) => {
                        lanes.remove(&done.lane);
                    }
                    Err(Failure::Fault(fault)) => {
                        self.report.fault(&done.action, &fault);
                        faults.insert(done.lane, (done.action, fault));
                    }
                    Err(refused @ Failure::Refused(_)) => return Err(refused),
                }
                continue;
            }
            if !running.is_empty() {
                continue;
            }
            if others == Others::Leave || !self.others_act(&wanted, &lanes).await {
                self.checkpoint().await?;
                return Ok(Ended { plan, faults: faults.into_values().collect() });
            }
            self.report.waits(&plan);
        }
    }

    /// The next action to finish. Nothing when none runs, or when it is time to look at the ledger again.
    async fn next(&self, running: &mut FuturesUnordered<LocalBoxFuture<'_, Done>>, plan: &Plan) -> Option<Done> {
        if running.is_empty() {
            return None;
        }
        // What others write may bring work while ours goes on.
        let pause = if plan.wake().is_some() { POLL * 5 } else { RENEW };
        let pause = self.world.clock().sleep(pause);
        match select(running.next(), Box::pin(pause)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => None,
        }
    }

    /// Whether a claim of a wanted kind is in somebody's hands, or waits for its time; if so, gives it a little of it.
    async fn others_act(&self, wanted: &impl Fn(&Claim) -> bool, tried: &BTreeMap<String, usize>) -> bool {
        let now = self.world.clock().now();
        let pause = {
            let state = self.state.borrow();
            let open = state.claims.values().filter(|open| wanted(&open.claim) && open.until > now);
            let open = open.filter(|open| tried.get(&open.claim.lane()).is_none_or(|tries| *tries < TRIES));
            // What waits is in nobody's hands: there is nothing to see before its time, and nobody sits through a long one.
            let open = open.filter(|open| open.waiting.is_none() || open.until <= now.plus(LEASE));
            let pause = |open: &Open| open.until.since(now).min(if open.waiting.is_some() { RENEW } else { POLL });
            open.map(pause).min()
        };
        let Some(pause) = pause else { return false };
        self.world.clock().sleep(pause).await;
        true
    }
}

/// An action that is over.
struct Done {
    lane: String,
    action: Action,
    result: Result<(), Failure>,
}
