//! The Lambda that looks when GitHub says that something happened: it appends what the ledger lacks, and sends on what is outstanding.
//!
//! What the delivery says is a hint where to look. Only the verdict of a check is taken from it, since it is the check's own word.

mod verdict;

use std::time::Instant;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde_json::json;
use trunkline_github::name::RepositoryName;
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_wiring::{Projects, Stack, System, line, wake};

pub use verdict::Delivery;

/// Looks at the repository that the delivery is from. A fault comes back, so that the event is tried again.
///
/// # Errors
/// A fault that trying again may mend.
pub async fn handle(stack: &Stack, event: EventBridgeEvent<Delivery>) -> Result<(), Fault> {
    let (began, now, delivery) = (Instant::now(), System.now(), event.detail);
    let mut told = json!({ "delivery": delivery.delivery, "event": delivery.event, "repository": delivery.repository });
    let ended = look(stack, &delivery, &mut told).await;
    let (outcome, said) = match &ended {
        Ok(outcome) => (*outcome, None),
        Err(Failure::Refused(refusal)) => ("refused", Some(refusal.to_string())),
        Err(Failure::Fault(fault)) => ("fault", Some(fault.to_string())),
    };
    if let Some(said) = said {
        told["error"] = json!(said);
    }
    line("observe", outcome, now, began.elapsed(), None, &told);
    match ended {
        Err(Failure::Fault(fault)) => Err(fault),
        _ => Ok(()),
    }
}

async fn look(stack: &Stack, delivery: &Delivery, told: &mut serde_json::Value) -> Result<&'static str, Failure> {
    let Some(name) = RepositoryName::read(&delivery.repository).filter(|name| stack.settings.heeds(&name.to_string()))
    else {
        return Ok("not-ours");
    };
    let Some(project) = Projects::new(stack).of(&name).await? else { return Ok("no-project") };
    told["project"] = json!(project.project);
    let woken = wake(stack, &project, true, delivery.verdict(), |_| false).await?;
    told["number"] = json!(woken.number);
    told["recorded"] = json!(woken.recorded);
    told["sent"] = json!(woken.sent);
    Ok(if woken.recorded > 0 { "recorded" } else { "nothing" })
}
