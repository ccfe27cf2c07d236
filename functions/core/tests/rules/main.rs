//! The rules, each as a test that reads as the rule it states. A [`story::Story`] is the ledger and a world in which every action succeeds.

mod bars;
mod forgetting;
mod order;
mod people;
mod promotion;
mod story;
mod units;
mod verification;
mod views;
