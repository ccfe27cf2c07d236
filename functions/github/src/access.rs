//! Who asks: an App, by its private key, or whoever a token is of.

/// A token. It cannot be shown.
#[derive(Clone)]
pub struct Token(pub(crate) String);

impl Token {
    /// A token as GitHub gives it, without blanks around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

/// An App's private key, in PEM as GitHub gives it. It cannot be shown.
#[derive(Clone)]
pub struct PrivateKey(pub(crate) Vec<u8>);

impl PrivateKey {
    /// The key's file.
    pub fn new(pem: impl Into<Vec<u8>>) -> Self {
        Self(pem.into())
    }
}

/// Who asks.
#[derive(Clone)]
pub enum Access {
    /// A person or a workflow: `GITHUB_TOKEN`, or one that was made by hand.
    Token(Token),
    /// An App: it asks with tokens of its installations, which hold for an hour.
    App {
        /// The App's number.
        id: u64,
        /// Its private key.
        key: PrivateKey,
    },
}

impl Access {
    /// How it is called in messages.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Token(_) => "this token".to_owned(),
            Self::App { id, .. } => format!("the App {id}"),
        }
    }
}
