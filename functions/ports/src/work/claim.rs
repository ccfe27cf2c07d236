//! Claims and leases: who acts, and who may say what came of it.

use futures_util::future::{Either, select};
use trunkline_core::fact::{Claim, Fact};
use trunkline_core::plan::Action;

use super::{Done, LEASE, RENEW, Worker};
use crate::clock::Clock;
use crate::failure::{Failure, Fault};
use crate::world::World;

/// How an action's own work ended.
pub(super) enum Result {
    /// With these facts, which end the claim.
    Facts(Vec<Fact>),
    /// Not yet: look again after so long.
    Later(std::time::Duration, String),
    /// Another worker has the claim by now: nothing more to do or to say.
    Lost,
}

impl<W: World> Worker<'_, W> {
    /// Claims an action, or takes its open claim over, if nothing was written since `number`. Gives the claim's number.
    pub(super) async fn claim(&self, number: u64, action: &Action) -> std::result::Result<Option<u64>, Failure> {
        let until = self.world.clock().now().plus(LEASE);
        let worker = self.id.clone();
        let fact = if let Some(claim) = action.open {
            Fact::Leased { claim, worker, until }
        } else {
            let policy = self.state.borrow().policy.as_ref().map(|policy| policy.digest.clone());
            let Some(policy) = policy else { return Ok(None) };
            Fact::Started { claim: action.claim.clone(), worker, until, policy }
        };
        let written = self.append_on(number, vec![fact]).await?;
        Ok(written.map(|written| action.open.unwrap_or(written)))
    }

    /// Carries a claimed action out, renewing the lease as long as it takes, and records what came of it.
    pub(super) async fn carry_out(&self, claim: u64, action: Action) -> Done {
        self.report.begin(&action);
        let lane = action.claim.lane();
        let result = self.attempt(claim, &action).await;
        Done { lane, action, result }
    }

    async fn attempt(&self, claim: u64, action: &Action) -> std::result::Result<(), Failure> {
        let act = Box::pin(self.act(claim, action));
        let renew = Box::pin(self.renew(claim));
        let result = match select(act, renew).await {
            Either::Left((result, _)) => result,
            // The lease is another's: whatever was under way here stops.
            Either::Right((Ok(()), _)) => Ok(Result::Lost),
            Either::Right((Err(failure), _)) => Err(failure),
        };
        match result {
            Ok(Result::Facts(facts)) => self.conclude(claim, facts).await,
            Ok(Result::Lost) => Ok(()),
            Ok(Result::Later(pause, why)) => self.put_off(claim, pause, why).await,
            // The lease ends, the claim stays: this run may try again, and so may any other worker.
            Err(Failure::Fault(fault)) => {
                self.put_off(claim, std::time::Duration::ZERO, format!("interrupted by a fault: {}", fault.message))
                    .await?;
                Err(fault.into())
            }
            Err(refused) => Err(refused),
        }
    }

    async fn act(&self, claim: u64, action: &Action) -> std::result::Result<Result, Failure> {
        match &action.claim {
            Claim::Build { artifact, key, commit } => self.build(claim, artifact, key, commit).await,
            Claim::Tag { repository, digest, tag } => self.tag(claim, repository, digest, tag).await,
            Claim::Deploy(deploy) => self.deploy(claim, deploy, action.undo.as_ref()).await,
            Claim::Observe { environment, deployment } => self.observe_running(environment, *deployment).await,
            Claim::Verify { environment, deployment, check } => {
                self.verify(claim, environment, *deployment, check).await
            }
            Claim::Erase { artifact, bytes } => self.erase(claim, artifact, bytes).await,
        }
    }

    /// Renews the lease again and again; comes back when the claim is another's or over.
    async fn renew(&self, claim: u64) -> std::result::Result<(), Failure> {
        loop {
            self.world.clock().sleep(RENEW).await;
            loop {
                self.refresh().await?;
                if !self.mine(claim) {
                    return Ok(());
                }
                let number = self.state.borrow().number;
                let until = self.world.clock().now().plus(LEASE);
                if self.append_on(number, vec![Fact::Leased { claim, worker: self.id.clone(), until }]).await?.is_some()
                {
                    break;
                }
            }
        }
    }

    /// Whether this worker holds the claim, as far as is known.
    pub(super) fn mine(&self, claim: u64) -> bool {
        self.state.borrow().claim(claim).is_some_and(|open| open.worker == self.id && open.waiting.is_none())
    }

    /// Whether this worker holds the claim by the ledger's tail: asked between reading a version and writing on it.
    pub(super) async fn holds(&self, claim: u64) -> std::result::Result<bool, Failure> {
        self.refresh().await?;
        Ok(self.mine(claim))
    }

    /// Records what came of a claim, if it is still this worker's.
    async fn conclude(&self, claim: u64, facts: Vec<Fact>) -> std::result::Result<(), Failure> {
        loop {
            if !self.holds(claim).await? {
                return Ok(());
            }
            let number = self.state.borrow().number;
            if self.append_on(number, facts.clone()).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// Ends the lease and keeps the claim.
    async fn put_off(&self, claim: u64, pause: std::time::Duration, why: String) -> std::result::Result<(), Failure> {
        let until = self.world.clock().now().plus(pause);
        self.conclude(claim, vec![Fact::Waiting { claim, until, why }]).await
    }

    /// Tries something that may meet passing faults a few times.
    pub(super) async fn retried<T>(
        &self,
        mut attempt: impl AsyncFnMut() -> std::result::Result<T, Failure>,
    ) -> std::result::Result<T, Failure> {
        let mut pause = std::time::Duration::from_millis(200);
        for _ in 1..super::TRIES {
            match attempt().await {
                Err(Failure::Fault(Fault { again: true, .. })) => self.world.clock().sleep(pause).await,
                other => return other,
            }
            pause *= 4;
        }
        attempt().await
    }
}
