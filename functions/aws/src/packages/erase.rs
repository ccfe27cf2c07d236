//! Erasing a package: the tombstone first, which hides it at once and for ever, then every version of everything else.

use trunkline_core::ids::Digest;
use trunkline_core::refusal::Code;
use trunkline_ports::artifacts::Outcome;
use trunkline_ports::failure::Failure;

use super::MANIFEST;
use super::record::{self, Record};
use crate::bucket::{Bucket, Condition, Version};

/// May be repeated: what an eraser that died left is deleted by the next one.
pub(super) async fn erase(folder: &Bucket, digest: &Digest) -> Result<Outcome, Failure> {
    // A manifest that cannot be read is no reason to keep the bytes.
    let standing = match record::read(folder, digest).await {
        Ok(standing) => standing,
        Err(Failure::Refused(refusal)) if refusal.code == Code::ArtifactChanged => {
            Some(Record::Kept { file: String::new(), size: 0, sha256: String::new(), version: None })
        }
        Err(fault) => return Err(fault),
    };
    if standing != Some(Record::Erased) {
        Record::Erased.write(folder, &Condition::Always).await?;
    }
    let listed = folder.versions(None).await?;
    let stays = |version: &Version| version.name == MANIFEST && version.latest && version.kept.is_some();
    let (mut manifests, mut rest): (Vec<Version>, Vec<Version>) =
        listed.versions.into_iter().filter(|version| !stays(version)).partition(|version| version.name == MANIFEST);
    manifests.append(&mut rest);
    let nothing = manifests.is_empty() && !matches!(standing, Some(Record::Kept { .. }));
    folder.delete(&manifests).await?;
    Ok(if nothing { Outcome::Already } else { Outcome::Changed })
}
