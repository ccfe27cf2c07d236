//! Adapters of AWS: the store in an S3 bucket.
//!
//! [`sdk`] is what all of them share: one configuration, one HTTP client, one way to read what went wrong. [`bucket`] is the place in
//! S3 that [`ledger`] and [`packages`] keep their objects in.

pub mod bucket;
pub mod events;
pub mod ledger;
pub mod packages;
pub mod sdk;
