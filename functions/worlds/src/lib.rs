//! Chooses the adapters that a policy asks for, and puts them together as a [`World`](trunkline_ports::world::World).
//!
//! Adapters never know each other. Here, and nowhere else, is said which of them stands behind which port: the command line and the
//! functions both work in a [`Machine`].

mod ledgers;
mod machine;
mod packages;
mod targets;

pub use ledgers::Ledgers;
pub use machine::{Machine, Setting};
pub use packages::Packages;
pub use targets::Destinations;
