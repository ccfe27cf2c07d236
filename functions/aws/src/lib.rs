//! Adapters of AWS: the store in an S3 bucket, images in ECR.
//!
//! [`sdk`] is what all of them share: one configuration, one HTTP client, one way to read what went wrong. [`bucket`] is the place in
//! S3 that [`ledger`] and [`packages`] keep their objects in. [`ecr`] tags, finds and erases images, and gives the login with which they are pushed.

pub mod bucket;
pub mod ecr;
pub mod events;
pub mod ledger;
pub mod packages;
pub mod sdk;
