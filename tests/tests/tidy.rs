//! Rules about the code itself: who may know whom, what a file looks like, and what must not be in one.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

#[path = "tidy/crates.rs"]
mod crates;
#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/source.rs"]
mod source;
