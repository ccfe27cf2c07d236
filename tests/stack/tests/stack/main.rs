//! The stack keeps its contract: with the functions, with the sources, and with whoever is called when something fails.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod functions;
mod github;
mod kept;
mod parameters;
mod permissions;
mod queues;
mod sources;
mod template;
mod variables;
