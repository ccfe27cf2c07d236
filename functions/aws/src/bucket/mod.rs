//! A place in S3: a bucket and what its keys begin with. Objects are created once, read, replaced, and listed with all their versions.

mod read;
mod versions;
mod write;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use trunkline_core::refusal::Code;

use crate::sdk::Request;

pub use read::Object;
pub use versions::{Kept, Listed, Version};
pub use write::{Condition, Created};

/// Names an endpoint for S3 alone. Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

/// How long one attempt may take that sends or receives a whole package. What stalls is cut off by the SDK long before.
const BULK_ATTEMPT: Duration = Duration::from_hours(1);

/// A place in S3.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    /// For objects of any size: the same client with more patience.
    bulk: Client,
    name: String,
    prefix: String,
    key_id: Option<String>,
}

impl Bucket {
    /// The place `s3://name/prefix`; objects are encrypted with the KMS key `key_id` if there is one, else as the bucket says.
    ///
    /// With an endpoint of one's own, the bucket's name is put into the path, since that host rarely answers for names below it.
    pub fn new(sdk: &SdkConfig, name: &str, prefix: &str, key_id: Option<String>) -> Self {
        let own = sdk.endpoint_url().is_some() || std::env::var_os(ENDPOINT).is_some_and(|url| !url.is_empty());
        let config = Builder::from(sdk).force_path_style(own).build();
        let patient = TimeoutConfig::builder().operation_attempt_timeout(BULK_ATTEMPT).build();
        let bulk = Client::from_conf(config.to_builder().timeout_config(patient).build());
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { client: Client::from_conf(config), bulk, name: name.to_owned(), prefix, key_id }
    }

    /// The place `path` below this one.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        Self { prefix: format!("{}{path}/", self.prefix), ..self.clone() }
    }

    /// An object's address, for people.
    pub fn shown(&self, name: &str) -> String {
        format!("s3://{}/{}{name}", self.name, self.prefix)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// A request, as messages name it.
fn request<'a>(permission: &'static str, on: &'a str) -> Request<'a> {
    Request { permission, on, code: Code::StoreUnusable }
}
