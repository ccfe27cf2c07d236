//! What people order: `deploy`, `verdict`, `yank`, `unyank`, `rollback`, `hold`, `release`, `accept`.
//!
//! Each looks first, then appends the order, and then works like `sync`, so that it acts at once.

use trunkline_core::fact::Fact;
use trunkline_core::ids::Commit;
use trunkline_core::orders;
use trunkline_core::policy::Policy;
use trunkline_core::refusal::Refusal;
use trunkline_core::state::State;
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::Repository;
use trunkline_ports::world::World;

use crate::answer::Answer;
use crate::arguments::{Common, Order, Ordered};
use crate::outcome::Outcome;
use crate::session::Session;

pub(super) async fn order(common: &Common, ordered: Ordered) -> Result<Answer, Failure> {
    let order = ordered.order();
    let session = &Session::write(common, order.writer.by.as_deref()).await?;
    match &ordered {
        Ordered::Deploy { environment, commit, reason, .. } => {
            let (commit, now) = (maybe(session, commit.as_deref()).await?, session.now());
            let (commit, reason) = (commit.as_ref(), reason.as_deref());
            let ask = |state: &State, policy: &Policy| {
                orders::deploy(state, policy, now, environment, commit, reason).map(one)
            };
            carry_out(session, order, ask).await
        }
        Ordered::Verdict { commit, environment, check, passed, reason, .. } => {
            let (commit, reason) = (resolve(session, commit).await?, reason.as_deref());
            let ask = |state: &State, policy: &Policy| {
                orders::verdict(state, policy, environment, &commit, check, *passed, reason).map(one)
            };
            carry_out(session, order, ask).await
        }
        Ordered::Yank { commit, reason, .. } => {
            let commit = resolve(session, commit).await?;
            carry_out(session, order, |state, _| orders::yank(state, &commit, reason).map(one)).await
        }
        Ordered::Unyank { commit, reason, .. } => {
            let commit = resolve(session, commit).await?;
            carry_out(session, order, |state, _| orders::unyank(state, &commit, reason).map(one)).await
        }
        Ordered::Rollback { environment, to, reason, .. } => {
            let to = maybe(session, to.as_deref()).await?;
            let ask = |state: &State, policy: &Policy| {
                orders::rollback(state, policy, environment, to.as_ref(), reason).map(one)
            };
            carry_out(session, order, ask).await
        }
        Ordered::Hold { environment, reason, .. } => {
            carry_out(session, order, |_, policy| orders::hold(policy, environment.as_ref(), reason)).await
        }
        Ordered::Release { environment, reason, .. } => {
            let (name, reason) = (environment.as_ref(), reason.as_deref());
            carry_out(session, order, |state, policy| orders::release(state, policy, name, reason)).await
        }
        Ordered::Accept { line, reason, .. } => {
            let line = |policy: &Policy| line.clone().unwrap_or_else(|| policy.trunk.clone());
            carry_out(session, order, |state, policy| orders::accept(state, &line(policy), reason).map(one)).await
        }
    }
}

fn one(fact: Fact) -> Vec<Fact> {
    vec![fact]
}

async fn resolve(session: &Session, revision: &str) -> Result<Commit, Failure> {
    session.world.repository().resolve(revision).await
}

async fn maybe(session: &Session, revision: Option<&str>) -> Result<Option<Commit>, Failure> {
    match revision {
        Some(revision) => resolve(session, revision).await.map(Some),
        None => Ok(None),
    }
}

/// Looks, appends what `ask` makes of what is known, and works.
pub(super) async fn carry_out(
    session: &Session,
    order: &Order,
    ask: impl Fn(&State, &Policy) -> Result<Vec<Fact>, Refusal>,
) -> Result<Answer, Failure> {
    let worker = session.worker().await?;
    let before = worker.state();
    worker.observe().await?;
    worker.order(ask).await?;
    let ended = if order.no_sync { None } else { Some(session.work(&worker).await?) };
    Outcome { session, before, ended, reference: None }.answer(&worker)
}
