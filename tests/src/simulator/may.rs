//! Whether a deployment may start: reachable, built, not barred, forward, verified where it must be.

use trunkline_core::fact::{Cause, Deploy, Entry};
use trunkline_core::ids::{Commit, Name};
use trunkline_core::policy::{Duration, Environment};

use super::judge::{Check, Judge, rule};

impl Judge {
    pub(super) fn may_deploy(&self, entry: &Entry, deploy: &Deploy) -> Check {
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
        for artifact in known.revision.keys.keys().chain(&known.revision.adopted) {
            rule(deploy.artifacts.contains_key(artifact), || format!("{here} leaves {artifact} out"))?;
        }
        self.may_move(deploy, &here)?;
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

    /// An environment never moves to an ancestor of what it runs, unless a person or a yank asks. What goes back because it could not
    /// come is no claim of its own.
    fn may_move(&self, deploy: &Deploy, here: &str) -> Check {
        let environment = self.state.environments.get(&deploy.environment);
        match deploy.cause {
            Cause::Line | Cause::Tag => {
                rule(environment.is_none_or(|environment| environment.held.is_none()), || format!("{here} is held"))?;
                rule(environment.is_none_or(|environment| environment.torn.is_none()), || format!("{here} is torn"))?;
                // What a rewrite left behind still has its ancestors.
                let newest = environment.and_then(|environment| environment.newest());
                let back = newest.is_some_and(|newest| self.leads(&deploy.commit, &newest.deploy.commit));
                rule(!back, || format!("{here} moves backwards"))
            }
            Cause::Order | Cause::Rollback => {
                let asked = self.asked.get(&deploy.environment);
                let by_person = asked.is_some_and(|(commit, cause)| *commit == deploy.commit && *cause == deploy.cause);
                rule(by_person, || format!("{here} comes by an order that nobody gave"))
            }
            Cause::Yank => {
                let current = environment.and_then(|environment| environment.current());
                let barred = current.is_some_and(|current| self.barred(&current.deploy.commit));
                rule(barred, || format!("{here} goes back, and what runs there is not barred"))
            }
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
            let ran = self.soaked(before, &deploy.artifacts, entry.at);
            rule(ran >= soak, || format!("{here}: its bytes ran in {before} for {ran:?} only"))?;
        }
        Ok(())
    }
}
