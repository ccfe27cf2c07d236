//! What an error of AWS means: mend something, or try again.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

const LOG_IN: &str = "log in, set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given; `aws sts get-caller-identity` tells whether they are good";

const USE_KEY: &str = "is the key enabled, in this region, and may these credentials use it? They need `kms:GenerateDataKey` and `kms:Decrypt`";

/// A request, as messages name it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The permission it needs: `s3:PutObject`.
    pub permission: &'static str,
    /// What it is about: `s3://bucket/key`.
    pub on: &'a str,
    /// The code of the refusal when it cannot be made as things are.
    pub code: Code,
}

/// The status of the answer, if there was one.
pub fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

impl Request<'_> {
    /// What `error` means for whoever made this request.
    pub fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let (told, raw) = (answer.err(), answer.raw());
                let region = raw.headers().get("x-amz-bucket-region");
                let (code, message) = (told.code().unwrap_or_default(), told.message().unwrap_or_default());
                self.means(code, message, raw.status().as_u16(), region)
            }
            SdkError::TimeoutError(_) => self.passing("no answer in time"),
            SdkError::DispatchFailure(_) if has_no_credentials(error) => {
                self.refused("there are no credentials for it", LOG_IN)
            }
            SdkError::DispatchFailure(failure) if failure.is_user() => self.lasting(&told(error)),
            SdkError::ResponseError(_) | SdkError::DispatchFailure(_) => self.passing(&told(error)),
            _ if told(error).to_lowercase().contains("region") => {
                self.refused("no region is configured", "set AWS_REGION to the region it is in")
            }
            _ => self.lasting(&told(error)),
        }
    }

    /// What an error means that stands inside an answer, for one of several things that were asked for.
    pub fn told(&self, code: Option<&str>, message: Option<&str>) -> Failure {
        self.means(code.unwrap_or_default(), message.unwrap_or_default(), 400, None)
    }

    fn means(&self, code: &str, message: &str, status: u16, region: Option<&str>) -> Failure {
        let said = match (code, message) {
            ("", "") => format!("status {status}"),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {}", message.trim_end_matches('.')),
        };
        match code {
            "AccessDenied" | "AccessDeniedException" | "AllAccessDisabled" | "AccountProblem" => self.denied(&said),
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidToken"
            | "TokenRefreshRequired" => self.refused(&format!("the credentials are not taken ({said})"), LOG_IN),
            "NoSuchBucket" => self.refused("there is no such bucket", "create it, or correct the policy's `store`"),
            "RepositoryNotFoundException" => {
                self.refused("there is no such repository", "create it, or correct the policy's `image`")
            }
            "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
                self.elsewhere(region)
            }
            "RequestTimeTooSkewed" => self.lasting("this machine's clock is wrong: set it, then run this again"),
            "KmsError" | "KmsException" => {
                self.refused(&format!("its encryption key cannot be used ({said})"), USE_KEY)
            }
            code if code.starts_with("KMS.") => {
                self.refused(&format!("its encryption key cannot be used ({said})"), USE_KEY)
            }
            "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "RequestTimeout"
            | "BadDigest"
            | "IncompleteBody"
            | "OperationAborted"
            | "InternalError" => self.passing(&said),
            _ => match status {
                301 | 307 => self.elsewhere(region),
                401 | 403 => self.denied(&said),
                408 | 409 | 425 | 429 | 500.. => self.passing(&said),
                _ => self.lasting(&said),
            },
        }
    }

    fn denied(&self, said: &str) -> Failure {
        // S3 does not tell who may not list a bucket that something is not in it.
        let list = if self.permission == "s3:GetObject" { " and `s3:ListBucket` on its bucket" } else { "" };
        let help = format!(
            "allow `{}` on it{list}: in the policy of the role or user, in that of what it is about, and for the key that encrypts it",
            self.permission
        );
        self.refused(&format!("that is denied ({said})"), &help)
    }

    /// S3 says where the bucket is.
    fn elsewhere(&self, region: Option<&str>) -> Failure {
        match region {
            Some(region) => self.refused(&format!("the bucket is in {region}"), &format!("set AWS_REGION={region}")),
            None => self.refused("the bucket is in another region", "set AWS_REGION to the region it is in"),
        }
    }

    fn refused(&self, what: &str, help: &str) -> Failure {
        Refusal::new(self.code, self.about(what)).help(help).into()
    }

    fn passing(&self, what: &str) -> Failure {
        Fault::passing(self.about(what)).into()
    }

    fn lasting(&self, what: &str) -> Failure {
        Fault::lasting(self.about(what)).into()
    }

    fn about(&self, what: &str) -> String {
        format!("`{}` on `{}`: {what}", self.permission, self.on)
    }
}

fn has_no_credentials(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|error| matches!(error.downcast_ref(), Some(CredentialsError::CredentialsNotLoaded(_))))
}

/// An error with all its causes, on one line, no sentence twice.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        if !said.iter().any(|earlier| earlier.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
