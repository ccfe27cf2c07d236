"""Mends moto's ECR where it is not as AWS documents it. `install()` puts all of it into place.

- An image's digest is the SHA-256 of its manifest's bytes, and an `imageDigest` that is another is refused. moto makes one up.
- A tag that moves leaves the old image there without it, and ImageTagAlreadyExistsException is what an immutable repository answers;
  ImageAlreadyExistsException is for the same image under the same tag. moto deletes the old image, and knows the second only.
- An index whose images are not there is refused with ReferencedImagesNotFoundException. moto takes it. (As in moto, layers need not
  be there: no test uploads any.)
- What an index refers to cannot be deleted before it: ImageReferencedByManifestList. moto deletes it.
- BatchGetImage gives each image under the name it was asked by, and leaves out archived ones, which DescribeImages shows.
- UpdateImageStorageClass, StartLifecyclePolicyPreview and GetLifecyclePolicyPreview are there, the last for rules that count images.
- An authorization token ends in twelve hours. moto's ended in 2015.
"""

import fnmatch
import hashlib
import json
import threading
from datetime import datetime, timedelta, timezone

from moto.core.responses import ActionResult
from moto.ecr import models, responses
from moto.ecr.exceptions import InvalidParameterException

WRITING = threading.Lock()


def refused(code, message):
    # moto finds ECR's model by where the class is defined.
    return InvalidParameterException(code, message)


def digest_of(manifest):
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


def repository_of(backend, name, registry_id=None):
    return backend._get_repository(name, registry_id)


def children(image):
    return {child["digest"] for child in json.loads(image.image_manifest).get("manifests", [])}


def is_archived(image):
    return getattr(image, "image_status", "ACTIVE") == "ARCHIVED"


def may_move(repository, tag):
    filters = repository.image_tag_mutability_exclusion_filters or []
    excepted = any(fnmatch.fnmatchcase(tag, one["filter"]) for one in filters)
    return repository.image_tag_mutability.startswith("IMMUTABLE") == excepted


def put_image(self, repository_name, image_manifest, image_tag, image_manifest_mediatype=None, digest=None):
    with WRITING:
        return put(self, repository_of(self, repository_name), image_manifest, image_tag, image_manifest_mediatype, digest)


def put(self, repository, image_manifest, image_tag, image_manifest_mediatype, digest):
    real = digest_of(image_manifest)
    if digest and digest != real:
        raise refused("ImageDigestDoesNotMatchException", f"The digest of the manifest is {real}, not {digest}")
    kind = image_manifest_mediatype or json.loads(image_manifest).get("mediaType")
    if not kind:
        raise refused("InvalidParameterException", "image manifest mediatype not provided in manifest or parameter")
    there = {image.get_image_digest(): image for image in repository.images}
    image = there.get(real) or models.Image(self.account_id, None, image_manifest, repository.name, kind, real)
    if real not in there:
        lacking = children(image) - there.keys()
        if lacking:
            raise refused("ReferencedImagesNotFoundException", f"not there: {sorted(lacking)}")
    holder = next((other for other in repository.images if image_tag in other.image_tags), None) if image_tag else None
    if (holder is image and image_tag) or (not image_tag and real in there):
        raise refused("ImageAlreadyExistsException", f"{real} with tag '{image_tag}' already exists")
    if holder and not may_move(repository, image_tag):
        raise refused("ImageTagAlreadyExistsException", f"the tag '{image_tag}' is on {holder.get_image_digest()}")
    if holder:
        holder.image_tags.remove(image_tag)
    if real not in there:
        repository.images.append(image)
    if image_tag:
        image.image_tags.append(image_tag)
    image.image_status = "ACTIVE"
    return image


def failure(image_id, code, reason):
    return {"imageId": image_id, "failureCode": code, "failureReason": reason}


def named(repository, image_id):
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    for image in repository.images:
        if digest in (None, image.get_image_digest()) and (tag is None or tag in image.image_tags):
            return image
    return None


def batch_get_image(self, repository_name, registry_id=None, image_ids=None):
    repository = repository_of(self, repository_name, registry_id)
    images, failures = [], []
    for image_id in image_ids:
        image = named(repository, image_id)
        if image is None or is_archived(image):
            failures.append(failure(image_id, "ImageNotFound", "Requested image not found"))
            continue
        images.append(
            {
                "registryId": repository.registry_id,
                "repositoryName": repository_name,
                "imageId": {**image_id, "imageDigest": image.get_image_digest()},
                "imageManifest": image.image_manifest,
                "imageManifestMediaType": image.image_manifest_media_type,
            }
        )
    return {"images": images, "failures": failures}


