//! The adapter over the stand-in for GitHub, which holds every request and answer to GitHub's own description.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod access;
mod manifests;
mod repository;
mod requests;
mod support;
mod told;
mod troubles;
mod undoing;
