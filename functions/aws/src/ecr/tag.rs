//! Putting a tag on an image: the manifest's very bytes under another name.

use aws_sdk_ecr::error::ProvideErrorMetadata;
use trunkline_core::ids::{Digest, ImageTag};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::{Manifest, Outcome};
use trunkline_ports::failure::Failure;

use super::{Ecr, Place, Regional, find, request};

const REBUILD: &str = "was it deleted there by hand or by a lifecycle policy? build the commit again, or push it again";

impl Ecr {
    /// Puts `tag` on the image `digest`: two calls, and one when `manifest` gives the bytes from the build's record. It moves there
    /// from another image, unless the repository's tags are immutable.
    ///
    /// # Errors
    /// [`Code::RegistryRejected`] when the tag is on another image and may not move, [`Code::ArtifactMissing`] when the image is not
    /// there or archived, or something that it refers to is not there, and as ECR answers.
    pub async fn tag(
        &self,
        place: &Place,
        digest: &Digest,
        tag: &ImageTag,
        manifest: Option<&Manifest>,
    ) -> Result<Outcome, Failure> {
        let region = self.region(&place.region).await?;
        if let Some(recorded) = manifest {
            find::check(place, digest, &recorded.text)?;
            return region.put(place, digest, tag, recorded).await;
        }
        let mut found = region.look(place, std::slice::from_ref(digest), Some(tag)).await?;
        if found.tagged.as_ref() == Some(digest) {
            return Ok(Outcome::Already);
        }
        match found.manifests.remove(digest) {
            Some(manifest) => region.put(place, digest, tag, &manifest).await,
            None => Err(region.absent(place, digest).await?),
        }
    }
}

impl Regional {
    async fn put(
        &self,
        place: &Place,
        digest: &Digest,
        tag: &ImageTag,
        manifest: &Manifest,
    ) -> Result<Outcome, Failure> {
        self.puts.turn().await;
        let put = self.client.put_image().registry_id(&place.account).repository_name(&place.repository);
        let put = put.image_digest(digest.as_str()).image_tag(tag.as_str());
        let put = put.image_manifest(&manifest.text).image_manifest_media_type(&manifest.media_type);
        let Err(error) = put.send().await else { return Ok(Outcome::Changed) };
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            // The same bytes under the same tag: put before, by another worker, or by a call whose answer was lost.
            Some("ImageAlreadyExistsException") => Ok(Outcome::Already),
            // A repository whose tags are immutable says this of any tag that is there: whose it is decides.
            Some("ImageTagAlreadyExistsException") => match self.look(place, &[], Some(tag)).await?.tagged {
                Some(there) if there == *digest => Ok(Outcome::Already),
                Some(other) => Err(taken(place, tag, &other)),
                None => Err(request("ecr:PutImage", &place.to_string()).failed(&error)),
            },
            Some("ReferencedImagesNotFoundException" | "LayersNotFoundException") => {
                Err(missing(&format!("something that the image {digest} refers to"), place))
            }
            Some("ImageDigestDoesNotMatchException") => {
                let message = format!("`{place}` reads other bytes than the image {digest}");
                Err(Refusal::new(Code::ArtifactChanged, message).help("build the commit again").into())
            }
            _ => Err(request("ecr:PutImage", &place.to_string()).failed(&error)),
        }
    }

    /// Why there is no manifest to put.
    async fn absent(&self, place: &Place, digest: &Digest) -> Result<Failure, Failure> {
        Ok(match self.detail(place, digest).await? {
            Some(detail) if find::is_archived(&detail) => find::archived(place, digest),
            _ => missing(&format!("the image {digest}"), place),
        })
    }
}

fn taken(place: &Place, tag: &ImageTag, other: &Digest) -> Failure {
    let message = format!("the tag `{tag}` in `{place}` is on another image, {other}, and may not move");
    Refusal::new(Code::RegistryRejected, message)
        .help("the repository's tags are immutable: delete that tag there if it is wrong, then run this again")
        .into()
}

fn missing(what: &str, place: &Place) -> Failure {
    Refusal::new(Code::ArtifactMissing, format!("{what} is not in `{place}`")).help(REBUILD).into()
}
