//! Sending a package: the bytes, then the manifest that makes them one. Nothing, when it is there.

use trunkline_core::ids::Name;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::{Package, Packages};
use trunkline_ports::failure::{Failure, Fault};

use super::record::{self, Record};
use super::{FILE, MANIFEST, S3Packages, erased};
use crate::bucket::{Condition, Version};

/// The most that one request sends (5 GiB). Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>
const LARGEST: u64 = 5 << 30;

impl<P: Packages> S3Packages<P> {
    /// Sends what the local store has.
    ///
    /// On the way it is guarded by the checksum that the SDK sends along, at rest by the digest, which readers check.
    pub(super) async fn send(&self, artifact: &Name, package: Package) -> Result<Package, Failure> {
        let folder = self.folder(artifact, &package.digest);
        match record::read(&folder, &package.digest).await? {
            Some(Record::Kept { .. }) => return Ok(package),
            Some(Record::Erased) => return Err(erased(artifact, &package.digest)),
            None => {}
        }
        if package.size > LARGEST {
            let message =
                format!("the package of `{artifact}` is {} bytes long, and the store takes 5 GiB", package.size);
            return Err(Refusal::new(Code::InputTooLarge, message).help("leave out what is not deployed").into());
        }
        let file = self.local.open(artifact, &package.digest).await?;
        let metadata = [("sha256", package.digest.hex())];
        let sent = folder.put_file(FILE, &file, "application/zip", &metadata).await?;
        let manifest = Record::kept(&package.digest, package.size, sent.clone());
        if manifest.write(&folder, &Condition::Absent).await?.is_some() {
            return Ok(package);
        }
        match record::read(&folder, &package.digest).await? {
            // Another worker sent the same bytes, or this one did and the answer was lost.
            Some(Record::Kept { .. }) => Ok(package),
            Some(Record::Erased) => {
                let id = sent.version.unwrap_or_else(|| "null".to_owned());
                folder.delete(&[Version { name: FILE.to_owned(), id, latest: true, kept: None }]).await?;
                Err(erased(artifact, &package.digest))
            }
            None => Err(Fault::passing(format!("`{}` was there and is not", folder.shown(MANIFEST))).into()),
        }
    }
}
