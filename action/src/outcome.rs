//! What a run of the loop came to: for people, for programs, and as an exit code.

use serde_json::{Value, json};
use trunkline_core::fact::Fact;
use trunkline_core::state::State;
use trunkline_core::view::tell::purpose;
use trunkline_core::view::{Asked, Outstanding, asked, changes};
use trunkline_ports::failure::Failure;
use trunkline_ports::work::{Ended, Worker};
use trunkline_worlds::Machine;

use crate::answer::{Answer, Exit, document};
use crate::session::Session;

/// A run that is over.
pub(crate) struct Outcome<'a> {
    /// Where it ran.
    pub(crate) session: &'a Session,
    /// What was known before it.
    pub(crate) before: State,
    /// How it ended; nothing when there was none, but only an order.
    pub(crate) ended: Option<Ended>,
    /// The ref it was for.
    pub(crate) reference: Option<String>,
}

impl Outcome<'_> {
    /// The answer of a run:
    /// `{"recorded": [fact, …], "ended": {"environments", "yanked", "outstanding", "faults", "asked"} | null}`.
    pub(crate) fn answer(self, worker: &Worker<'_, Machine>) -> Result<Answer, Failure> {
        let recorded = self.session.console.recorded();
        let Some(ended) = &self.ended else {
            let told = recorded.iter().map(|fact| format!("recorded: {}\n", trunkline_core::view::tell::tell(fact)));
            return Ok(Answer {
                text: told.collect(),
                json: json!({ "recorded": document(&recorded)?, "ended": null }),
                exit: Exit::Done,
            });
        };
        let (after, now) = (worker.state(), self.session.now());
        let policy = self.session.policy(&after);
        let changes = changes(&self.before, &after, &policy, now);
        let outstanding = Outstanding::of(&ended.plan);
        let asked = self.reference.as_deref().map(|reference| {
            let reference = whole(reference, &after);
            let asked = asked(&after, &policy, now, &reference);
            (reference, asked)
        });
        let mut text = changes.to_string();
        text.extend(outstanding.iter().map(Outstanding::to_string));
        text.push_str(&faults_told(ended));
        if let Some((reference, asked)) = &asked {
            text.push_str(&asked_told(reference, asked, &text));
        }
        if text.is_empty() {
            "nothing to do\n".clone_into(&mut text);
        }
        let json = json!({
            "recorded": document(&recorded)?,
            "ended": {
                "environments": document(&changes.environments)?,
                "yanked": document(&changes.yanked)?,
                "outstanding": document(&outstanding)?,
                "faults": faults_document(ended),
                "asked": asked.as_ref().map(|(reference, asked)| json!({
                    "ref": reference, "refusals": asked.refusals, "notices": asked.notices
                })),
            }
        });
        let stands = asked.is_some_and(|(_, asked)| !asked.refusals.is_empty());
        Ok(Answer { text, json, exit: exit(&recorded, stands, ended) })
    }
}

/// A new refusal is told once, a fault again by the next run: so the refusal comes first.
fn exit(recorded: &[Fact], stands: bool, ended: &Ended) -> Exit {
    let refused = |fact: &Fact| {
        matches!(
            fact,
            Fact::Refused { .. } | Fact::BuildFailed { .. } | Fact::DeployFailed { .. } | Fact::PolicyRefused { .. }
        )
    };
    if stands || recorded.iter().any(refused) {
        Exit::Refused
    } else if ended.faults.is_empty() {
        Exit::Done
    } else {
        Exit::Fault
    }
}

/// The whole name of a ref: a name alone is a tag, unless only a line has it.
fn whole(reference: &str, state: &State) -> String {
    if reference.starts_with("refs/") {
        return reference.to_owned();
    }
    let line = state.lines.contains_key(reference) && !state.tags.keys().any(|tag| tag.as_str() == reference);
    format!("refs/{}/{reference}", if line { "heads" } else { "tags" })
}

fn faults_told(ended: &Ended) -> String {
    let told =
        ended.faults.iter().map(|(action, fault)| format!("fault: {}: {}\n", purpose(&action.claim), fault.message));
    told.collect()
}

fn faults_document(ended: &Ended) -> Value {
    let faults = ended.faults.iter().map(
        |(action, fault)| json!({ "action": purpose(&action.claim), "message": fault.message, "again": fault.again }),
    );
    faults.collect()
}

/// What became of the ref, save what `said` holds already.
fn asked_told(reference: &str, asked: &Asked, said: &str) -> String {
    let new = asked.refusals.iter().filter(|refusal| !said.contains(&refusal.message));
    let refused = new.map(|refusal| format!("refused: {reference}: {}\n", refusal.to_string().replace('\n', "\n  ")));
    refused.chain(asked.notices.iter().map(|notice| format!("note: {notice}\n"))).collect()
}
