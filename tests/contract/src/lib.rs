//! What every adapter of a port must do: tests that are written once, for each adapter to run over what stands behind it.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::missing_panics_doc, reason = "every rule panics when it does not hold")]

pub mod deployment;
pub mod fixture;
pub mod repository;
