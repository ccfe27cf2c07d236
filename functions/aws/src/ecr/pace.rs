//! How often something may be done: a quota that many share, kept by waiting.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Spaces calls so that no second holds more of them than a quota allows.
pub(super) struct Pace {
    /// The time between calls in the long run.
    interval: Duration,
    /// How far ahead of that calls may come after a pause.
    ahead: Duration,
    /// When the next call would be due, were all evenly spaced.
    due: Mutex<Option<Instant>>,
}

impl Pace {
    /// For `PutImage`, of which an account may make 10 a second in a region: two at once, then 8 a second, so that no second
    /// holds more than 10. Others may put at the same time; what ECR then refuses is tried again by the SDK.
    ///
    /// Source: "Rate of `PutImage` requests" in <https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html>
    pub(super) fn of_put_image() -> Self {
        let interval = Duration::from_millis(125);
        Self { interval, ahead: interval, due: Mutex::default() }
    }

    /// Comes back when it is this call's turn.
    pub(super) async fn turn(&self) {
        sleep_until(self.reserve(Instant::now())).await;
    }

    /// When a call that is wanted `now` may be made.
    fn reserve(&self, now: Instant) -> Instant {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = due.map_or(now, |due| due.max(now));
        *due = Some(mine + self.interval);
        // A call may come before its due time by as much as may be ahead.
        mine.checked_sub(self.ahead).map_or(now, |early| early.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_holds_more_calls_than_the_quota() {
        let (pace, start) = (Pace::of_put_image(), Instant::now());
        let calls: Vec<Duration> = (0..100).map(|_| pace.reserve(start) - start).collect();
        for first in &calls {
            let within = calls.iter().filter(|call| *call >= first && **call < *first + Duration::from_secs(1));
            assert!(within.count() <= 10);
        }
        assert_eq!(calls[..2], [Duration::ZERO; 2]);
        assert_eq!(calls[29], Duration::from_millis(28 * 125));
    }

    #[test]
    fn after_a_pause_nobody_waits() {
        let (pace, start) = (Pace::of_put_image(), Instant::now());
        for _ in 0..10 {
            pace.reserve(start);
        }
        let later = start + Duration::from_secs(5);
        assert_eq!([pace.reserve(later), pace.reserve(later)], [later; 2]);
    }
}
