//! A topic of SNS: notices for people.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use trunkline_core::refusal::Code;
use trunkline_ports::failure::Failure;

use crate::sdk::Request;

/// The longest subject, in characters; SNS takes printable ASCII only.
/// Source: `Subject` in <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
const MAX_SUBJECT: usize = 99;

/// A topic.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// The topic with this ARN.
    pub fn new(sdk: &SdkConfig, arn: &str) -> Self {
        Self { client: Client::new(sdk), arn: arn.to_owned() }
    }

    /// Publishes a notice.
    ///
    /// # Errors
    /// As SNS answers.
    pub async fn publish(&self, subject: &str, text: &str) -> Result<(), Failure> {
        let request = Request { permission: "sns:Publish", on: &self.arn, code: Code::StoreUnusable };
        let plain = |char: &char| char.is_ascii_graphic() || *char == ' ';
        let subject: String = subject.chars().filter(plain).take(MAX_SUBJECT).collect();
        let sent = self.client.publish().topic_arn(&self.arn).subject(subject.trim()).message(text).send().await;
        sent.map(drop).map_err(|error| request.failed(&error))
    }
}
