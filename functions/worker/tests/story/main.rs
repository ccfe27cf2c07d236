//! A commit's way from a push to production, through the functions as they are shipped: the programs under AWS's runtime interface
//! emulator, messages in real queues, a real registry, real repositories behind GitHub's API. Then once more, with deliveries doubled, lost
//! and out of order: it ends in the same place.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod aws;
mod cloud;
mod emulator;
mod handed_over;
mod http;
mod registry;
mod tale;
