//! The real binary on real git repositories, in folders of their own.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod bad_input;
mod bucket;
mod help;
mod json;
mod orders;
mod policy;
mod shop;
mod stories;
