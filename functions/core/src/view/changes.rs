//! What a run changed: the difference of two states.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::status::{Stage, stage};
use super::{Moment, ShownArtifacts, brief, shown};
use crate::ids::{Commit, Name, TagName, Time};
use crate::plan::SHORT;
use crate::policy::Policy;
use crate::state::{Environment, State};

/// What became different between two states of one ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changes {
    /// Environments that moved, were judged, held or released.
    pub environments: BTreeMap<Name, Moved>,
    /// Commits that were barred, with whom to tell.
    pub yanked: Vec<Barred>,
}

/// What became of an environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// The commit it was meant to run.
    pub from: Option<Commit>,
    /// The commit it is meant to run now.
    pub to: Option<Commit>,
    /// The tag that brought it.
    pub tag: Option<TagName>,
    /// How far it is.
    pub state: Stage,
    /// Why it is held, if it is.
    pub held: Option<String>,
    /// What it is meant to run.
    pub artifacts: ShownArtifacts,
}

/// A commit that was barred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Barred {
    /// The commit.
    pub commit: Commit,
    /// The first line of its message.
    pub subject: String,
    /// Its author, who should know: `Name <address>`.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
}

/// What `after` has that `before` had not.
pub fn changes(before: &State, after: &State, policy: &Policy, now: Time) -> Changes {
    let empty = Environment::default();
    let mut changes = Changes::default();
    for (name, here) in &after.environments {
        let was = before.environments.get(name).unwrap_or(&empty);
        let (from, to) = (was.newest(), here.newest());
        let (state, _) = stage(here, policy, name, now);
        let number = |environment: &Environment| environment.newest().map(|newest| newest.number);
        let held = |environment: &Environment| environment.held.as_ref().map(|hold| hold.reason.clone());
        let same = number(was) == number(here) && stage(was, policy, name, now).0 == state && held(was) == held(here);
        if same {
            continue;
        }
        let moved = Moved {
            from: from.map(|from| from.deploy.commit.clone()),
            to: to.map(|to| to.deploy.commit.clone()),
            tag: to.and_then(|to| to.deploy.tag.clone()),
            state,
            held: held(here),
            artifacts: to.map(|to| shown(&to.deploy.artifacts)).unwrap_or_default(),
        };
        changes.environments.insert(name.clone(), moved);
    }
    for (commit, yank) in after.yanks.iter().filter(|(commit, _)| !before.yanks.contains_key(*commit)) {
        let revision = after.revisions.get(commit).map(|known| &known.revision);
        changes.yanked.push(Barred {
            commit: commit.clone(),
            subject: revision.map(|revision| revision.subject.clone()).unwrap_or_default(),
            author: revision.map(|revision| revision.author.clone()).unwrap_or_default(),
            reason: yank.reason.clone(),
            at: Moment(yank.at),
        });
    }
    changes
}

impl fmt::Display for Changes {
    /// A line for each environment and its artifacts, then one for each barred commit.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, moved) in &self.environments {
            let short =
                |commit: &Option<Commit>| commit.as_ref().map_or("nothing", |commit| commit.short(SHORT)).to_owned();
            write!(formatter, "{name}: ")?;
            if moved.from != moved.to {
                write!(formatter, "{} → ", short(&moved.from))?;
            }
            write!(formatter, "{}", short(&moved.to))?;
            moved.tag.iter().try_for_each(|tag| write!(formatter, " as {tag}"))?;
            write!(formatter, ", {}", moved.state)?;
            moved.held.iter().try_for_each(|why| write!(formatter, ", held: {why}"))?;
            writeln!(formatter)?;
            for (artifact, shown) in &moved.artifacts {
                writeln!(formatter, "  {artifact} {}", brief(&shown.digest))?;
            }
        }
        for barred in &self.yanked {
            let Barred { commit, subject, author, reason, .. } = barred;
            writeln!(formatter, "yanked: {} {subject}: {reason}", commit.short(SHORT))?;
            writeln!(formatter, "  {author}: this commit of yours is barred everywhere; mend it in a new one")?;
        }
        Ok(())
    }
}
