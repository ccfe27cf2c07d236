//! What GitHub is told.

use std::fmt::Write as _;

use serde::Serialize;

use crate::refused::Refused;

/// An answer as a function URL wants it.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The status of HTTP.
    pub status_code: u16,
    headers: Headers,
    /// One sentence, and what to do when there is something.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Headers {
    content_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<&'static str>,
}

/// What became of a delivery that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// The bus has it.
    HandedOver,
    /// It says nothing that anyone has to look at.
    Nothing,
    /// The bus had it already.
    Repeat,
}

impl Accepted {
    /// The word for it in the log and in metrics.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::HandedOver => "handed-over",
            Self::Nothing => "nothing-to-do",
            Self::Repeat => "repeat",
        }
    }
}

impl Answer {
    pub(crate) fn accepted(accepted: Accepted) -> Self {
        let body = match accepted {
            Accepted::HandedOver => "accepted\n",
            Accepted::Nothing => "accepted: there is nothing to do for this event\n",
            Accepted::Repeat => "accepted: this was handed over before\n",
        };
        Self::new(202, body.to_owned())
    }

    pub(crate) fn refused(refused: &Refused) -> Self {
        let mut body = format!("{refused}\n");
        if let Some(help) = refused.help() {
            // Writing to a string cannot fail.
            let _ = writeln!(body, "help: {help}");
        }
        let mut answer = Self::new(refused.status(), body);
        answer.headers.allow = (answer.status_code == 405).then_some("POST");
        answer
    }

    fn new(status_code: u16, body: String) -> Self {
        Self { status_code, headers: Headers { content_type: "text/plain; charset=utf-8", allow: None }, body }
    }
}
