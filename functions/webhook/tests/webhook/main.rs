//! What deliveries say, told in GitHub's own examples and in hostile ones.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod examples;
mod hostile;
mod meaning;
