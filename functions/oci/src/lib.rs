//! Images: assembled without a daemon or built by one, kept in layout folders or pushed to any registry.
//!
//! [`Images`] is the only way in. A repository's name decides where it is: with a host (`registry.example/shop/api`) on that
//! registry, without one (`shop/api`) in a layout folder of the store. Both are given the same bytes.
//!
//! Invariants: a digest is known before anything is sent; manifests are sent and kept as the bytes they came as; nothing is
//! held in memory but manifests and configurations; no shell is ever involved.

mod annotations;
mod assemble;
mod base;
mod config;
mod digest;
mod dockerfile;
mod document;
mod image;
mod images;
mod layers;
mod layout;
mod place;
mod problem;
mod registry;
mod work;

pub use images::{Images, Options};
pub use registry::{DockerConfig, Patience};
