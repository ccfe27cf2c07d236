//! Seeing that what was written runs, and judging it.

use std::collections::BTreeMap;
use std::time::Duration;

use trunkline_core::decide::{HTTP, RUNNING_HTTP};
use trunkline_core::fact::Fact;
use trunkline_core::ids::{Commit, Name, Time};
use trunkline_core::policy::{HttpCheck, Observe, Policy, Verify};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::state::Deployment;

use super::Worker;
use super::claim::Result;
use crate::clock::Clock;
use crate::failure::{Failure, Fault};
use crate::targets::{Checks, Commands, Invocation};
use crate::world::World;

/// How long after an answer that did not match an address is asked again, at least and at most. In between, a tenth of the time
/// since the first: each time costs two entries of the ledger.
const AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

impl<W: World> Worker<'_, W> {
    /// Asks the addresses that say whether what was written is running.
    pub(super) async fn observe_running(
        &self,
        environment: &Name,
        number: u64,
    ) -> std::result::Result<Result, Failure> {
        let (policy, deployment) = self.judged(environment, number)?;
        for observe in policy.observes(environment) {
            let Observe::Http(check) = observe else { continue };
            if let Err(why) = self.world.checks().http(&filled(check, environment, &deployment.deploy.commit)).await? {
                return Ok(Result::Later(self.again(deployment.written), why));
            }
        }
        let check: Name = RUNNING_HTTP.parse()?;
        let judged = Fact::Judged {
            claim: None,
            environment: environment.clone(),
            deployment: number,
            check,
            passed: true,
            reason: None,
        };
        let open = self.state.borrow().claims.get(&format!("observe {environment} {number}")).map(|open| open.number);
        let over = open.map(|claim| Fact::Abandoned { claim, why: "it runs".to_owned() });
        Ok(Result::Facts(std::iter::once(judged).chain(over).collect()))
    }

    /// Makes a check of what runs: a command, or an address that must answer within the time.
    pub(super) async fn verify(
        &self,
        claim: u64,
        environment: &Name,
        number: u64,
        check: &Name,
    ) -> std::result::Result<Result, Failure> {
        let (policy, deployment) = self.judged(environment, number)?;
        let Some(verify) = policy.environments.get(environment).and_then(|environment| environment.verify.as_ref())
        else {
            return Ok(Result::Facts(vec![Fact::Abandoned {
                claim,
                why: "the policy asks for no check any more".to_owned(),
            }]));
        };
        let judgement = if check.as_str() == HTTP {
            self.ask(verify, environment, &deployment).await?
        } else {
            Some(self.run_check(verify, environment, &deployment).await?)
        };
        Ok(match judgement {
            None => Result::Later(self.again(deployment.running), format!("{check} does not answer as it should yet")),
            Some(judgement) => Result::Facts(vec![Fact::Judged {
                claim: Some(claim),
                environment: environment.clone(),
                deployment: number,
                check: check.clone(),
                passed: judgement.is_ok(),
                reason: judgement.err(),
            }]),
        })
    }

    /// Asks once. Nothing, when the answer does not match and there is time left.
    async fn ask(
        &self,
        verify: &Verify,
        environment: &Name,
        deployment: &Deployment,
    ) -> std::result::Result<Option<std::result::Result<(), String>>, Failure> {
        let Some(check) = &verify.http else { return Ok(Some(Ok(()))) };
        let answer = self.world.checks().http(&filled(check, environment, &deployment.deploy.commit)).await;
        let deadline = deployment.running.unwrap_or(Time(0)).plus(verify.within.get());
        match answer {
            Ok(Ok(())) => Ok(Some(Ok(()))),
            Ok(Err(_)) | Err(Failure::Fault(Fault { again: true, .. })) if self.world.clock().now() < deadline => {
                Ok(None)
            }
            Ok(Err(why)) => Ok(Some(Err(why))),
            Err(Failure::Refused(refusal)) => Ok(Some(Err(refusal.to_string()))),
            Err(fault) => Err(fault),
        }
    }

    async fn run_check(
        &self,
        verify: &Verify,
        environment: &Name,
        deployment: &Deployment,
    ) -> std::result::Result<std::result::Result<(), String>, Failure> {
        let Some(line) = &verify.run else { return Ok(Ok(())) };
        let variables = BTreeMap::from([
            ("TRUNKLINE_ENVIRONMENT".to_owned(), environment.to_string()),
            ("TRUNKLINE_COMMIT".to_owned(), deployment.deploy.commit.to_string()),
            ("TRUNKLINE_NUMBER".to_owned(), deployment.number.to_string()),
        ]);
        let command = Invocation { line: line.clone(), folder: None, environment: variables };
        let watcher = self.world.watcher(&format!("check {environment}"));
        match self.world.commands().run(&command, &watcher).await {
            Ok(()) => Ok(Ok(())),
            Err(Failure::Refused(refusal)) => Ok(Err(refusal.message)),
            Err(fault) => Err(fault),
        }
    }

    /// How long until an address is asked again, that has been asked since then.
    fn again(&self, since: Option<Time>) -> Duration {
        let now = self.world.clock().now();
        (now.since(since.unwrap_or(now)) / 10).clamp(AGAIN.0, AGAIN.1)
    }

    fn judged(&self, environment: &Name, number: u64) -> std::result::Result<(Policy, Deployment), Failure> {
        let state = self.state.borrow();
        let deployment = state.environments.get(environment).and_then(|here| here.deployment(number)).cloned();
        let gone = || Refusal::new(Code::NothingToJudge, format!("{environment} has no deployment {number}"));
        let policy = state.policy().ok_or_else(|| Fault::lasting("the policy in force cannot be read"))?;
        Ok((policy, deployment.ok_or_else(gone)?))
    }
}

/// The check with the deployment's names in its address and body.
fn filled(check: &HttpCheck, environment: &Name, commit: &Commit) -> HttpCheck {
    let fill = |text: &str| text.replace("{environment}", environment.as_str()).replace("{commit}", commit.as_str());
    HttpCheck { url: fill(&check.url), status: check.status, body: check.body.as_deref().map(fill) }
}
