//! How long to try, and how often.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::fault::Fault;

/// How long to wait for the services behind us while GitHub waits for us.
///
/// GitHub hangs up after ten seconds. All waits there can be (for the secrets at the start, for them again at the first
/// delivery, for the hand-over) are together at most eight.
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks>
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer.
    pub answer: Duration,
    /// For the secrets, trying again included.
    pub secrets: Duration,
    /// For the hand-over, trying again included.
    pub hand_over: Duration,
    /// Before the second try; twice as long before each further one.
    pub pause: Duration,
    /// How long secrets are kept: a secret that was taken back is refused after this at the latest.
    pub secrets_kept: Duration,
    /// The least time between two readings because a signature did not fit: strangers must not make us ask at their pace.
    pub secrets_apart: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_millis(1_500),
            secrets: Duration::from_secs(2),
            hand_over: Duration::from_secs(4),
            pause: Duration::from_millis(50),
            secrets_kept: Duration::from_mins(10),
            secrets_apart: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// Tries until it is done, until trying again cannot help, or until `end`; each try has its own end besides.
    ///
    /// # Errors
    /// The last try's fault.
    pub(crate) async fn persist<T>(&self, end: Instant, what: impl AsyncFn() -> Result<T, Fault>) -> Result<T, Fault> {
        let mut pause = self.pause;
        loop {
            let last = end.min(Instant::now() + self.answer);
            let tried = timeout_at(last, what()).await;
            let fault = match tried.unwrap_or_else(|_| Err(Fault::passing("no answer in time"))) {
                Err(fault) if fault.again => fault,
                done => return done,
            };
            if Instant::now() + pause >= end {
                return Err(fault);
            }
            sleep(pause).await;
            pause *= 2;
        }
    }
}
