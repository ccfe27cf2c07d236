//! The rules of Trunkline: pure, total, without I/O and without a clock.
//!
//! Placeholder for the rule book; see the modules.

pub mod decide;
pub mod deployment;
pub mod fact;
pub mod ids;
pub mod key;
pub mod orders;
pub mod pattern;
pub mod plan;
pub mod policy;
pub mod refusal;
pub mod state;
