//! The receiver as a whole: requests in; answers, and what reaches AWS, out.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod bus;
mod delivery;
mod emulator;
mod failing;
mod http;
mod moto;
mod refused;
mod rotation;
mod stand_in;
