//! Chooses the adapters that a policy asks for, and puts them together as a [`World`](trunkline_ports::world::World).
//!
//! Adapters never know each other. Here, and nowhere else, is said which of them stands behind which port: the command line works in a
//! [`Machine`], the functions in the [`Cloud`].

mod cloud;
mod images;
mod ledgers;
mod machine;
mod manifests;
mod packages;
mod remote;
mod targets;

pub use cloud::Cloud;
pub use images::Images;
pub use ledgers::Ledgers;
pub use machine::{Machine, Setting};
pub use packages::Packages;
pub use remote::Remote;
pub use targets::Destinations;
pub use trunkline_local::clock::System;
pub use trunkline_local::hook::Hook;
