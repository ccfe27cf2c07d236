//! The Lambda that tells people what was recorded: deployments and a check run on GitHub, a comment for the author of a yanked commit,
//! a chat, a topic.
//!
//! It reads the ledger from where it stopped, which is kept beside it, so that nothing is left out and little is said twice. What stands on
//! GitHub is brought up to date; a chat may hear something again when a function dies between telling and noting that it told.

mod chat;
mod github;
mod mark;

use std::time::Instant;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde_json::json;
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_wiring::{Project, Stack, System, history, line};

pub use chat::Chat;

/// Tells what a project's ledger has since it was last told.
///
/// # Errors
/// A fault that trying again may mend.
pub async fn handle(stack: &Stack, chat: &Chat, event: EventBridgeEvent<Project>) -> Result<(), Fault> {
    let (began, now, project) = (Instant::now(), System.now(), event.detail);
    let mut told = json!({ "project": project.project });
    let ended = tell(stack, chat, &project, &mut told).await;
    let outcome = match &ended {
        Ok(()) => "done",
        Err(failure) => {
            told["error"] = json!(failure.to_string());
            if matches!(failure, Failure::Refused(_)) { "refused" } else { "fault" }
        }
    };
    line("notify", outcome, now, began.elapsed(), None, &told);
    match ended {
        Err(Failure::Fault(fault)) => Err(fault),
        _ => Ok(()),
    }
}

async fn tell(stack: &Stack, chat: &Chat, project: &Project, told: &mut serde_json::Value) -> Result<(), Failure> {
    let mark = mark::Mark::read(stack, project).await?;
    let (state, entries) = history(stack, project).await?;
    let news: Vec<_> = entries.iter().filter(|entry| entry.number > mark.number).collect();
    let Some(last) = news.last() else { return Ok(()) };
    github::tell(stack, project, &state, &entries, &news).await?;
    chat.tell(project, &news).await?;
    told["number"] = json!(last.number);
    mark.move_to(stack, project, last.number).await
}
