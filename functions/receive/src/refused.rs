//! Why a delivery is not accepted: every sentence GitHub may be told, and its status.

use trunkline_webhook::{Unreadable, Unsigned};

use crate::fault::Fault;
use crate::request::MAX_BODY;

/// Why a delivery is not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// Not a POST.
    #[error("a delivery is a POST, and this is something else")]
    Method,
    /// More bytes than we take.
    #[error("the body has more than {} bytes", MAX_BODY)]
    Large,
    /// The function URL's coding is broken.
    #[error("the body is not base64, though its sender says so")]
    Base64,
    /// Not signed by GitHub with our secret.
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    /// A header that every delivery has.
    #[error("the delivery has no proper `{0}`")]
    Header(&'static str),
    /// Neither UTF-8 nor a form with a payload.
    #[error("the body is neither JSON nor a form with `payload`")]
    Text,
    /// Not the JSON that the event's name promises.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The secrets cannot be had, so nobody can be believed.
    #[error("the signature cannot be checked now")]
    Secrets(#[source] Fault),
    /// The bus, or the bucket before it, did not take it.
    #[error("the delivery cannot be handed over now")]
    HandOver(#[source] Fault),
}

impl Refused {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Method => 405,
            Self::Large => 413,
            Self::Unsigned(_) => 401,
            Self::Base64 | Self::Header(_) | Self::Text | Self::Unreadable(_) => 400,
            Self::Secrets(_) | Self::HandOver(_) => 503,
        }
    }

    /// The word for it in the log and in metrics.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Large => "too-large",
            Self::Base64 => "base64",
            Self::Unsigned(Unsigned::Missing) => "signature-missing",
            Self::Unsigned(Unsigned::Malformed) => "signature-malformed",
            Self::Unsigned(Unsigned::Wrong) => "signature-wrong",
            Self::Header(_) => "header",
            Self::Text | Self::Unreadable(_) => "not-json",
            Self::Secrets(_) => "no-secrets",
            Self::HandOver(_) => "not-handed-over",
        }
    }

    /// What whoever runs the webhook can do.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unsigned(Unsigned::Wrong) => {
                Some("set the webhook's secret at GitHub to the one that is stored here")
            }
            Self::Unsigned(_) => Some("give the webhook a secret, at GitHub and here"),
            Self::Text | Self::Unreadable(_) => Some("set the webhook's content type to `application/json`"),
            Self::Large => Some("the sweep finds what this delivery would have told"),
            Self::Secrets(_) | Self::HandOver(_) => Some("deliver it again later; the sweep does so by itself"),
            Self::Method | Self::Base64 | Self::Header(_) => None,
        }
    }

    /// What went wrong on our side.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Secrets(fault) | Self::HandOver(fault) => Some(fault),
            _ => None,
        }
    }
}
