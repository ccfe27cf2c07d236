//! What was handed over a moment ago, so that a repeat which meets the same instance is not handed over again.
//!
//! This saves work and promises nothing: another instance, or this one restarted, knows nothing of it.
//!
//! A delivery's id tells that GitHub repeats itself. That two *webhooks* tell of one push is told by the push, and by the
//! webhooks' ids being different: when the same webhook tells the same move of a ref again, under another id, then the ref
//! has been somewhere else meanwhile, and that is news.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How many deliveries are remembered.
const MOST: usize = 512;

/// How long each is: five minutes, as long as a queue takes out repeats.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
const LONG: Duration = Duration::from_mins(5);

/// What was handed over.
#[derive(Default)]
pub struct Recent {
    seen: VecDeque<Seen>,
}

/// What tells repeats apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The delivery's id.
    pub delivery: String,
    /// The webhook's id.
    pub hook: Option<String>,
    /// What all tellings of one push have in common.
    pub push: Option<String>,
}

struct Seen {
    at: Instant,
    keys: Keys,
    /// A later telling of the same push by a webhook that had told it before.
    outdated: bool,
}

impl Recent {
    /// Whether this was handed over before, or was told by another webhook.
    pub fn knows(&self, keys: &Keys, now: Instant) -> bool {
        let young = |seen: &&Seen| now.saturating_duration_since(seen.at) < LONG;
        let mut young = self.seen.iter().filter(young);
        young.any(|seen| seen.keys.delivery == keys.delivery) || self.told_by_others(keys, now)
    }

    /// Remembers what the bus has taken, or what was dropped for being a repeat.
    pub fn note(&mut self, keys: Keys, now: Instant) {
        while self.seen.front().is_some_and(|seen| now.saturating_duration_since(seen.at) >= LONG) {
            self.seen.pop_front();
        }
        if self.seen.len() == MOST {
            self.seen.pop_front();
        }
        if keys.push.is_some() && !self.told_by_others(&keys, now) {
            // A new telling begins: from here on, the other webhooks' tellings belong to this one.
            self.seen.iter_mut().filter(|seen| seen.keys.push == keys.push).for_each(|seen| seen.outdated = true);
        }
        self.seen.push_back(Seen { at: now, keys, outdated: false });
    }

    /// Whether other webhooks have told this push, and this one has not.
    fn told_by_others(&self, keys: &Keys, now: Instant) -> bool {
        let (Some(_), Some(hook)) = (&keys.push, &keys.hook) else { return false };
        let mut told = self
            .seen
            .iter()
            .filter(|seen| {
                seen.keys.push == keys.push && !seen.outdated && now.saturating_duration_since(seen.at) < LONG
            })
            .peekable();
        told.peek().is_some() && told.all(|seen| seen.keys.hook.as_ref().is_some_and(|other| other != hook))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(delivery: &str, hook: &str, push: Option<&str>) -> Keys {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Keys { delivery: delivery.to_owned(), hook: given(hook), push: push.and_then(given) }
    }

    /// Which of these, one second apart, are news.
    fn news(deliveries: &[(&str, &str, Option<&str>)]) -> Vec<bool> {
        let mut recent = Recent::default();
        let mut now = Instant::now();
        let one = |(delivery, hook, push): &(&str, &str, Option<&str>)| {
            now += Duration::from_secs(1);
            let keys = keys(delivery, hook, *push);
            let known = recent.knows(&keys, now);
            recent.note(keys, now);
            !known
        };
        deliveries.iter().map(one).collect()
    }

    #[test]
    fn a_delivery_sent_again_is_no_news() {
        assert_eq!(news(&[("1", "a", None), ("1", "a", None), ("2", "a", None)]), [true, false, true]);
    }

    #[test]
    fn a_push_told_by_several_webhooks_is_news_once() {
        let told = [("1", "a", Some("p")), ("2", "b", Some("p")), ("3", "c", Some("p")), ("4", "a", Some("q"))];
        assert_eq!(news(&told), [true, false, false, true]);
    }

    #[test]
    fn a_ref_that_makes_the_same_move_again_is_news_once_for_all_webhooks() {
        let told = [("1", "a", Some("p")), ("2", "b", Some("p")), ("3", "b", Some("p")), ("4", "a", Some("p"))];
        assert_eq!(news(&told), [true, false, true, false]);
        let told = [("1", "a", Some("p")), ("2", "a", Some("p"))];
        assert_eq!(news(&told), [true, true]);
    }

    #[test]
    fn webhooks_without_an_id_are_told_apart_by_delivery_only() {
        assert_eq!(news(&[("1", "", Some("p")), ("2", "", Some("p")), ("3", "a", Some("p"))]), [true, true, true]);
    }

    #[test]
    fn what_is_five_minutes_old_is_forgotten() {
        let mut recent = Recent::default();
        let now = Instant::now();
        recent.note(keys("1", "a", Some("p")), now);
        assert!(recent.knows(&keys("1", "a", Some("p")), now + LONG - Duration::from_secs(1)));
        assert!(!recent.knows(&keys("1", "a", Some("p")), now + LONG));
        recent.note(keys("2", "a", None), now + LONG);
        assert_eq!(recent.seen.len(), 1);
    }

    #[test]
    fn no_more_are_remembered_than_fit() {
        let mut recent = Recent::default();
        let now = Instant::now();
        for number in 0..2 * MOST {
            recent.note(keys(&number.to_string(), "a", None), now);
        }
        assert_eq!(recent.seen.len(), MOST);
    }
}
