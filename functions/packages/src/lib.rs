//! Packages: deterministic zips, kept by digest, and unpacked without trusting them.
//!
//! [`Folder`] keeps packages; [`unpack()`] takes a zip apart, whoever made it.
//!
//! The same folder gives the same zip on any machine: names are sorted, times are the first a zip can hold, modes are 0644 or
//! 0755, and each file is compressed by itself, so that the number of threads shows in nothing but the time it takes.
//!
//! Why these libraries:
//! - `libdeflater`, files compressed whole: in parallel it is 1.3 times as fast as zlib-rs in the same arrangement, which alone
//!   misses three times the speed of `zip -r`, and its output depends on nothing but the bytes and the version.
//! - `miniz_oxide`, files too large to be held: it streams, and its output does not depend on the processor's instructions or
//!   on another crate's choice of a backend.
//! - `rawzip`, reading only: it checks what a zip claims and allocates nothing for it. Writing is ours: `rawzip` writes sizes
//!   after the data, which readers of streams cannot follow in stored entries, and the `zip` crate takes no compressed bytes.

mod archive;
mod failure;
mod store;
mod unpack;

pub use archive::pack;
pub use store::Folder;
pub use unpack::unpack;
