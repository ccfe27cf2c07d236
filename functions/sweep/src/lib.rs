//! The Lambda that looks every minute, whatever was lost: at the repositories of all projects in one question for a hundred, and at the
//! ledgers. What has news is observed, what is outstanding is sent on again, and what waited for its time gets it.

use std::time::{Duration, Instant};

use serde_json::json;
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_wiring::{Project, Projects, Stack, System, expiring, glance, line, trouble, wake};

/// Every project's targets and lifecycle policies are looked at once in so many minutes, each project's in its own: a hand on a target is
/// no emergency.
const ROUND: u64 = 60;

/// Looks at everything.
///
/// # Errors
/// A fault when the projects cannot be listed; what single projects meet is in the log, and in the alarm that follows from it.
pub async fn handle(stack: &Stack) -> Result<(), Fault> {
    let (began, now) = (Instant::now(), System.now());
    let mut told = json!({});
    let ended = sweep(stack, &mut told).await;
    let (outcome, oldest) = match &ended {
        Ok(oldest) => ("done", Some(*oldest)),
        Err(failure) => {
            told["error"] = json!(failure.to_string());
            ("fault", None)
        }
    };
    line("sweep", outcome, now, began.elapsed(), oldest, &told);
    match ended {
        Err(Failure::Fault(fault)) => Err(fault),
        _ => Ok(()),
    }
}

async fn sweep(stack: &Stack, told: &mut serde_json::Value) -> Result<Duration, Failure> {
    let projects = Projects::new(stack).all().await?;
    let news = glance(stack, &projects).await;
    let minute = u64::try_from(System.now().0 / 60_000).unwrap_or_default();
    let (mut oldest, mut looked, mut sent, mut faults) = (Duration::ZERO, 0, 0, Vec::new());
    for (project, news) in projects.iter().zip(news) {
        let look = match news {
            Ok(news) => news || turn(project) == minute % ROUND,
            Err(failure) => {
                faults.push(format!("{}: {failure}", project.project));
                false
            }
        };
        looked += usize::from(look);
        if turn(project) == minute % ROUND {
            match expiring(stack, project).await {
                Ok(told) => told.iter().for_each(|told| trouble("sweep", told)),
                Err(failure) => faults.push(format!("{}: {failure}", project.project)),
            }
        }
        match wake(stack, project, look, None, |_| false).await {
            Ok(woken) => {
                oldest = oldest.max(woken.oldest);
                sent += woken.sent;
            }
            Err(failure) => faults.push(format!("{}: {failure}", project.project)),
        }
    }
    told["projects"] = json!(projects.len());
    told["looked"] = json!(looked);
    told["sent"] = json!(sent);
    if !faults.is_empty() {
        told["error"] = json!(faults.join("; "));
    }
    Ok(oldest)
}

/// A project's minute: the same in every round.
fn turn(project: &Project) -> u64 {
    project.project.as_str().bytes().fold(7_u64, |turn, byte| turn.wrapping_mul(31).wrapping_add(u64::from(byte)))
        % ROUND
}
