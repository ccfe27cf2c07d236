//! What every test here stands on: a bucket of its own, and ways to spoil it.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Credentials};
use aws_sdk_s3::primitives::ByteStream;
use trunkline_aws::bucket::Bucket;
use trunkline_aws::sdk;
use trunkline_core::refusal::Refusal;
use trunkline_ports::failure::Failure;
use trunkline_testbench::moto::Moto;

/// A bucket on a moto of its own.
pub(crate) struct Stage {
    pub(crate) moto: Moto,
    pub(crate) client: Client,
}

pub(crate) const BUCKET: &str = "acme-artifacts";

/// The configuration for an endpoint, which pauses no longer than a test wants to wait.
pub(crate) async fn configured(url: &str) -> SdkConfig {
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let loader = sdk::loader().unwrap().endpoint_url(url).region(Region::new("us-east-1")).retry_config(retries);
    loader.credentials_provider(Credentials::for_tests()).load().await
}

impl Stage {
    pub(crate) async fn with_versions() -> Self {
        Self::start(true).await
    }

    pub(crate) async fn without_versions() -> Self {
        Self::start(false).await
    }

    async fn start(versions: bool) -> Self {
        let moto = Moto::start();
        moto.bucket(BUCKET, versions);
        let sdk = configured(&moto.url()).await;
        let client = Client::from_conf(Builder::from(&sdk).force_path_style(true).build());
        Self { moto, client }
    }

    /// The place `prefix` of the bucket, reached at `url`.
    pub(crate) async fn place_at(&self, url: &str, prefix: &str) -> Bucket {
        Bucket::new(&configured(url).await, BUCKET, prefix, None)
    }

    pub(crate) async fn place(&self, prefix: &str) -> Bucket {
        self.place_at(&self.moto.url(), prefix).await
    }

    /// Writes an object as somebody else would.
    pub(crate) async fn write(&self, key: &str, text: impl Into<Vec<u8>>) {
        let body = ByteStream::from(text.into());
        self.client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
    }

    /// Deletes an object as somebody else would: with a deletion mark, in a bucket with versions.
    pub(crate) async fn delete(&self, key: &str) {
        self.client.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    }

    pub(crate) async fn text(&self, key: &str) -> String {
        let answer = self.client.get_object().bucket(BUCKET).key(key).send().await.unwrap();
        String::from_utf8(answer.body.collect().await.unwrap().to_vec()).unwrap()
    }

    /// The keys that have versions or deletion marks, each once for each of them.
    pub(crate) async fn versions(&self) -> Vec<String> {
        let answer = self.client.list_object_versions().bucket(BUCKET).send().await.unwrap();
        let versions = answer.versions().iter().filter_map(|version| version.key());
        let markers = answer.delete_markers().iter().filter_map(|marker| marker.key());
        let mut keys: Vec<String> = versions.chain(markers).map(str::to_owned).collect();
        keys.sort();
        keys
    }
}

/// The refusal, which must name `named` and say what to do.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Failure>, named: &str) -> Refusal {
    let Err(Failure::Refused(refusal)) = result else { panic!("not refused: {result:?}") };
    assert!(refusal.message.contains(named), "`{named}` is not named: {refusal}");
    assert!(refusal.help.is_some(), "no help: {refusal}");
    refusal
}
