//! What a plan leaves open, in words.

use std::fmt;

use serde::Serialize;

use super::Moment;
use crate::plan::Plan;
use crate::refusal::{Code, Place};

/// One thing that is not as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outstanding {
    /// Something to do, which the next `sync` does.
    Action {
        /// What, in a line.
        what: String,
    },
    /// Something that is waited for.
    Waiting {
        /// What waits: an environment and a commit or tag, an environment, a lane of work.
        subject: String,
        /// For what.
        why: String,
        /// Until when at most.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// Something that cannot be, as things stand.
    Refused {
        /// What: an environment and a commit or tag, an order, a line.
        subject: String,
        /// The refusal's code.
        code: Code,
        /// Why not.
        message: String,
        /// What to do about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<String>,
        /// Where, when it is about a file.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
    },
}

impl Outstanding {
    /// Everything that `plan` leaves open: refusals, then what is to be done, then what is waited for.
    pub fn of(plan: &Plan) -> Vec<Self> {
        let refused = plan.refusals.iter().map(|refused| Self::Refused {
            subject: refused.subject.clone(),
            code: refused.refusal.code,
            message: refused.refusal.message.clone(),
            help: refused.refusal.help.clone(),
            place: refused.refusal.place.clone(),
        });
        let actions = plan.actions.iter().map(|action| Self::Action {
            what: action
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches(['+', '~', '-', '?', ' '])
                .to_owned(),
        });
        let waiting = plan.waiting.iter().map(|waiting| Self::Waiting {
            subject: waiting.subject.clone(),
            why: waiting.why.clone(),
            until: waiting.until.map(Moment),
        });
        refused.chain(actions).chain(waiting).collect()
    }

    /// What waits or is refused; nothing of something that is to be done.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Action { .. } => None,
            Self::Waiting { subject, .. } | Self::Refused { subject, .. } => Some(subject),
        }
    }
}

impl fmt::Display for Outstanding {
    /// A line, and for a refusal a second one with its help.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action { what } => writeln!(formatter, "to do: {what}"),
            Self::Waiting { subject, why, until } => {
                write!(formatter, "waiting: {subject}: {why}")?;
                until.iter().try_for_each(|until| write!(formatter, ", until {until}"))?;
                writeln!(formatter)
            }
            Self::Refused { subject, message, help, place, .. } => {
                write!(formatter, "refused: {subject}: ")?;
                place.iter().try_for_each(|place| write!(formatter, "{place}: "))?;
                writeln!(formatter, "{}", message.replace('\n', "\n  "))?;
                help.iter().try_for_each(|help| writeln!(formatter, "  help: {help}"))
            }
        }
    }
}
