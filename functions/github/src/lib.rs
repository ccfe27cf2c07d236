//! GitHub: the repository whose commits are carried, and manifest repositories, over its API. Nothing is cloned.
//!
//! [`client`] is the only way out: who asks, how patiently, and what GitHub's refusals mean. [`repository`] shows commits, tags and
//! files; [`manifests`] commits to the repository that says what shall run, and [`told`] tells people how it goes. GraphQL is asked where one question answers for many
//! things, REST where only it has the answer (whole trees, archives).
//!
//! Whatever comes from GitHub has an end: answers are cut off, and files are held to the ids that git gave them.

pub mod access;
mod blob;
mod chain;
mod claim;
pub mod client;
mod export;
mod failure;
pub mod glance;
mod graph;
mod graphql;
mod limits;
mod look;
pub mod manifests;
pub mod name;
mod place;
mod refs;
pub mod repository;
mod revisions;
pub mod told;
mod trees;
pub mod workflow;
