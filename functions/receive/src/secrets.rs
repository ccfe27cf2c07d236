//! The webhook's secrets: kept, and read anew when they may have changed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use trunkline_webhook::Secret;

use crate::aws::{Aws, Service};
use crate::fault::Fault;
use crate::patience::Patience;
use crate::settings::SecretsAt;

/// The secrets, and where they come from.
pub(crate) struct Secrets {
    at: SecretsAt,
    patience: Patience,
    kept: RefCell<Option<Rc<[Secret]>>>,
    /// When they were last asked for, whatever came of it.
    asked: Cell<Option<Instant>>,
}

impl Secrets {
    pub(crate) fn new(at: SecretsAt, patience: Patience) -> Self {
        Self { at, patience, kept: RefCell::default(), asked: Cell::new(None) }
    }

    /// The secrets, read when there are none yet or when they are old. Old ones do when no new ones are to be had.
    ///
    /// # Errors
    /// [`Fault`] when there are none and none can be read.
    pub(crate) async fn get(&self, aws: &Aws) -> Result<Rc<[Secret]>, Fault> {
        let kept = self.kept.borrow().clone();
        match kept {
            Some(kept) if !self.asked_before(self.patience.secrets_kept) => Ok(kept),
            Some(kept) => Ok(self.read(aws).await.unwrap_or(kept)),
            None => self.read(aws).await,
        }
    }

    /// The secrets, read anew because a signature did not fit; nothing when that was done just now, or there is nothing
    /// to read from.
    ///
    /// # Errors
    /// [`Fault`] when they cannot be read.
    pub(crate) async fn renewed(&self, aws: &Aws) -> Result<Option<Rc<[Secret]>>, Fault> {
        match self.at {
            SecretsAt::Manager(_) if self.asked_before(self.patience.secrets_apart) => self.read(aws).await.map(Some),
            _ => Ok(None),
        }
    }

    fn asked_before(&self, age: Duration) -> bool {
        self.asked.get().is_none_or(|asked| asked.elapsed() >= age)
    }

    async fn read(&self, aws: &Aws) -> Result<Rc<[Secret]>, Fault> {
        self.asked.set(Some(Instant::now()));
        let texts = match &self.at {
            SecretsAt::Here(current, previous) => vec![Some(current.clone()), previous.clone()],
            SecretsAt::Manager(id) => {
                let both = async || Ok(vec![stage(aws, id, "AWSCURRENT").await?, stage(aws, id, "AWSPREVIOUS").await?]);
                self.patience.persist(Instant::now() + self.patience.secrets, both).await?
            }
        };
        let secrets = texts.into_iter().flatten().map(|text| Secret::new(&text));
        let secrets: Rc<[Secret]> =
            secrets.collect::<Result<_, _>>().map_err(|error| Fault::lasting(error.to_string()))?;
        self.kept.replace(Some(Rc::clone(&secrets)));
        Ok(secrets)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted<'a> {
    secret_id: &'a str,
    version_stage: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    secret_string: String,
}

/// One version of the secret; a secret that was never changed has no previous one.
async fn stage(aws: &Aws, secret_id: &str, version_stage: &str) -> Result<Option<String>, Fault> {
    let wanted = Wanted { secret_id, version_stage };
    let body = serde_json::to_vec(&wanted).map_err(|error| Fault::lasting(error.to_string()))?;
    match aws.call(Service::SECRETS, "secretsmanager.GetSecretValue", body).await {
        Err(fault) if version_stage == "AWSPREVIOUS" && fault.said.contains("ResourceNotFoundException") => Ok(None),
        Err(fault) => Err(fault),
        // The error of reading it could hold a part of it.
        Ok(answer) => match serde_json::from_slice::<Value>(&answer) {
            Ok(value) => Ok(Some(value.secret_string)),
            Err(_) => Err(Fault::lasting(format!("the secret `{secret_id}` is not stored as text"))),
        },
    }
}
