//! Takes GitHub's deliveries at a Lambda function URL: checks the signature, hands what was said over to the bus, answers.
//!
//! The order is the point. Method and size come first, for they cost nothing; then the signature, over the bytes as they
//! came, before anything reads them; then the reading; then the hand-over; and 202 only when the bus has taken it. Whatever
//! goes wrong on our side is a 503, well before GitHub hangs up after ten seconds: GitHub shows the delivery as failed, and
//! the sweep asks for it again.
//!
//! # Repeats
//! GitHub repeats deliveries, and several webhooks may tell of one push. `EventBridge` does not take repeats out. This
//! instance drops those that it has just handed over itself ([`recent`]); the envelope carries both keys, so that the queue
//! behind the bus can make its deduplication id from them; and whoever looks is idempotent: what the ledger knows adds
//! nothing. Only the last of these is a promise.

mod answer;
mod aws;
mod fault;
mod hand_over;
mod log;
mod patience;
mod receiver;
pub mod recent;
mod refused;
mod request;
mod secrets;
pub mod settings;

pub use answer::Answer;
pub use aws::{Aws, Service};
pub use fault::Fault;
pub use patience::Patience;
pub use receiver::Receiver;
pub use request::Request;
pub use settings::Settings;
