//! Secrets, from Secrets Manager. What is read is a type that cannot be printed.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;

use crate::sdk::Request;

/// Secrets Manager.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// The secrets of the account and region that `sdk` is for.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }

    /// The text of the secret with this name or ARN, handed to `make`, which turns it into something that cannot be printed.
    ///
    /// # Errors
    /// A refusal when it has no text yet, and as Secrets Manager answers.
    pub async fn read<T>(&self, id: &str, make: impl FnOnce(&str) -> T) -> Result<T, Failure> {
        let request = Request { permission: "secretsmanager:GetSecretValue", on: id, code: Code::StoreUnusable };
        let answer = self.client.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| request.failed(&error))?;
        let text = answer.secret_string().filter(|text| !text.trim().is_empty()).ok_or_else(|| {
            Refusal::new(Code::StoreUnusable, format!("the secret `{id}` has no text"))
                .help("put its value there: `aws secretsmanager put-secret-value`")
        })?;
        Ok(make(text))
    }
}
