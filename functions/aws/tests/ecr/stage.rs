//! What every test here stands on: a repository of its own, and images in it.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_ecr::Client;
use aws_sdk_ecr::config::Credentials;
use aws_sdk_ecr::types::ImageTagMutability;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use trunkline_aws::ecr::{Ecr, Place};
use trunkline_aws::sdk;
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_ports::artifacts::Manifest;
use trunkline_ports::failure::Failure;
use trunkline_testbench::moto::Moto;
use trunkline_testbench::proxy::{Proxy, Step};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The repository's name within its registry, and as a policy names it.
pub(crate) const NAME: &str = "shop/api";
pub(crate) const REPOSITORY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api";

/// A repository on a moto of its own, behind a proxy that writes requests down.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) ecr: Ecr,
    pub(crate) proxy: Proxy,
    pub(crate) place: Place,
    /// Ends when the stage does.
    _moto: Moto,
}

/// The configuration for an endpoint, which pauses no longer than a test wants to wait.
pub(crate) async fn configured(url: &str) -> SdkConfig {
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let loader = sdk::loader().unwrap().endpoint_url(url).region(Region::new("us-east-1")).retry_config(retries);
    loader.credentials_provider(Credentials::for_tests()).load().await
}

impl Stage {
    pub(crate) async fn mutable() -> Self {
        Self::start(ImageTagMutability::Mutable, |_| Step::Pass).await
    }

    pub(crate) async fn immutable() -> Self {
        Self::start(ImageTagMutability::Immutable, |_| Step::Pass).await
    }

    /// One where every `action` is met by `step`.
    pub(crate) async fn where_each(action: &'static str, step: Step) -> Self {
        let hook = move |asked: &str| if asked == action { step.clone() } else { Step::Pass };
        Self::start(ImageTagMutability::Mutable, hook).await
    }

    pub(crate) async fn start(
        mutability: ImageTagMutability,
        mut hook: impl FnMut(&str) -> Step + Send + 'static,
    ) -> Self {
        let moto = Moto::start();
        let client = Client::new(&configured(&moto.url()).await);
        client.create_repository().repository_name(NAME).image_tag_mutability(mutability).send().await.unwrap();
        let proxy = Proxy::before(&moto.host, move |request| hook(&request.action)).await;
        let ecr = Ecr::new(configured(&proxy.url()).await);
        Self { client, ecr, proxy, place: Place::parse(REPOSITORY).unwrap(), _moto: moto }
    }

    /// Pushes a manifest as somebody else would.
    pub(crate) async fn push(&self, manifest: &Manifest, tag: Option<&str>) -> Digest {
        let put = self.client.put_image().repository_name(NAME).image_manifest(&manifest.text);
        let put = put.image_manifest_media_type(&manifest.media_type).set_image_tag(tag.map(str::to_owned));
        put.send().await.unwrap();
        digest(manifest)
    }

    /// Every image as `digest's beginning: tags`, sorted.
    pub(crate) async fn all(&self) -> Vec<(Digest, Vec<String>)> {
        let answer = self.client.describe_images().repository_name(NAME).send().await.unwrap();
        let details = answer.image_details().iter();
        let mut all: Vec<_> = details
            .map(|detail| {
                let mut tags = detail.image_tags().to_vec();
                tags.sort();
                (detail.image_digest().unwrap().parse().unwrap(), tags)
            })
            .collect();
        all.sort();
        all
    }

    pub(crate) async fn tags(&self, digest: &Digest) -> Vec<String> {
        self.all().await.into_iter().find(|(one, _)| one == digest).map(|(_, tags)| tags).unwrap_or_default()
    }
}

/// An image whose layer is `size` bytes long. The text is not what a library would write: it must come back all the same.
pub(crate) fn image(size: u64) -> Manifest {
    let layer = Digest::from_sum(Sha256::digest(size.to_string()).into());
    let config = Digest::from_sum(Sha256::digest("config").into());
    let text = json!({ "schemaVersion": 2, "mediaType": MANIFEST,
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 10 },
        "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": size }] });
    Manifest { media_type: MANIFEST.to_owned(), text: format!("{text:#} \n") }
}

/// An index of these images.
pub(crate) fn index(images: &[&Manifest]) -> Manifest {
    let entries: Vec<Value> = images
        .iter()
        .map(|image| json!({ "mediaType": MANIFEST, "digest": digest(image), "size": image.text.len() }))
        .collect();
    // Without a media type inside, only what is sent beside it says what it is.
    let text = json!({ "schemaVersion": 2, "manifests": entries });
    Manifest { media_type: INDEX.to_owned(), text: text.to_string() }
}

pub(crate) fn digest(manifest: &Manifest) -> Digest {
    Digest::from_sum(Sha256::digest(&manifest.text).into())
}

pub(crate) fn tag(text: &str) -> ImageTag {
    text.parse().unwrap()
}

/// A failure as people see it.
pub(crate) fn shown(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => format!("refused, {}: {refusal}", refusal.code),
        Failure::Fault(fault) if fault.again => format!("fault that may pass: {fault}"),
        Failure::Fault(fault) => format!("fault that stays: {fault}"),
    }
}
