//! What the Lambdas share. Each of them is a trigger, a line or two of its own, and this.
//!
//! A Lambda is woken for a [`Project`]; it opens the ledger, does what is outstanding of its kind ([`wake()`]), and sends the rest on to those
//! whose kind it is, as [`Order`]s. What woke it is a hint: what is to be done is decided anew from the ledger, so a message that comes
//! twice, late or never changes nothing about where it ends.

mod batch;
mod expiring;
mod kind;
mod log;
mod onwards;
mod project;
pub mod settings;
mod stack;
mod wake;

pub use batch::work;
pub use expiring::expiring;
pub use kind::Kind;
pub use log::{line, trouble};
pub use onwards::Order;
pub use project::{Project, Projects};
pub use settings::{Settings, Unset};
pub use stack::Stack;
pub use trunkline_worlds::{Hook, System};
pub use wake::{Verdict, Woken, glance, history, wake};
