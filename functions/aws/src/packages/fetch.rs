//! Fetching a package into the local store: exactly the bytes that its manifest names, or nothing.

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use trunkline_core::ids::{Digest, Name};
use trunkline_ports::artifacts::Packages;
use trunkline_ports::failure::{Failure, Fault};

use super::record::{self, Record, changed};
use super::{S3Packages, erased, missing};

impl<P: Packages> S3Packages<P> {
    pub(super) async fn fetch(&self, artifact: &Name, digest: &Digest) -> Result<(), Failure> {
        let folder = self.folder(artifact, digest);
        let (name, size, version) = match record::read(&folder, digest).await? {
            Some(Record::Kept { file, size, version, .. }) => (file, size, version),
            Some(Record::Erased) => return Err(erased(artifact, digest)),
            None => return Err(missing(artifact, digest)),
        };
        let failed = |error: &std::io::Error| Failure::from(Fault::from_io("keeping a package that is fetched", error));
        let kept = NamedTempFile::new().map_err(|error| failed(&error))?;
        let mut file = File::from_std(kept.reopen().map_err(|error| failed(&error))?);
        let place = folder.shown(&name);
        let (mut sum, mut length) = (Sha256::new(), 0);
        let there = folder.stream(&name, version.as_deref(), async |piece| {
            length += piece.len() as u64;
            if length > size {
                return Err(changed(format!("the package `{place}` is longer than its manifest says")).into());
            }
            sum.update(piece);
            file.write_all(piece).await.map_err(|error| failed(&error))
        });
        if !there.await? {
            return Err(missing(artifact, digest));
        }
        file.flush().await.map_err(|error| failed(&error))?;
        let found = Digest::from_sum(sum.finalize().into());
        if found != *digest {
            return Err(changed(format!("the package `{place}` was changed: its digest is {found}")).into());
        }
        self.local.keep(artifact, kept.path()).await?;
        Ok(())
    }
}
