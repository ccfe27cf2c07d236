//! What a GitHub delivery says. No I/O: bytes in, values out.
//!
//! A delivery is believed only after [`verify`], which looks at nothing but the bytes that came and the header. [`read()`]
//! then takes from the body the few fields anyone here needs, borrowed, and passes over the rest without building it.
//! [`Envelope`] is what travels on from there.
//!
//! A delivery is a hint. It may be lost, doubled or late; whoever receives it looks at GitHub for what is true.

mod bodies;
mod envelope;
mod form;
mod read;
mod signature;
mod text;

pub use envelope::{Envelope, Stored};
pub use form::payload;
pub use read::{Delivery, Push, Repository, Says, Unreadable, Verdict, read};
pub use signature::{EmptySecret, Secret, Unsigned, verify};
pub use text::Text;
