//! What goes from one function to the next: messages in queues, events on the bus, notices to a topic; and the secrets they need.
//!
//! An answer of 200 may say that something was not taken: that is a fault here, like any other.

mod bus;
mod queue;
mod secret;
mod topic;

pub use bus::Bus;
pub use queue::{Message, Queues};
pub use secret::Secrets;
pub use topic::Topic;
