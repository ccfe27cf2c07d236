//! The system's clock.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use trunkline_core::ids::Time;
use trunkline_ports::clock::Clock;

/// The clock of this machine: the store's clock when the store is a folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Time {
        let milliseconds = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Time(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => milliseconds(after),
            Err(before) => -milliseconds(before.duration()),
        })
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn unique(&self) -> String {
        unique()
    }
}

/// 128 random bits as 32 hex digits: no two processes ever share one.
pub(crate) fn unique() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // A kernel without randomness still seeds the standard library's hash maps differently for each process and map.
        let seeds = [RandomState::new(), RandomState::new()];
        let words = seeds.map(|seed| seed.hash_one((std::process::id(), SystemTime::now())));
        bytes = ((u128::from(words[0]) << 64) | u128::from(words[1])).to_be_bytes();
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_identifiers_are_equal() {
        let all: BTreeSet<String> = (0..10_000).map(|_| System.unique()).collect();
        assert_eq!(all.len(), 10_000);
        assert!(all.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    }

    #[test]
    fn now_is_after_the_year_2025_and_does_not_stand_still() {
        let first = System.now();
        assert!(first > Time(1_735_689_600_000));
        assert!(System.now() >= first);
    }

    #[tokio::test(start_paused = true)]
    async fn sleeping_lasts_as_long_as_asked() {
        let started = tokio::time::Instant::now();
        System.sleep(Duration::from_secs(90)).await;
        assert!(started.elapsed() >= Duration::from_secs(90));
    }
}
