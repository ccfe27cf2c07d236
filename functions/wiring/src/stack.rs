//! What a function is made of once, when it starts: the way to the store, to the queues, to the bus, to GitHub.

use std::sync::Arc;

use aws_config::SdkConfig;
use trunkline_aws::bucket::Bucket;
use trunkline_aws::ecr::Ecr;
use trunkline_aws::events::{Bus, Queues, Secrets};
use trunkline_aws::sdk;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_github::access::{Access, PrivateKey};
use trunkline_github::client::{API_URL, Client, Patience};
use trunkline_ports::failure::Failure;

use crate::settings::{APP_ID, Settings};

/// One function's way to everything.
pub struct Stack {
    /// What it was told.
    pub settings: Settings,
    /// AWS, for what only some functions use.
    pub sdk: SdkConfig,
    /// The store.
    pub store: Bucket,
    /// Images in ECR.
    pub ecr: Arc<Ecr>,
    /// The queues.
    pub queues: Queues,
    /// The bus.
    pub bus: Bus,
    /// GitHub.
    pub github: Arc<Client>,
}

impl Stack {
    /// Reads the settings, and the App's key.
    ///
    /// # Errors
    /// A refusal that names the setting that is missing or odd, and as Secrets Manager answers.
    pub async fn start(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let settings = Settings::read(&variable)?;
        let sdk = sdk::load().await?;
        let (name, prefix) = &settings.store;
        let store = Bucket::new(&sdk, name, prefix, settings.key_id.clone());
        let github = match &settings.app {
            Some((id, secret)) => {
                let key = Secrets::new(&sdk).read(secret, |pem| PrivateKey::new(pem)).await?;
                Client::new(variable(API_URL).as_deref(), Access::App { id: *id, key }, Patience::default())?
            }
            None => Client::from_environment(&variable)?.ok_or_else(|| {
                Refusal::new(Code::RepositoryUnusable, "there is no way to GitHub")
                    .help(format!("set `{APP_ID}`, or `GITHUB_TOKEN`"))
            })?,
        };
        let bus = Bus::new(&sdk, &settings.bus);
        let ecr = Arc::new(Ecr::new(sdk.clone()));
        Ok(Self { ecr, queues: Queues::new(&sdk), bus, store, github: Arc::new(github), sdk, settings })
    }
}
