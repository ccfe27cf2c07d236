//! Troubles that befall requests, queued by a test.

use std::time::Duration;

use serde_json::Value;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing is done, and this status is answered.
    Status(u16),
    /// It is answered rightly, but only after this long.
    Slow(Duration),
    /// Nothing is done, and the connection ends.
    Cut,
    /// It is done, and the connection ends before the answer.
    CutAfter,
    /// It is done, and the answer says that it failed: 502.
    FailAfter,
    /// Nothing is done, and GraphQL answers 200 with these errors.
    Errors(Value),
    /// The hour's requests are used up, for this many seconds.
    /// Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
    Exhausted(u64),
    /// Too much at once: 403, with `retry-after` if there are seconds.
    TooMuch(Option<u64>),
}

/// A trouble, and the requests it is for.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) left: usize,
}

impl Trouble {
    /// A trouble for the next request with this method whose path holds `path`.
    pub fn new(method: &str, path: &str, kind: Kind) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), kind, left: 1 }
    }

    /// The same for the next `count` of them.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.left = count;
        self
    }

    pub(crate) fn fits(&self, method: &str, path: &str) -> bool {
        self.left > 0 && self.method == method && path.contains(&self.path)
    }
}
