//! The store's clock.

use std::time::Duration;

use trunkline_core::ids::Time;

/// The clock that all workers of one ledger go by.
pub trait Clock {
    /// Now, by the store's clock.
    fn now(&self) -> Time;

    /// Comes back when `duration` has passed.
    async fn sleep(&self, duration: Duration);

    /// An identifier that no other call ever gives, anywhere.
    fn unique(&self) -> String;
}
