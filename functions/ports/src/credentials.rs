//! Who one is to a registry: asked for only when the registry asks.

use std::future::Future;
use std::pin::Pin;

use crate::failure::Failure;

/// A word that must not be shown: it has no `Debug` and no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a word secret.
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    /// The word, for the one who sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What proves who one is.
#[derive(Clone)]
pub enum Login {
    /// A name and a password, or a token in a password's place.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token that the registry's token service takes.
    Identity(Secret),
}

/// The answer to who one is to a host; nothing means: nobody in particular.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Option<Login>, Failure>> + Send + 'a>>;

/// Somebody who knows who one is to a registry: Docker's configuration, or a cloud's API.
pub trait Credentials: Send + Sync {
    /// The login for a registry's host (`host` or `host:port`).
    fn login<'a>(&'a self, host: &'a str) -> Answer<'a>;
}

/// Nobody in particular, to every registry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl Credentials for Anonymous {
    fn login<'a>(&'a self, _: &'a str) -> Answer<'a> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
