//! Rules about the code itself: who may know whom, what a file looks like, and what must not be in one.

#[path = "tidy/crates.rs"]
mod crates;
#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/source.rs"]
mod source;
