//! What people are told on GitHub: deployments and their statuses, a check run for a commit, a comment on one.
//!
//! Everything may be told again: what says the same already is left as it is, and what was told before is brought up to date.

mod checks;
mod comments;
mod deployments;

use std::sync::Arc;

pub use checks::{Check, Conclusion};
pub use deployments::{State, Status};

use crate::client::Client;
use crate::name::RepositoryName;

/// Tells people about the commits of a repository.
pub struct Told {
    client: Arc<Client>,
    name: RepositoryName,
}

impl Told {
    /// About the repository `name`.
    pub fn new(client: Arc<Client>, name: RepositoryName) -> Self {
        Self { client, name }
    }
}

/// The first `limit` characters, and that there was more. GitHub refuses what is longer.
fn cut(text: &str, limit: usize) -> String {
    const MORE: &str = "…";
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit - 1).chain(MORE.chars()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("äbcd", 3), "äb…");
    }
}
