//! What the tests of several crates share: [`moto`], which stands for AWS; a [`proxy`] that counts requests and spoils them; and the
//! rules that every [`ledger`] keeps, wherever it is.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that meets an error has failed")]

pub mod ledger;
pub mod moto;
pub mod proxy;
