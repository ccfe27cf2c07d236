//! What must be true when it has gone quiet: everything asked for reached an end, and the places hold what the ledger says.

use std::cmp::Ordering;

use trunkline_core::deployment::{Destination, waves};
use trunkline_core::ids::{Name, TagName};
use trunkline_core::plan::{Plan, subject};
use trunkline_core::policy::Policy;
use trunkline_core::state::line::{Relation, by_version};
use trunkline_core::state::{Environment, State, Tag};
use trunkline_ports::targets::Standing;

use super::history::stands;
use super::judge::{Check, Judge, rule};

impl Judge {
    /// Everything that must be true at rest; `plan` is what is outstanding then.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn at_rest(&self, plan: &Plan) -> Check {
        rule(self.shop.stores.ledger.entries(1) == self.entries, || "an entry was written over".to_owned())?;
        rule(State::fold(&self.entries) == self.state, || "the fold is not the same from the start".to_owned())?;
        rule(plan.is_empty(), || format!("something is left to do:\n{plan}"))?;
        if let Some(claim) = self.open.keys().next() {
            return Err(format!("claim {claim} is still open"));
        }
        let Some(policy) = self.policy.as_deref() else { return Ok(()) };
        self.observed()?;
        self.everything_built()?;
        for name in policy.environments.keys() {
            let empty = Environment::default();
            let here = self.state.environments.get(name).unwrap_or(&empty);
            let waits = self.waits_for_held(policy, name);
            rule(here.order.is_none() || waits, || format!("an order for {name} is left: {:?}", here.order))?;
            self.places(policy, name, here)?;
            self.not_barred(name, here, plan)?;
            let settled = here.held.is_some() || here.torn.is_some();
            for (tag, seen) in &self.state.tags {
                if policy.environments[name].on.tag(tag.as_str()) && !settled {
                    self.tag(name, here, tag, seen, plan)?;
                }
            }
            if policy.environments[name].on.trunk() && !settled {
                self.trunk(policy, name, here)?;
            }
        }
        self.shop.stores.images.repositories().iter().try_for_each(|repository| self.moved_once(repository))
    }

    fn observed(&self) -> Check {
        for (tag, commit) in self.shop.stores.repository.tags() {
            let seen = self.state.tags.get(&tag).filter(|seen| !seen.gone);
            let there = seen.map(|seen| seen.moved.as_ref().unwrap_or(&seen.commit));
            rule(there == Some(&commit), || format!("the tag {tag} on {} was never seen", commit.short(7)))?;
        }
        let head = self.shop.stores.repository.head("main");
        let line = self.state.lines.get("main");
        let seen = line.and_then(|line| match &line.rewritten {
            Some(course) => course.head(),
            None => line.commits.last(),
        });
        rule(seen == head.as_ref(), || format!("trunk's head {head:?} was never seen, but {seen:?}"))
    }

    fn everything_built(&self) -> Check {
        for (commit, known) in &self.state.revisions {
            if known.line.is_none() || self.barred(commit) || self.state.suspended(commit) {
                continue;
            }
            let unbuilt = self.state.contents(commit).unbuilt;
            rule(unbuilt.is_empty(), || format!("{} was never built: {unbuilt:?}", commit.short(7)))?;
        }
        Ok(())
    }

    /// The places hold what the ledger says, or the ledger says that another hand was there.
    fn places(&self, policy: &Policy, name: &Name, here: &Environment) -> Check {
        let Some(current) = here.current().filter(|_| here.torn.is_none()) else { return Ok(()) };
        for unit in waves(policy, &current.deploy, None).into_iter().flatten() {
            let there = self.shop.stores.targets.standing(&unit);
            for piece in &unit.pieces {
                if matches!(unit.destination, Destination::Run(_)) {
                    self.command_at_rest(name, &piece.artifact, current.number)?;
                    continue;
                }
                let found = &there[&piece.artifact];
                let right = *found == Standing::At(piece.bytes.digest.clone());
                let noted = here.drift.contains_key(&piece.artifact);
                rule(right != noted, || {
                    format!("{name} should run {}, and at {} stands {}", current.number, piece.artifact, stands(found))
                })?;
            }
        }
        Ok(())
    }

    /// Of the claims whose command ran, the newest is what the environment runs, or it went back.
    fn command_at_rest(&self, name: &Name, artifact: &Name, current: u64) -> Check {
        let Some((number, times)) = self.newest_command(name, artifact) else {
            return Err(format!("{name} runs {current}, and {artifact}'s command never ran"));
        };
        rule(number == current || (number > current && (times.took_back > 0 || self.torn.contains(&number))), || {
            format!("{name} should run {current}, and {artifact}'s command ran for {number} last")
        })
    }

    /// What is barred is gone, or somebody is told why it cannot go.
    fn not_barred(&self, name: &Name, here: &Environment, plan: &Plan) -> Check {
        let Some(current) = here.current() else { return Ok(()) };
        let commit = &current.deploy.commit;
        let told = plan.refusals.iter().any(|refused| refused.subject == name.as_str());
        rule(!self.barred(commit) || told || here.torn.is_some(), || {
            format!("{name} runs {}, which is barred, and nobody is told", commit.short(7))
        })
    }

    /// A tag's commit came, was passed over, is refused, or is withdrawn.
    fn tag(&self, name: &Name, here: &Environment, tag: &TagName, seen: &Tag, plan: &Plan) -> Check {
        if seen.gone || seen.adopted || self.state.tried(name, &seen.commit) {
            return Ok(());
        }
        let subject = subject(name, &seen.commit, Some(tag));
        if plan.refusals.iter().any(|refused| refused.subject == subject) && self.state.refused.contains_key(&subject) {
            return Ok(());
        }
        // A person has to say first what becomes of the line.
        let course = |line: &String| self.state.lines.get(line).is_some_and(|line| line.rewritten.is_some());
        if seen.lines.iter().any(course) {
            return Ok(());
        }
        let newest = here.newest();
        let passed = newest.is_some_and(|newest| {
            let newer = newest.deploy.tag.as_ref().and_then(|there| by_version(there, tag));
            self.leads(&seen.commit, &newest.deploy.commit) || newer.is_some_and(|newer| newer != Ordering::Less)
        });
        let waits = plan.waiting.iter().find(|waiting| waiting.subject == subject);
        let held = waits.is_some() && self.policy.as_ref().is_some_and(|policy| self.waits_for_held(policy, name));
        rule(passed || held, || {
            format!("the tag {tag} reached no end in {name}: {:?}", waits.map(|waiting| &waiting.why))
        })
    }

    /// Whether what comes before an environment is held or torn: then a person has to release it.
    fn waits_for_held(&self, policy: &Policy, name: &Name) -> bool {
        let settled = |name: &Name| {
            self.state.environments.get(name).is_some_and(|there| there.held.is_some() || there.torn.is_some())
        };
        policy.environments[name]
            .after
            .all()
            .into_iter()
            .any(|before| settled(before) || self.waits_for_held(policy, before))
    }

    /// The newest commit of trunk that can come has come.
    fn trunk(&self, policy: &Policy, name: &Name, here: &Environment) -> Check {
        let Some(line) = self.state.lines.get(&policy.trunk) else { return Ok(()) };
        let can = |commit: &&trunkline_core::ids::Commit| {
            let contents = self.state.contents(commit);
            let missing = [&contents.unbuilt, &contents.unrecorded].into_iter().any(|names| !names.is_empty());
            let whole = !missing && contents.failed.is_empty() && !contents.artifacts.is_empty();
            let lost = contents.artifacts.values().any(|bytes| self.state.lost(bytes));
            whole && !lost && !self.barred(commit) && !self.state.suspended(commit)
        };
        let Some(newest) = line.commits.iter().rev().find(can) else { return Ok(()) };
        let there = here.newest().is_some_and(|there| {
            let stands = self.state.standing(&there.deploy.commit);
            self.leads(newest, &there.deploy.commit)
                || stands.is_some_and(|stands| self.state.relation(stands, newest) == Relation::Diverged)
        });
        // What came, and was on the line already then.
        let seen = self.state.on_line(newest).map_or(0, |known| known.seen);
        let since = self.state.unyanks.get(newest).copied().unwrap_or(0).max(seen);
        let tried = here.deployments.iter().any(|past| past.number > since && past.deploy.commit == *newest);
        rule(there || tried, || format!("{} never came to {name}", newest.short(7)))
    }

    /// A tag of an image names one image for ever.
    fn moved_once(&self, repository: &str) -> Check {
        let mut moves = self.shop.stores.images.moves(repository);
        moves.sort();
        let twice = moves.windows(2).find(|pair| pair[0].0 == pair[1].0);
        rule(twice.is_none(), || format!("the tag {twice:?} of {repository} was moved"))
    }
}