def batch_delete_image(self, repository_name, registry_id=None, image_ids=None):
    repository = repository_of(self, repository_name, registry_id)
    deleted, failures = [], []
    for image_id in image_ids:
        image = named(repository, image_id)
        if image is None:
            failures.append(failure(image_id, "ImageNotFound", "Requested image not found"))
            continue
        digest = image.get_image_digest()
        if any(digest in children(other) for other in repository.images):
            reason = f"Requested image referenced by manifest list: {digest}"
            failures.append(failure(image_id, "ImageReferencedByManifestList", reason))
            continue
        tags = [image_id["imageTag"]] if "imageTag" in image_id else list(image.image_tags)
        image.image_tags = [tag for tag in image.image_tags if tag not in tags]
        deleted.extend({"imageDigest": digest, "imageTag": tag} for tag in tags)
        if not tags:
            deleted.append({"imageDigest": digest})
        if not image.image_tags:
            repository.images.remove(image)
    return {"imageIds": deleted, "failures": failures}


def update_image_storage_class(self):
    repository = repository_of(self.ecr_backend, self._get_param("repositoryName"), self._get_param("registryId"))
    image = named(repository, self._get_param("imageId"))
    image.image_status = "ARCHIVED" if self._get_param("targetStorageClass") == "ARCHIVE" else "ACTIVE"
    return ActionResult({"imageId": self._get_param("imageId"), "imageStatus": image.image_status})


def would_go(repository):
    """The images that go by rules that count, each with the rule's priority; the newest are counted first."""
    gone = {}
    for rule in sorted(json.loads(repository.lifecycle_policy)["rules"], key=lambda rule: rule["rulePriority"]):
        selection = rule["selection"]
        patterns = selection.get("tagPatternList") or [f"{prefix}*" for prefix in selection.get("tagPrefixList", [])]

        def meets(image):
            match selection["tagStatus"]:
                case "untagged":
                    return not image.image_tags
                case "tagged":
                    return any(fnmatch.fnmatchcase(tag, pattern) for tag in image.image_tags for pattern in patterns)
                case _:
                    return True

        met = [image for image in reversed(repository.images) if meets(image)]
        for image in met[selection["countNumber"] :]:
            gone.setdefault(image.get_image_digest(), rule["rulePriority"])
    return gone


def start_lifecycle_policy_preview(self):
    repository = repository_of(self.ecr_backend, self._get_param("repositoryName"), self._get_param("registryId"))
    if not repository.lifecycle_policy:
        raise refused("LifecyclePolicyNotFoundException", "Lifecycle policy does not exist")
    repository.previewed = 0
    return ActionResult({"repositoryName": repository.name, "status": "IN_PROGRESS"})


def get_lifecycle_policy_preview(self):
    repository = repository_of(self.ecr_backend, self._get_param("repositoryName"), self._get_param("registryId"))
    if not hasattr(repository, "previewed"):
        raise refused("LifecyclePolicyPreviewNotFoundException", "There is no dry run for this repository.")
    repository.previewed += 1
    if repository.previewed == 1:
        return ActionResult({"repositoryName": repository.name, "status": "IN_PROGRESS"})
    results = [{"imageDigest": digest, "appliedRulePriority": rule} for digest, rule in would_go(repository).items()]
    return ActionResult({"repositoryName": repository.name, "status": "COMPLETE", "previewResults": results})


def get_authorization_token(self, stock=responses.ECRResponse.get_authorization_token):
    answer = stock(self)
    for token in answer.result["authorizationData"]:
        token["expiresAt"] = datetime.now(timezone.utc) + timedelta(hours=12)
    return answer


def install():
    models.ECRBackend.put_image = put_image
    models.ECRBackend.batch_get_image = batch_get_image
    models.ECRBackend.batch_delete_image = batch_delete_image
    for method in (
        update_image_storage_class,
        start_lifecycle_policy_preview,
        get_lifecycle_policy_preview,
        get_authorization_token,
    ):
        setattr(responses.ECRResponse, method.__name__, method)
