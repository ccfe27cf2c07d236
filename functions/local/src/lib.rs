//! Adapters of the embedded default: what Trunkline needs on one machine, with nothing to install but git.
//!
//! [`ledger`] keeps the facts in a folder, [`clock`] tells its time.

pub mod clock;
pub mod commands;
mod files;
pub mod folder;
pub mod git;
pub mod ledger;
pub mod run;
