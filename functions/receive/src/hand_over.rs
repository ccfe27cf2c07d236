//! The hand-over: one event on the bus, and before it the body in S3 when it is too large for that.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;
use trunkline_webhook::{Envelope, Stored};

use crate::aws::{Aws, Service};
use crate::fault::Fault;
use crate::patience::Patience;

/// Who says it, for the bus's rules.
const SOURCE: &str = "github.com";

/// What an entry has besides its texts: its time counts as 14 bytes.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>
const TIME: usize = 14;

/// Where deliveries go.
pub(crate) struct Route {
    pub(crate) bus: String,
    pub(crate) bucket: Option<String>,
    pub(crate) bus_limit: usize,
}

/// One event, ready to be put on the bus, and what has to be stored before.
pub(crate) struct Parcel<'a> {
    request: Bytes,
    aside: Option<Aside<'a>>,
}

/// A body for S3.
struct Aside<'a> {
    bucket: &'a str,
    key: String,
    body: Bytes,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents<'a> {
    entries: [Entry<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    source: &'a str,
    detail_type: &'a str,
    detail: &'a str,
    event_bus_name: &'a str,
    /// Seconds since 1970.
    time: i64,
}

impl Route {
    /// Packs an envelope. `body` is the JSON it was read from, which goes along when there is a bucket for large ones.
    ///
    /// # Errors
    /// [`Fault`] when it cannot be packed.
    pub(crate) fn pack<'a>(&'a self, mut envelope: Envelope<'a>, body: &'a str) -> Result<Parcel<'a>, Fault> {
        let failed = |error: serde_json::Error| Fault::lasting(error.to_string());
        let Some(bucket) = &self.bucket else {
            return Ok(Parcel { request: self.request(&envelope)?, aside: None });
        };
        // What surrounds the body is far smaller than a twentieth of any limit; what counts is measured below.
        if body.len() < self.bus_limit {
            envelope.body = Some(serde_json::from_str::<&RawValue>(body).map_err(failed)?);
            let detail = serde_json::to_string(&envelope).map_err(failed)?;
            if TIME + SOURCE.len() + envelope.event.len() + detail.len() <= self.bus_limit {
                return Ok(Parcel { request: self.request(&envelope)?, aside: None });
            }
            envelope.body = None;
        }
        let key = format!("deliveries/{}.json", &*envelope.delivery);
        let stored = Some(Stored::new(bucket, &key, body));
        let request = self.request(&Envelope { stored, ..envelope })?;
        Ok(Parcel { request, aside: Some(Aside { bucket, key, body: Bytes::copy_from_slice(body.as_bytes()) }) })
    }

    fn request(&self, envelope: &Envelope<'_>) -> Result<Bytes, Fault> {
        let failed = |error: serde_json::Error| Fault::lasting(error.to_string());
        let detail = serde_json::to_string(envelope).map_err(failed)?;
        let entry = Entry {
            source: SOURCE,
            detail_type: &envelope.event,
            detail: &detail,
            event_bus_name: &self.bus,
            time: envelope.received_at / 1000,
        };
        serde_json::to_vec(&PutEvents { entries: [entry] }).map(Bytes::from).map_err(failed)
    }
}

impl Parcel<'_> {
    /// Hands it over. The same again stores the same, and puts a second event on the bus.
    ///
    /// # Errors
    /// [`Fault`] when the bucket or the bus did not take it. The bus may have.
    pub(crate) async fn send(&self, aws: &Aws, patience: &Patience) -> Result<(), Fault> {
        let end = Instant::now() + patience.hand_over;
        if let Some(Aside { bucket, key, body }) = &self.aside {
            patience.persist(end, async || aws.put_object(bucket, key, body.clone()).await).await?;
        }
        let put = async || aws.call(Service::EVENTS, "AWSEvents.PutEvents", self.request.clone()).await;
        patience.persist(end, async || taken(&put().await?)).await
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Taken {
    failed_entry_count: u64,
    #[serde(default)]
    entries: Vec<TakenEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TakenEntry {
    error_code: Option<String>,
    error_message: Option<String>,
}

/// An answer of 200 may say that nothing was taken.
fn taken(answer: &[u8]) -> Result<(), Fault> {
    let answer: Taken =
        serde_json::from_slice(answer).map_err(|error| Fault::passing(format!("events: no answer: {error}")))?;
    if answer.failed_entry_count == 0 {
        return Ok(());
    }
    let entry = answer.entries.into_iter().find(|entry| entry.error_code.is_some());
    let code = entry.as_ref().and_then(|entry| entry.error_code.as_deref()).unwrap_or("no code");
    let message = entry.as_ref().and_then(|entry| entry.error_message.as_deref()).unwrap_or_default();
    let again =
        code.contains("Throttl") || code == "InternalFailure" || code == "InternalException" || code == "no code";
    Err(Fault { said: format!("events: the bus did not take it: {code} {message}").trim_end().to_owned(), again })
}
