//! Those who work on a ledger: workers, and people with an order. Each is a future that ends.

use std::rc::Rc;

use trunkline_core::decide::RUNNING;
use trunkline_core::fact::{Claim, Fact};
use trunkline_core::ids::{Commit, Name, Time};
use trunkline_core::orders;
use trunkline_core::policy::{Observe, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::state::State;
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::Failure;
use trunkline_ports::memory::World;
use trunkline_ports::work::{Others, Silence, Worker};

use super::files::is_bad;
use super::random::Random;
use super::script::{Kind, Ordered};
use super::shop::Shop;
use super::weather::Weather;

/// A worker's run.
///
/// # Errors
/// As the worker's.
pub(super) async fn work(world: World<Weather>, name: String, kind: Kind) -> Result<(), Failure> {
    let worker = Worker::open(&world, &Silence, &name, "main").await?;
    if kind != Kind::Blind {
        worker.observe().await?;
    }
    let builds = |claim: &Claim| matches!(claim, Claim::Build { .. } | Claim::Tag { .. });
    match kind {
        Kind::Observer => {}
        Kind::Whole | Kind::Blind => drop(worker.work(|_| true, Others::Await).await?),
        Kind::Builder => drop(worker.work(builds, Others::Await).await?),
        Kind::Deployer => drop(worker.work(|claim| !builds(claim), Others::Await).await?),
    }
    Ok(())
}

/// A person's order. That it is refused is an answer too.
///
/// # Errors
/// Faults.
pub(super) async fn order(
    world: World<Weather>,
    shop: Rc<Shop>,
    name: String,
    order: Ordered,
    salt: u64,
) -> Result<(), Failure> {
    let worker = Worker::open(&world, &Silence, &name, "main").await?;
    if order == Ordered::Record {
        worker.observe().await?;
    }
    let asked = worker.order(|state, policy| ask(&shop, state, policy, order, salt)).await;
    match asked {
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

fn ask(shop: &Shop, state: &State, policy: &Policy, order: Ordered, salt: u64) -> Result<Vec<Fact>, Refusal> {
    let mut random = Random::new(salt);
    let commits = shop.commits.borrow();
    // Newer commits more often: the better of two.
    let index = random.below(commits.len()).max(random.below(commits.len()));
    let commit = &commits[index];
    let names: Vec<&Name> = policy.environments.keys().collect();
    let place = *random.pick(&names);
    let now: Time = shop.stores.clock.now();
    let reason = "simulated";
    let one = |fact: Fact| vec![fact];
    match order {
        Ordered::Yank => orders::yank(state, commit, reason).map(one),
        Ordered::Unyank => {
            let yanked = state.yanks.keys().next().unwrap_or(commit);
            orders::unyank(state, yanked, reason).map(one)
        }
        Ordered::Hold => orders::hold(policy, Some(place).filter(|_| random.chance(80)), reason),
        Ordered::Release => orders::release(state, policy, Some(place).filter(|_| random.chance(30)), Some(reason)),
        Ordered::Deploy => {
            let commit = Some(commit).filter(|_| random.chance(70));
            orders::deploy(state, policy, now, place, commit, Some(reason)).map(one)
        }
        Ordered::Rollback => {
            let to = Some(commit).filter(|_| random.chance(30));
            orders::rollback(state, policy, place, to, reason).map(one)
        }
        Ordered::Verdict => verdict(shop, state, policy, place, &mut random),
        Ordered::Build => orders::build(state, commit, Some(reason)).map(|fact| fact.into_iter().collect()),
        Ordered::Record => record(shop, state, commit, &mut random),
        Ordered::Accept => orders::accept(state, "main", reason).map(one),
    }
}

/// What something else built of all commits that lack it; when none does, of `commit`, which may have it.
fn record(shop: &Shop, state: &State, commit: &Commit, random: &mut Random) -> Result<Vec<Fact>, Refusal> {
    let lacks = |commit: &&Commit| state.on_line(commit).is_some() && !state.contents(commit).unrecorded.is_empty();
    let commits = shop.commits.borrow();
    let mut lacking: Vec<&Commit> = commits.iter().filter(lacks).collect();
    if lacking.is_empty() {
        lacking.push(commit);
    }
    let mut facts = Vec::new();
    for commit in lacking {
        let bytes = shop.elsewhere(commit, random);
        facts.extend(orders::record(state, commit, &"ext".parse()?, bytes, 1, None, None)?);
    }
    Ok(facts)
}

/// A verdict on what runs: mostly what its files deserve.
fn verdict(
    shop: &Shop,
    state: &State,
    policy: &Policy,
    place: &Name,
    random: &mut Random,
) -> Result<Vec<Fact>, Refusal> {
    let nothing = || Refusal::new(Code::NothingToJudge, "nothing runs");
    if let Some((place, commit)) = unseen(state, policy) {
        let check: Name = RUNNING.parse()?;
        return orders::verdict(state, policy, place, commit, &check, !random.chance(5), None).map(|fact| vec![fact]);
    }
    let judged = policy.environments.keys().find(|name| policy.environments[*name].verify.is_some());
    let place = judged.unwrap_or(place);
    let here = state.environments.get(place).ok_or_else(nothing)?;
    let running: Vec<&Commit> =
        here.deployments.iter().rev().take(2).map(|deployment| &deployment.deploy.commit).collect();
    if running.is_empty() {
        return Err(nothing());
    }
    let commit = if random.chance(85) { running[0] } else { *random.pick(&running) };
    let passed = !is_bad(&shop.stores.repository.files(commit)) ^ random.chance(5);
    let check: Name = "e2e".parse()?;
    orders::verdict(state, policy, place, commit, &check, passed, None).map(|fact| vec![fact])
}

/// What was written and waits for somebody to say that it runs.
fn unseen<'a>(state: &'a State, policy: &Policy) -> Option<(&'a Name, &'a Commit)> {
    state.environments.iter().find_map(|(name, here)| {
        let asks = policy.observes(name).contains(&&Observe::Verdict);
        let newest = here.newest().filter(|newest| asks && newest.written.is_some() && newest.running.is_none())?;
        Some((name, &newest.deploy.commit))
    })
}
