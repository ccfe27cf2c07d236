//! GitHub's rate limits: how long it asks to be left alone.
//!
//! Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api> and
//! <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use trunkline_ports::failure::Fault;

/// How long to stay away when it does not say: "at least one minute".
const UNTOLD: i64 = 60;

/// The longest that is waited because a header says so, in seconds: the primary limit renews each hour.
const LONGEST: i64 = 3700;

/// Until when nothing may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    pub(crate) until: Timestamp,
}

impl Quiet {
    /// Whether an answer says that too much was asked. A 403 may mean anything else too: then it has neither header nor words.
    pub(crate) fn asked(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Option<Self> {
        if status != StatusCode::FORBIDDEN && status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let words = String::from_utf8_lossy(&body[..body.len().min(2000)]).to_lowercase();
        let exhausted = number(headers, "x-ratelimit-remaining") == Some(0);
        let told = headers.contains_key("retry-after") || words.contains("rate limit");
        let limited = status == StatusCode::TOO_MANY_REQUESTS || exhausted || told;
        limited.then(|| Self::told(headers, now))
    }

    /// Until when, by the headers of an answer that is known to be a limit's.
    pub(crate) fn told(headers: &HeaderMap, now: Timestamp) -> Self {
        let now = now.as_second();
        let exhausted = number(headers, "x-ratelimit-remaining") == Some(0);
        let reset = number(headers, "x-ratelimit-reset").filter(|_| exhausted);
        let after = number(headers, "retry-after").map(|seconds| now.saturating_add(seconds));
        let until = after.or(reset).unwrap_or(now + UNTOLD).clamp(now + 1, now + LONGEST);
        Self { until: Timestamp::from_second(until).unwrap_or(Timestamp::MAX) }
    }

    /// Says when to try again.
    pub(crate) fn fault(&self, now: Timestamp) -> Fault {
        let seconds = (self.until.as_second() - now.as_second()).max(1);
        let at = self.until.strftime("%H:%M:%S");
        Fault::passing(format!("GitHub's rate limit is used up: try again in {seconds} s, at {at} UTC"))
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    #[track_caller]
    fn seconds(status: u16, headers: &[(&'static str, &str)], body: &str) -> Option<i64> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let now = Timestamp::from_second(NOW).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        Quiet::asked(status, &headers, body.as_bytes(), now).map(|quiet| quiet.until.as_second() - NOW)
    }

    #[test]
    fn how_long_is_what_github_says() {
        let reset = (NOW + 900).to_string();
        assert_eq!(seconds(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)], ""), Some(900));
        assert_eq!(seconds(403, &[("retry-after", "30")], "{}"), Some(30));
        assert_eq!(seconds(429, &[], ""), Some(60));
        assert_eq!(seconds(403, &[], "You have exceeded a secondary rate limit."), Some(60));
        let both = [("retry-after", "5"), ("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", reset.as_str())];
        assert_eq!(seconds(403, &both, ""), Some(5));
    }

    #[test]
    fn a_right_that_is_missing_is_no_limit() {
        assert_eq!(seconds(403, &[("x-ratelimit-remaining", "4999")], "Resource not accessible by integration"), None);
        assert_eq!(seconds(500, &[("retry-after", "5")], ""), None);
    }

    #[test]
    fn no_header_keeps_us_away_for_ever() {
        assert_eq!(seconds(403, &[("retry-after", "99999999")], ""), Some(LONGEST));
        assert_eq!(seconds(403, &[("retry-after", "-5")], ""), Some(1));
        assert_eq!(seconds(403, &[("retry-after", "soon")], ""), Some(60));
    }
}
