//! The rules, each as a test that reads as the rule it states. A [`story::Story`] is the ledger and a world in which every action succeeds.

mod bars;
#[cfg(test)] // Clippy lets only what is marked as a test unwrap.
mod forgetting;
mod order;
mod people;
mod promotion;
#[cfg(test)]
mod story;
mod units;
mod verification;
mod views;
