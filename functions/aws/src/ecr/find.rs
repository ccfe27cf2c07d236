//! Looking at images: their manifests, byte for byte, and whether they can be pulled.

use std::collections::BTreeMap;

use aws_sdk_ecr::operation::batch_get_image::BatchGetImageOutput;
use aws_sdk_ecr::operation::describe_images::DescribeImagesError;
use aws_sdk_ecr::types::{ImageDetail, ImageFailureCode, ImageIdentifier, ImageStatus};
use sha2::{Digest as _, Sha256};
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::{Image, Manifest};
use trunkline_ports::failure::Failure;

use super::document::References;
use super::{AT_ONCE, Ecr, Place, Regional, request};

/// Every kind of manifest that is asked for: ECR translates, or leaves out, what is not named.
const ACCEPTED: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// What one call tells of digests and of a tag.
#[derive(Default)]
pub(super) struct Found {
    /// The manifests of those that are there.
    pub(super) manifests: BTreeMap<Digest, Manifest>,
    /// The image that has the tag, if one has.
    pub(super) tagged: Option<Digest>,
}

impl Ecr {
    /// The image `digest`, when it is there and can be pulled: one call, and one for the images of an index.
    ///
    /// # Errors
    /// [`Code::ArtifactMissing`] when it is archived, [`Code::ArtifactChanged`] when its bytes are others, and as ECR answers.
    pub async fn find(&self, place: &Place, digest: &Digest) -> Result<Option<Image>, Failure> {
        let region = self.region(&place.region).await?;
        let found = region.look(place, std::slice::from_ref(digest), None).await?.manifests.remove(digest);
        let Some(manifest) = found else {
            return match region.detail(place, digest).await? {
                Some(detail) if is_archived(&detail) => Err(archived(place, digest)),
                _ => Ok(None),
            };
        };
        let references = References::read(&manifest.text);
        let mut manifests = BTreeMap::from([(digest.clone(), manifest.text.len() as u64)]);
        let children = references.manifests();
        let mut blobs = references.blobs();
        for some in children.chunks(AT_ONCE) {
            for (child, manifest) in region.look(place, some, None).await?.manifests {
                manifests.insert(child, manifest.text.len() as u64);
                blobs.extend(References::read(&manifest.text).blobs());
            }
        }
        let size = blobs.values().chain(manifests.values()).fold(0, |sum: u64, size| sum.saturating_add(*size));
        Ok(Some(Image { digest: digest.clone(), size, manifest }))
    }
}

impl Regional {
    /// Asks for manifests, for who has a tag, or for both, in one call.
    pub(super) async fn look(
        &self,
        place: &Place,
        digests: &[Digest],
        tag: Option<&ImageTag>,
    ) -> Result<Found, Failure> {
        let by_digest = digests.iter().map(|digest| ImageIdentifier::builder().image_digest(digest.as_str()).build());
        let by_tag = tag.map(|tag| ImageIdentifier::builder().image_tag(tag.as_str()).build());
        let asked = self.client.batch_get_image().registry_id(&place.account).repository_name(&place.repository);
        let asked = asked.set_image_ids(Some(by_digest.chain(by_tag).collect()));
        let asked = asked.set_accepted_media_types(Some(ACCEPTED.map(str::to_owned).to_vec()));
        let shown = place.to_string();
        let answer = asked.send().await.map_err(|error| request("ecr:BatchGetImage", &shown).failed(&error))?;
        refused(&answer, &shown)?;
        read(&answer, place, digests, tag)
    }

    /// What ECR keeps about an image, an archived one too.
    pub(super) async fn detail(&self, place: &Place, digest: &Digest) -> Result<Option<ImageDetail>, Failure> {
        let id = ImageIdentifier::builder().image_digest(digest.as_str()).build();
        let asked = self.client.describe_images().registry_id(&place.account).repository_name(&place.repository);
        match asked.image_ids(id).send().await {
            Ok(answer) => Ok(answer.image_details.unwrap_or_default().into_iter().next()),
            Err(error) if error.as_service_error().is_some_and(DescribeImagesError::is_image_not_found_exception) => {
                Ok(None)
            }
            Err(error) => Err(request("ecr:DescribeImages", &place.to_string()).failed(&error)),
        }
    }
}

/// An image that is not there is an answer; any other failure inside a success is one.
fn refused(answer: &BatchGetImageOutput, shown: &str) -> Result<(), Failure> {
    let absent = |code: Option<&ImageFailureCode>| matches!(code, Some(ImageFailureCode::ImageNotFound));
    match answer.failures().iter().find(|failure| !absent(failure.failure_code())) {
        Some(failure) => {
            let code = failure.failure_code().map(ImageFailureCode::as_str);
            Err(request("ecr:BatchGetImage", shown).told(code, failure.failure_reason()))
        }
        None => Ok(()),
    }
}

fn read(
    answer: &BatchGetImageOutput,
    place: &Place,
    digests: &[Digest],
    tag: Option<&ImageTag>,
) -> Result<Found, Failure> {
    let mut found = Found::default();
    for image in answer.images() {
        let id = image.image_id();
        let named = id.and_then(ImageIdentifier::image_digest).and_then(|digest| digest.parse::<Digest>().ok());
        let Some(named) = named else { continue };
        if tag.is_some() && id.and_then(ImageIdentifier::image_tag) == tag.map(ImageTag::as_str) {
            found.tagged = Some(named.clone());
        }
        if let Some(text) = image.image_manifest().filter(|_| digests.contains(&named)) {
            check(place, &named, text)?;
            let media_type = image.image_manifest_media_type().unwrap_or(ACCEPTED[2]).to_owned();
            found.manifests.insert(named, Manifest { media_type, text: text.to_owned() });
        }
    }
    Ok(found)
}

/// Fails unless these are the bytes that `digest` names.
pub(super) fn check(place: &Place, digest: &Digest, text: &str) -> Result<(), Failure> {
    let actual = Digest::from_sum(Sha256::digest(text).into());
    if actual == *digest {
        return Ok(());
    }
    let message = format!("the manifest for `{place}` is not what its digest says: expected {digest}, got {actual}");
    Err(Refusal::new(Code::ArtifactChanged, message).help("it was not used; build the commit again").into())
}

pub(super) fn is_archived(detail: &ImageDetail) -> bool {
    matches!(detail.image_status(), Some(ImageStatus::Archived | ImageStatus::Activating))
}

pub(super) fn archived(place: &Place, digest: &Digest) -> Failure {
    Refusal::new(Code::ArtifactMissing, format!("the image {digest} in `{place}` is archived: nobody can pull it"))
        .help("restore it in ECR, or push it again, and keep the lifecycle policy from archiving what may be promoted")
        .into()
}
