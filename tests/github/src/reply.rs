//! Answers, before they are sent.

use serde_json::{Value, json};

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) media: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    /// A document.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            body: body.to_string().into_bytes(),
            media: "application/json; charset=utf-8",
            headers: Vec::new(),
        }
    }

    /// Bytes as they are.
    pub(crate) fn raw(media: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, body, media, headers: Vec::new() }
    }

    /// A failure in GitHub's words.
    pub(crate) fn failure(status: u16, message: &str) -> Self {
        let page = "https://docs.github.com/rest";
        Self::json(status, &json!({ "message": message, "documentation_url": page, "status": status.to_string() }))
    }

    /// Nothing that may be seen.
    pub(crate) fn missing() -> Self {
        Self::failure(404, "Not Found")
    }

    /// The same with another header.
    pub(crate) fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}
