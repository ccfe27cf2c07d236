//! The real binary on real git repositories, in folders of their own.

mod bad_input;
mod help;
mod json;
mod orders;
mod policy;
mod shop;
mod stories;
