//! What a repository's lifecycle policy would remove: asked beforehand, so that nothing that runs is lost to it.

use std::collections::BTreeMap;

use aws_sdk_ecr::error::ProvideErrorMetadata;
use aws_sdk_ecr::types::LifecyclePolicyPreviewStatus;
use trunkline_core::ids::Digest;
use trunkline_ports::failure::{Failure, Fault};

use super::{Ecr, Place, request};

/// A lifecycle policy's word about images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The preview is being made: ask again.
    Pending,
    /// These images would go, each by the rule of that priority.
    Would(BTreeMap<Digest, i32>),
}

impl Ecr {
    /// What the lifecycle policy of a repository would expire or archive now. A repository without one expires nothing.
    ///
    /// The first call has ECR make a preview, which takes it some seconds; one that is there is read. Nothing is waited for here.
    ///
    /// # Errors
    /// As ECR answers.
    pub async fn expiry(&self, place: &Place) -> Result<Expiry, Failure> {
        let (region, shown) = (self.region(&place.region).await?, place.to_string());
        let mut would = BTreeMap::new();
        let mut next = None;
        loop {
            let asked = region.client.get_lifecycle_policy_preview().registry_id(&place.account);
            let answer = asked.repository_name(&place.repository).set_next_token(next).send().await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    return match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                        Some("LifecyclePolicyPreviewNotFoundException") => self.preview(place).await,
                        _ => Err(request("ecr:GetLifecyclePolicyPreview", &shown).failed(&error)),
                    };
                }
            };
            match answer.status() {
                Some(LifecyclePolicyPreviewStatus::Complete) => {}
                Some(LifecyclePolicyPreviewStatus::InProgress) => return Ok(Expiry::Pending),
                Some(LifecyclePolicyPreviewStatus::Expired) => return self.preview(place).await,
                other => {
                    let status = other.map_or("no status", LifecyclePolicyPreviewStatus::as_str);
                    return Err(Fault::passing(format!("`{shown}`: the lifecycle preview ended as {status}")).into());
                }
            }
            for result in answer.preview_results() {
                if let Some(digest) = result.image_digest().and_then(|digest| digest.parse().ok()) {
                    would.insert(digest, result.applied_rule_priority().unwrap_or_default());
                }
            }
            next = answer.next_token().map(str::to_owned);
            if next.is_none() {
                return Ok(Expiry::Would(would));
            }
        }
    }

    async fn preview(&self, place: &Place) -> Result<Expiry, Failure> {
        let (region, shown) = (self.region(&place.region).await?, place.to_string());
        let asked = region.client.start_lifecycle_policy_preview().registry_id(&place.account);
        let Err(error) = asked.repository_name(&place.repository).send().await else { return Ok(Expiry::Pending) };
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("LifecyclePolicyNotFoundException") => Ok(Expiry::Would(BTreeMap::new())),
            Some("LifecyclePolicyPreviewInProgressException") => Ok(Expiry::Pending),
            _ => Err(request("ecr:StartLifecyclePolicyPreview", &shown).failed(&error)),
        }
    }
}
