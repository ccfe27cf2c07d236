//! Images in ECR, by its own API: a tag is put without a copy, and without a login.
//!
//! Blobs and manifests of a build are pushed by the registry's protocol, whoever speaks it, with the login that this gives
//! ([`Credentials`](trunkline_ports::credentials::Credentials)). What the API does better is here: a tag is two calls, or one, whatever
//! the image holds; what is archived is told from what is gone; and an index is erased before what it refers to.
//!
//! ECR compares the digest that is sent along with the bytes it got: they are the very same, or refused.
//! Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html>

mod document;
mod erase;
mod expiry;
mod find;
mod login;
mod pace;
mod place;
mod tag;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_sdk_ecr::Client;
use tokio::sync::OnceCell;
use trunkline_core::refusal::Code;
use trunkline_ports::failure::Failure;

pub use expiry::Expiry;
pub use place::Place;

use crate::sdk::{self, Request};
use pace::Pace;

/// How many images one call names at most.
/// Source: `imageIds` in <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html> and `API_BatchDeleteImage.html`
const AT_ONCE: usize = 100;

/// ECR, in every region that repositories name. One for a process: what is put is paced by it.
#[derive(Default)]
pub struct Ecr {
    config: OnceCell<SdkConfig>,
    regions: Mutex<BTreeMap<String, Arc<Regional>>>,
}

/// ECR in one region.
struct Regional {
    client: Client,
    /// One quota for all that is put from here.
    puts: Pace,
    login: login::Cache,
}

impl Ecr {
    /// ECR with the configuration from the environment, which is not read before something is asked.
    pub fn from_environment() -> Self {
        Self::default()
    }

    /// ECR with this configuration; the region is each repository's own.
    pub fn new(config: SdkConfig) -> Self {
        Self { config: OnceCell::new_with(Some(config)), regions: Mutex::default() }
    }

    async fn region(&self, region: &str) -> Result<Arc<Regional>, Failure> {
        let config = self.config.get_or_try_init(sdk::load).await?;
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let made = regions.entry(region.to_owned()).or_insert_with(|| {
            let config = aws_sdk_ecr::config::Builder::from(config).region(Region::new(region.to_owned()));
            let client = Client::from_conf(config.build());
            Arc::new(Regional { client, puts: Pace::of_put_image(), login: login::Cache::default() })
        });
        Ok(Arc::clone(made))
    }
}

/// A request about a repository, as messages name it.
fn request<'a>(permission: &'static str, shown: &'a str) -> Request<'a> {
    Request { permission, on: shown, code: Code::RegistryDenied }
}
