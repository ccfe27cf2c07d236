//! The way of a delivery, from the request to the answer.

use std::cell::RefCell;

use tokio::time::Instant;
use trunkline_webhook::{Envelope, Unsigned, payload, read, verify};

use crate::answer::{Accepted, Answer};
use crate::aws::Aws;
use crate::hand_over::Route;
use crate::log::{Known, line, trouble};
use crate::patience::Patience;
use crate::recent::{Keys, Recent};
use crate::refused::Refused;
use crate::request::{Headers, Request};
use crate::secrets::Secrets;
use crate::settings::Settings;

/// Answers deliveries, one at a time.
pub struct Receiver {
    aws: Aws,
    secrets: Secrets,
    route: Route,
    recent: RefCell<Recent>,
    patience: Patience,
    log: fn(&str),
}

impl Receiver {
    /// A receiver that has not read its secrets yet.
    pub fn new(settings: Settings) -> Self {
        let Settings { aws, bus, secrets, bucket, bus_limit, patience, log } = settings;
        Self {
            aws,
            secrets: Secrets::new(secrets, patience),
            route: Route { bus, bucket, bus_limit },
            recent: RefCell::default(),
            patience,
            log,
        }
    }

    /// Reads the secrets before the first delivery. Without success the first delivery tries again.
    pub async fn warm(&self) {
        if let Err(fault) = self.secrets.get(&self.aws).await {
            (self.log)(&trouble("the webhook's secrets cannot be read", &fault.said));
        }
    }

    /// Takes a delivery and says what became of it.
    pub async fn answer(&self, request: Request) -> Answer {
        let began = Instant::now();
        let mut known = Known::default();
        let ended = self.take(request, &mut known).await;
        (self.log)(&line(&known, &ended, began.elapsed()));
        match &ended {
            Ok(accepted) => Answer::accepted(*accepted),
            Err(refused) => Answer::refused(refused),
        }
    }

    async fn take(&self, mut request: Request, known: &mut Known) -> Result<Accepted, Refused> {
        let body = request.body()?;
        self.believe(&body, request.headers.signature()).await?;

        let headers = &request.headers;
        let delivery = Headers::word(headers.delivery.as_ref(), "X-GitHub-Delivery")?;
        let event = Headers::word(headers.event.as_ref(), "X-GitHub-Event")?;
        *known = Known { delivery: Some(delivery.to_owned()), event: Some(event.to_owned()), repository: None };

        let json = payload(headers.content_type.as_deref(), &body).ok_or(Refused::Text)?;
        let Some(envelope) = Envelope::new(delivery, event, read(event, &json)?, request.received_at()) else {
            return Ok(Accepted::Nothing);
        };
        known.repository = Some(envelope.repository.to_string());

        let hook = headers.hook.as_ref().filter(|hook| Headers::word(Some(*hook), "X-GitHub-Hook-ID").is_ok());
        let keys = Keys { delivery: delivery.to_owned(), hook: hook.cloned(), push: envelope.push.clone() };
        let repeat = self.recent.borrow().knows(&keys, Instant::now());
        if !repeat {
            let envelope = Envelope { hook: hook.map(|hook| hook.as_str().into()), ..envelope };
            let parcel = self.route.pack(envelope, &json).map_err(Refused::HandOver)?;
            parcel.send(&self.aws, &self.patience).await.map_err(Refused::HandOver)?;
        }
        self.recent.borrow_mut().note(keys, Instant::now());
        Ok(if repeat { Accepted::Repeat } else { Accepted::HandedOver })
    }

    /// Checks the signature. One that does not fit may be made with a secret that is newer than ours.
    async fn believe(&self, body: &[u8], signature: Option<&str>) -> Result<(), Refused> {
        let secrets = self.secrets.get(&self.aws).await.map_err(Refused::Secrets)?;
        match verify(body, signature, &secrets) {
            Err(Unsigned::Wrong) => {}
            other => return Ok(other?),
        }
        let Some(secrets) = self.secrets.renewed(&self.aws).await.map_err(Refused::Secrets)? else {
            return Err(Unsigned::Wrong.into());
        };
        Ok(verify(body, signature, &secrets)?)
    }
}
