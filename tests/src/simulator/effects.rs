//! What the books say of destinations: every effect belongs to an open claim, comes once, and is what was claimed.

use trunkline_core::ids::Name;
use trunkline_ports::memory::Effect;
use trunkline_ports::targets::Standing;

use super::history;
use super::judge::{Check, Judge, rule};

impl Judge {
    /// "Written" is true of the places themselves.
    pub(super) fn written(&self, claim: u64, environment: &Name) -> Check {
        let Some(begun) = self.begun.get(&claim) else { return Err(format!("claim {claim} wrote, and never began")) };
        for (artifact, bytes) in &begun.deploy.artifacts {
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
        let number = effect.mark.number;
        let Some(held) = self.open.get(&number) else {
            return Err(format!("{by} changed {:?} for claim {number}, which is over", effect.destination));
        };
        if !effect.undo && held.late.as_deref() == Some(by) {
            return Err(format!("{by} took claim {number} over after its commit was barred, and went forward"));
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
}
