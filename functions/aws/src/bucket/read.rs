//! Reading an object, whole into memory when it is small, else piece by piece.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use trunkline_ports::failure::{Failure, Fault};

use super::{Bucket, request};
use crate::sdk::status;

/// An object that was read.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its content; cut off one byte after the length that was asked for at most.
    pub bytes: Vec<u8>,
    /// What names this content among all that this key had.
    pub etag: String,
}

impl Bucket {
    /// The object `name`, when it is there: no more than `longest` bytes of it and one.
    ///
    /// # Errors
    /// As S3 answers. One that may not list the bucket is told `AccessDenied` for what is not there.
    pub async fn get(&self, name: &str, longest: u64) -> Result<Option<Object>, Failure> {
        let Some(mut answer) = self.fetch(&self.client, name, None).await? else { return Ok(None) };
        let etag = answer.e_tag.take().unwrap_or_default();
        let mut bytes = Vec::new();
        while let Some(piece) = answer.body.try_next().await.map_err(|error| self.cut(name, &error))? {
            let room = usize::try_from(longest + 1).unwrap_or(usize::MAX).saturating_sub(bytes.len());
            bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            if bytes.len() as u64 > longest {
                break;
            }
        }
        Ok(Some(Object { bytes, etag }))
    }

    /// The object `name` in that version, to be read piece by piece by `each`. Says whether it is there.
    ///
    /// # Errors
    /// As S3 answers, and what `each` returns.
    pub async fn stream(
        &self,
        name: &str,
        version: Option<&str>,
        mut each: impl AsyncFnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let Some(mut answer) = self.fetch(&self.bulk, name, version).await? else { return Ok(false) };
        while let Some(piece) = answer.body.try_next().await.map_err(|error| self.cut(name, &error))? {
            each(&piece).await?;
        }
        Ok(true)
    }

    /// Whether the object `name` is there.
    ///
    /// # Errors
    /// As S3 answers.
    pub async fn has(&self, name: &str) -> Result<bool, Failure> {
        match self.client.head_object().bucket(&self.name).key(self.key(name)).send().await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(404) => Ok(false),
            Err(error) => Err(request("s3:GetObject", &self.shown(name)).failed(&error)),
        }
    }

    async fn fetch(
        &self,
        client: &aws_sdk_s3::Client,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<GetObjectOutput>, Failure> {
        let get = client.get_object().bucket(&self.name).key(self.key(name)).set_version_id(version.map(str::to_owned));
        match get.send().await {
            Ok(answer) => Ok(Some(answer)),
            Err(SdkError::ServiceError(answer))
                if matches!(answer.err().code(), Some("NoSuchKey" | "NoSuchVersion")) =>
            {
                Ok(None)
            }
            Err(error) => {
                let permission = if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
                Err(request(permission, &self.shown(name)).failed(&error))
            }
        }
    }

    fn cut(&self, name: &str, error: &dyn std::error::Error) -> Failure {
        let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
        Fault::passing(format!("reading `{}`: {error}{cause}", self.shown(name))).into()
    }
}
