//! The store on S3, against moto: nothing torn, nothing lost, nothing skipped, whatever the bucket and the network do.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod errors;
mod ledger;
mod packages;
mod stage;
