//! What the books say of destinations: every effect belongs to an open claim, comes once, and is what was claimed.
//!
//! A command is not fenced: it may be late, and it may come twice. It is told its claim's number, and is judged by that alone.

use std::collections::BTreeMap;

use trunkline_core::deployment::{Artifacts, Destination};
use trunkline_core::fact::{Deploy, Entry};
use trunkline_core::ids::Name;
use trunkline_core::policy::{Policy, TargetKind};
use trunkline_ports::memory::Effect;
use trunkline_ports::targets::Standing;

use super::history;
use super::judge::{Check, Judge, rule};

/// A deployment that was begun, and what stood there then.
pub(super) struct Begun {
    pub(super) deploy: Deploy,
    pub(super) before: BTreeMap<(Name, Name), Standing>,
    /// What the environment was meant to run.
    pub(super) previous: Artifacts,
}

/// How often a command was run for a claim: to bring something, and to take it back.
#[derive(Clone, Copy, Default)]
pub(super) struct Commands {
    pub(super) brought: usize,
    pub(super) took_back: usize,
}

/// Whether an artifact is brought to an environment by a command.
pub(super) fn by_command(policy: &Policy, environment: &Name, artifact: &Name) -> bool {
    let target = policy.artifacts.get(artifact).and_then(|recipe| policy.target(environment, artifact, recipe));
    target.is_some_and(|target| matches!(target.kind, TargetKind::Run(_)))
}

impl Judge {
    /// "Written" is true of the places themselves.
    pub(super) fn written(&mut self, entry: &Entry, claim: u64, environment: &Name) -> Check {
        self.change(environment, claim, |ran| ran.written = Some(entry.at));
        let Some(begun) = self.begun.get(&claim) else { return Err(format!("claim {claim} wrote, and never began")) };
        for (artifact, bytes) in &begun.deploy.artifacts {
            if self.policy.as_ref().is_some_and(|policy| by_command(policy, environment, artifact)) {
                let brought = self.commands.get(&(claim, artifact.clone())).is_some_and(|times| times.brought > 0);
                rule(brought, || {
                    format!("claim {claim} says {environment} is written, and {artifact}'s command never ran")
                })?;
                continue;
            }
            let place = (environment.clone(), artifact.clone());
            let there = self.standing.get(&place).unwrap_or(&Standing::Nothing);
            let right = *there == Standing::At(bytes.digest.clone()) || self.meddled.contains(&place);
            rule(right, || {
                format!(
                    "claim {claim} says {environment} is written, and at {artifact} stands {}",
                    history::stands(there)
                )
            })?;
        }
        Ok(())
    }

    /// A destination changed: only for a claim that is open, once, to what was claimed or back to what was.
    pub(super) fn effect(&mut self, effect: &Effect, by: &str) -> Check {
        if matches!(effect.destination, Destination::Run(_)) {
            return self.commanded(effect);
        }
        let number = effect.mark.number;
        let Some(held) = self.open.get(&number) else {
            return Err(format!("{by} changed {:?} for claim {number}, which is over", effect.destination));
        };
        if !effect.undo && held.late.as_deref() == Some(by) {
            return Err(format!(
                "{by} took claim {number} over after its commit was barred or left behind, and went forward"
            ));
        }
        let Some(begun) = self.begun.get(&number) else { return Err(format!("claim {number} is no deployment")) };
        let environment = &begun.deploy.environment;
        let writes = self.writes.entry((number, effect.destination.clone())).or_default();
        let foreign =
            effect.after.keys().any(|artifact| self.meddled.contains(&(environment.clone(), artifact.clone())));
        *writes = if effect.undo {
            0
        } else if foreign {
            1
        } else {
            *writes + 1
        };
        rule(*writes < 2, || format!("{:?} was written twice for claim {number}", effect.destination))?;
        for (artifact, standing) in &effect.after {
            let place = (environment.clone(), artifact.clone());
            let there = self.standing.get(&place).cloned().unwrap_or(Standing::Nothing);
            let wanted = if effect.undo {
                begun.before.get(&place).cloned().unwrap_or(Standing::Nothing)
            } else {
                begun
                    .deploy
                    .artifacts
                    .get(artifact)
                    .map_or(Standing::Nothing, |bytes| Standing::At(bytes.digest.clone()))
            };
            // What goes back may be what another hand had put there meanwhile.
            let right = *standing == wanted || (effect.undo && matches!(standing, Standing::Other(_)));
            rule(right, || {
                let (there, found) = (history::stands(&there), history::stands(standing));
                format!("claim {number} moved {artifact} in {environment} from {there} to {found}")
            })?;
            match standing {
                Standing::Other(_) => self.meddled.insert(place.clone()),
                _ => self.meddled.remove(&place),
            };
            self.standing.insert(place, standing.clone());
        }
        Ok(())
    }

    /// A command ran: for a claim that was begun, and with what that claim brings or takes back.
    fn commanded(&mut self, effect: &Effect) -> Check {
        let mark = &effect.mark;
        let Some(begun) = self.begun.get(&mark.number) else {
            return Err(format!("a command ran for claim {}, which was never begun", mark.number));
        };
        let deploy = &begun.deploy;
        rule(deploy.environment == mark.environment && deploy.commit == mark.commit, || {
            format!("a command ran for claim {} with the names of another", mark.number)
        })?;
        let brings = if effect.undo { &begun.previous } else { &deploy.artifacts };
        for (artifact, standing) in &effect.after {
            let right = brings.get(artifact).is_some_and(|bytes| *standing == Standing::At(bytes.digest.clone()));
            rule(right, || {
                format!("claim {} ran {artifact}'s command for {}", mark.number, history::stands(standing))
            })?;
            let times = self.commands.entry((mark.number, artifact.clone())).or_default();
            if effect.undo {
                times.took_back += 1;
            } else {
                times.brought += 1;
            }
        }
        Ok(())
    }

    /// Of all claims whose command ran in an environment, the newest: what a command that heeds its number ends with.
    pub(super) fn newest_command(&self, environment: &Name, artifact: &Name) -> Option<(u64, Commands)> {
        let ran = self.ran.get(environment)?;
        ran.keys().rev().find_map(|number| Some((*number, *self.commands.get(&(*number, artifact.clone()))?)))
    }
}
