//! Whether a deployment may start: reachable, built, not barred, forward, verified where it must be.

use trunkline_core::fact::{Cause, Deploy, Entry};
use trunkline_core::ids::{Commit, Name};
use trunkline_core::policy::{Duration, Environment};

use super::judge::{Check, Judge, rule};

impl Judge {
    pub(super) fn allowed(&self, entry: &Entry, deploy: &Deploy) -> Check {
        let commit = &deploy.commit;
        let here = format!("claim {}: {} in {}", entry.number, commit.short(7), deploy.environment);
        rule(self.state.on_line(commit).is_some(), || format!("{here} is on no line"))?;
        rule(!self.barred(commit), || format!("{here} is barred"))?;
        rule(!deploy.artifacts.is_empty(), || format!("{here} brings nothing"))?;
        for (artifact, bytes) in &deploy.artifacts {
            let built = self.built(commit, artifact);
            rule(built == Some(&bytes.digest), || {
                format!("{here} brings another {artifact} than was built: {built:?}")
            })?;
            rule(!self.state.lost(bytes), || format!("{here} brings {artifact}, which is condemned or erased"))?;
        }
        let Some(known) = self.state.revisions.get(commit) else { return Ok(()) };
        for artifact in known.revision.keys.keys() {
            rule(deploy.artifacts.contains_key(artifact), || format!("{here} leaves {artifact} out"))?;
        }
        let environment = self.state.environments.get(&deploy.environment);
        let newest = environment.and_then(|environment| environment.newest()).map(|newest| &newest.deploy.commit);
        // What was left behind by a rewrite that a person accepted orders nothing any more.
        let running = newest.filter(|newest| self.state.on_line(newest).is_some());
        if matches!(deploy.cause, Cause::Line | Cause::Tag) {
            rule(environment.is_none_or(|environment| environment.held.is_none()), || format!("{here} is held"))?;
            rule(environment.is_none_or(|environment| environment.torn.is_none()), || format!("{here} is torn"))?;
            rule(running.is_none_or(|running| !self.leads(commit, running)), || format!("{here} moves backwards"))?;
        }
        if deploy.cause == Cause::Tag {
            let tag = deploy.tag.as_ref().and_then(|tag| self.state.tags.get(tag));
            let names =
                tag.is_some_and(|tag| tag.commit == *commit && !tag.gone && tag.moved.is_none() && !tag.adopted);
            rule(names, || format!("{here} comes by a tag that does not bring it"))?;
        }
        let policy = self.policy.as_ref().and_then(|policy| policy.environments.get(&deploy.environment));
        match policy {
            Some(policy) if !matches!(deploy.cause, Cause::Rollback | Cause::Yank) => {
                self.verified(entry, deploy, policy, &here)
            }
            _ => Ok(()),
        }
    }

    /// Whether `one` is an ancestor of `other` by first parents, or the same: asked of the repository itself.
    pub(super) fn leads(&self, one: &Commit, other: &Commit) -> bool {
        self.shop.stores.repository.chain(other).contains(one)
    }

    fn verified(&self, entry: &Entry, deploy: &Deploy, policy: &Environment, here: &str) -> Check {
        let before: &[Name] = policy.after.of(self.state.on_release(&deploy.commit));
        for before in before {
            rule(self.proven(before, &deploy.artifacts), || {
                format!("{here}: its bytes were not verified in {before}")
            })?;
            let soak = policy.soak.map_or(std::time::Duration::ZERO, Duration::get);
            let there = self.state.environments.get(before);
            let ran = there.map(|there| there.soaked(&deploy.artifacts, entry.at)).unwrap_or_default();
            rule(ran >= soak, || format!("{here}: its bytes ran in {before} for {ran:?} only"))?;
        }
        Ok(())
    }
}
