//! Adapters of the embedded default: what Trunkline needs on one machine, with nothing to install but git.
//!
//! [`ledger`] keeps the facts in a folder, [`clock`] tells its time; [`git`] shows the repository whose commits
//! are carried, and [`manifest_repository`] commits to the one that says what shall run; [`folder`] and [`run`] deploy to
//! folders and by commands, and [`commands`] and [`checks`] do what a policy asks for.

pub mod checks;
pub mod clock;
pub mod commands;
mod files;
pub mod folder;
pub mod git;
pub mod hook;
pub mod ledger;
pub mod manifest_repository;
pub mod run;
