//! The plan: everything that is outstanding, as values one can print, compare and carry out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::deployment::Artifacts;
use crate::fact::{Cause, Claim, Fact};
use crate::ids::{Commit, Name, TagName, Time};
use crate::refusal::Refusal;

/// Everything that is outstanding, whatever woke us.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Facts that follow from what is known; they are appended before anything is done.
    pub records: Vec<Fact>,
    /// What is to be done, in the order in which it should be begun. Independent of each other.
    pub actions: Vec<Action>,
    /// What is asked for and cannot be, as things stand.
    pub refusals: Vec<Refused>,
    /// What is waited for.
    pub waiting: Vec<Waiting>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// What.
    #[serde(flatten)]
    pub claim: Claim,
    /// The open claim to go on with; without one, a new claim is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<u64>,
    /// Of a deployment: what the environment runs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<From>,
    /// Of an open deployment: why it must be undone instead of finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Refusal>,
}

/// What an environment runs before it moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct From {
    /// The commit.
    pub commit: Commit,
    /// Its artifacts.
    pub artifacts: Artifacts,
}

/// Something that is asked for and cannot be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// What: an environment and a tag, an order, a line.
    pub subject: String,
    /// Why not.
    pub refusal: Refusal,
}

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// What waits.
    pub subject: String,
    /// For what.
    pub why: String,
    /// Until when at most, if a time ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// The name of a request: a commit or a tag in an environment.
pub fn subject(environment: &Name, commit: &Commit, tag: Option<&TagName>) -> String {
    match tag {
        Some(tag) => format!("{environment} {tag}"),
        None => format!("{environment} {}", commit.short(SHORT)),
    }
}

/// The name of a person's order: that of the entry that holds it.
pub fn order_subject(number: u64) -> String {
    format!("order {number}")
}

/// How many digits of a commit people are shown.
pub const SHORT: usize = 12;

impl Plan {
    /// Whether there is nothing to record and nothing to do.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.actions.is_empty()
    }

    /// The next moment at which time alone changes the plan.
    pub fn wake(&self) -> Option<Time> {
        self.waiting.iter().filter_map(|waiting| waiting.until).min()
    }

    pub(crate) fn act(&mut self, claim: Claim) {
        self.actions.push(Action { claim, open: None, from: None, undo: None });
    }

    pub(crate) fn wait(&mut self, subject: impl Into<String>, why: impl Into<String>, until: Option<Time>) {
        self.waiting.push(Waiting { subject: subject.into(), why: why.into(), until });
    }
}

impl fmt::Display for Plan {
    /// A line for each thing: `+` made, `~` moved, `-` taken away, `!` refused, `…` waited for.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() && self.refusals.is_empty() && self.waiting.is_empty() {
            return formatter.write_str("nothing to do\n");
        }
        for fact in &self.records {
            display_record(fact, formatter)?;
        }
        for action in &self.actions {
            write!(formatter, "{action}")?;
        }
        for Refused { subject, refusal } in &self.refusals {
            writeln!(formatter, "! refused {subject}: {}", refusal.to_string().replace('\n', "\n  "))?;
        }
        for Waiting { subject, why, until } in &self.waiting {
            write!(formatter, "… {subject}: {why}")?;
            until.iter().try_for_each(|until| write!(formatter, ", until {until}"))?;
            writeln!(formatter)?;
        }
        Ok(())
    }
}

fn display_record(fact: &Fact, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match fact {
        Fact::Yanked { commit, reason, .. } => writeln!(formatter, "- yank {}: {reason}", commit.short(SHORT)),
        Fact::Held { environment, reason, .. } => writeln!(formatter, "- hold {environment}: {reason}"),
        Fact::Condemned { artifact, bytes } => {
            writeln!(formatter, "- condemn {artifact} {}, to be erased in a day if nothing needs it", bytes.digest)
        }
        Fact::Running { environment, .. } => writeln!(formatter, "~ {environment} runs what was written"),
        Fact::Spared { artifact, bytes } => {
            writeln!(formatter, "+ spare {artifact} {}: it is needed again", bytes.digest)
        }
        Fact::Abandoned { claim, why } => writeln!(formatter, "- give up claim {claim}: {why}"),
        // Refusals have their own lines.
        _ => Ok(()),
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.claim {
            Claim::Build { artifact, commit, .. } => {
                write!(formatter, "+ build {artifact} from {}", commit.short(SHORT))
            }
            Claim::Tag { repository, digest, tag } => {
                write!(formatter, "+ tag {repository}@{} as {tag}", short(digest.as_str()))
            }
            Claim::Deploy(deploy) => {
                let verb = if self.undo.is_some() { "- undo deploying" } else { "~ deploy" };
                write!(formatter, "{verb} {} to {}", deploy.commit.short(SHORT), deploy.environment)?;
                deploy.tag.iter().try_for_each(|tag| write!(formatter, " as {tag}"))?;
                let why = match deploy.cause {
                    Cause::Line | Cause::Tag => "",
                    Cause::Order => " (ordered)",
                    Cause::Rollback => " (rollback)",
                    Cause::Yank => " (back to the last good commit)",
                };
                formatter.write_str(why)?;
                if let Some(refusal) = &self.undo {
                    write!(formatter, ": {}", refusal.message)?;
                }
                formatter.write_str(self.going_on())?;
                if !deploy.passed.is_empty() {
                    let passed: Vec<&str> = deploy.passed.iter().map(|commit| commit.short(SHORT)).collect();
                    write!(formatter, ", passing over {}", passed.join(", "))?;
                }
                moves(self.from.as_ref(), &deploy.artifacts, formatter)?;
                return writeln!(formatter);
            }
            Claim::Observe { environment, .. } => {
                write!(formatter, "? see whether {environment} runs what was written")
            }
            Claim::Verify { environment, check, .. } => write!(formatter, "? check {check} in {environment}"),
            Claim::Erase { artifact, bytes } => write!(formatter, "- erase {artifact} {}", bytes.digest),
        }?;
        writeln!(formatter, "{}", self.going_on())
    }
}

impl Action {
    fn going_on(&self) -> &'static str {
        if self.open.is_some() { " (going on)" } else { "" }
    }
}

/// One line for each artifact: its digest from → to.
fn moves(from: Option<&From>, to: &Artifacts, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (name, bytes) in to {
        let before = from.and_then(|from| from.artifacts.get(name)).map(|before| before.digest.as_str());
        let after = bytes.digest.as_str();
        match before {
            Some(before) if before == after => write!(formatter, "\n    {name} stays {}", short(after))?,
            Some(before) => write!(formatter, "\n    {name} {} → {}", short(before), short(after))?,
            None => write!(formatter, "\n    {name} → {}", short(after))?,
        }
    }
    Ok(())
}

/// A digest as people are shown it: the algorithm and 12 digits.
pub fn short(digest: &str) -> &str {
    digest.get(.."sha256:".len() + SHORT).unwrap_or(digest)
}
