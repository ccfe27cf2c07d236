//! Erasing images: an index before what it refers to, and nothing that anybody else has a name for.

use aws_sdk_ecr::types::{ImageFailure, ImageFailureCode, ImageIdentifier};
use trunkline_core::ids::Digest;
use trunkline_ports::artifacts::Outcome;
use trunkline_ports::failure::{Failure, Fault};

use super::document::References;
use super::{AT_ONCE, Ecr, Place, Regional, request};

/// What happens to an image that an index refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Referenced {
    /// It was asked for by name: that is told.
    Fails,
    /// It goes only if nobody needs it.
    Stays,
}

impl Ecr {
    /// Deletes the image `digest` with all its tags, then those images of an index that have no tag and that no other index has.
    ///
    /// ECR wants the index gone before what it refers to. A process that ends between the two leaves images without a tag, which
    /// nothing names any more. Layers that nothing refers to are ECR's to remove.
    ///
    /// # Errors
    /// A lasting fault when another index refers to the image, and as ECR answers.
    pub async fn erase(&self, place: &Place, digest: &Digest) -> Result<Outcome, Failure> {
        let region = self.region(&place.region).await?;
        let one = std::slice::from_ref(digest);
        // An archived image has no manifest to read, and goes by its digest all the same.
        let manifest = region.look(place, one, None).await?.manifests.remove(digest);
        let children = manifest.map(|manifest| References::read(&manifest.text).manifests()).unwrap_or_default();
        let outcome = region.delete(place, one, Referenced::Fails).await?;
        let unnamed = region.unnamed(place, children).await?;
        for some in unnamed.chunks(AT_ONCE) {
            region.delete(place, some, Referenced::Stays).await?;
        }
        Ok(outcome)
    }
}

impl Regional {
    /// Those of `digests` that are there and have no tag.
    async fn unnamed(&self, place: &Place, digests: Vec<Digest>) -> Result<Vec<Digest>, Failure> {
        let mut unnamed = Vec::new();
        // One that is not there makes ECR answer for none of them, so they are asked one by one: an index has a handful.
        for digest in digests {
            if self.detail(place, &digest).await?.is_some_and(|detail| detail.image_tags().is_empty()) {
                unnamed.push(digest);
            }
        }
        Ok(unnamed)
    }

    async fn delete(&self, place: &Place, digests: &[Digest], referenced: Referenced) -> Result<Outcome, Failure> {
        let ids = digests.iter().map(|digest| ImageIdentifier::builder().image_digest(digest.as_str()).build());
        let asked = self.client.batch_delete_image().registry_id(&place.account).repository_name(&place.repository);
        let shown = place.to_string();
        let answer = asked.set_image_ids(Some(ids.collect())).send().await;
        let answer = answer.map_err(|error| request("ecr:BatchDeleteImage", &shown).failed(&error))?;
        for failure in answer.failures() {
            match failure.failure_code() {
                Some(ImageFailureCode::ImageNotFound) => {}
                Some(ImageFailureCode::ImageReferencedByManifestList) => {
                    if referenced == Referenced::Fails {
                        return Err(needed(&shown, failure));
                    }
                }
                code => {
                    let code = code.map(ImageFailureCode::as_str);
                    return Err(request("ecr:BatchDeleteImage", &shown).told(code, failure.failure_reason()));
                }
            }
        }
        Ok(if answer.image_ids().is_empty() { Outcome::Already } else { Outcome::Changed })
    }
}

fn needed(shown: &str, failure: &ImageFailure) -> Failure {
    let reason = failure.failure_reason().unwrap_or("another index refers to it");
    Fault::lasting(format!("an image in `{shown}` cannot be deleted: {reason}; delete that index first")).into()
}
