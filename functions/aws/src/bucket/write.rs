//! Writing an object: only if there is none, only over what was read, or over anything.

use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use trunkline_ports::failure::{Failure, Fault};

use super::{Bucket, request};
use crate::sdk::status;

/// How often a write is tried again that met another one on the same key at the same moment.
const TRIES: u32 = 6;

/// How long the first pause between them is.
const PAUSE: Duration = Duration::from_millis(20);

/// When an object is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Only if there is none. One that was deleted in a bucket with versions is none.
    Absent,
    /// Only over the content that has this tag.
    Over(String),
    /// Always.
    Always,
}

/// An object that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// What names its content among all that this key had.
    pub etag: String,
    /// Its version, in a bucket that has versions.
    pub version: Option<String>,
}

impl Bucket {
    /// Writes `name` on `condition`. Gives nothing when the condition does not hold, and nothing was written.
    ///
    /// A lost answer may hide that it was written: written again, the condition does not hold then.
    ///
    /// # Errors
    /// As S3 answers.
    pub async fn put(
        &self,
        name: &str,
        bytes: Vec<u8>,
        kind: &str,
        condition: &Condition,
    ) -> Result<Option<Created>, Failure> {
        let mut tries = 0;
        loop {
            let put = self.client.put_object().body(ByteStream::from(bytes.clone())).content_type(kind);
            let put = match condition {
                Condition::Absent => put.if_none_match("*"),
                Condition::Over(etag) => put.if_match(etag),
                Condition::Always => put,
            };
            let error = match self.addressed(put, name).send().await {
                Ok(answer) => return Ok(Some(created(answer))),
                Err(error) => error,
            };
            match (status(&error), condition) {
                (Some(412), _) | (Some(404), Condition::Over(_)) => return Ok(None),
                // Another write of the same key is under way. Only one of them can be told that it won.
                // Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response>
                (Some(409), _) if tries < TRIES => tries += 1,
                _ => return Err(request("s3:PutObject", &self.shown(name)).failed(&error)),
            }
            tokio::time::sleep(PAUSE * tries).await;
        }
    }

    /// Sends a file as `name`, whatever is there; no more of it than a piece is ever held.
    ///
    /// # Errors
    /// As S3 answers; a fault when the file cannot be read.
    pub async fn put_file(
        &self,
        name: &str,
        file: &Path,
        kind: &str,
        metadata: &[(&str, &str)],
    ) -> Result<Created, Failure> {
        let body = ByteStream::from_path(file).await;
        let body = body.map_err(|error| Fault::lasting(format!("reading `{}`: {error}", file.display())))?;
        let put = self.bulk.put_object().body(body).content_type(kind);
        let put = metadata.iter().fold(put, |put, (key, value)| put.metadata(*key, *value));
        let sent = self.addressed(put, name).send().await;
        sent.map(created).map_err(|error| request("s3:PutObject", &self.shown(name)).failed(&error))
    }

    fn addressed(&self, put: PutObjectFluentBuilder, name: &str) -> PutObjectFluentBuilder {
        let put = put.bucket(&self.name).key(self.key(name));
        match &self.key_id {
            Some(key) => put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key),
            None => put,
        }
    }
}

fn created(answer: PutObjectOutput) -> Created {
    Created { etag: answer.e_tag.unwrap_or_default(), version: answer.version_id }
}
