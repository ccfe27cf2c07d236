//! What S3 refuses, and what is said about it.

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use insta::assert_snapshot;
use trunkline_aws::bucket::Bucket;
use trunkline_aws::ledger::S3Ledger;
use trunkline_core::refusal::Code;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::Ledger;
use trunkline_testbench::proxy::{Proxy, Step};

use crate::stage::{configured, refused};

/// Who has no credentials.
#[derive(Debug)]
struct Nobody;

impl ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("nobody is logged in")))
    }
}

/// What is said when every answer is this one.
async fn said(status: u16, code: &'static str) -> String {
    let proxy = Proxy::before("127.0.0.1:1", move |_| Step::Answer(status, code)).await;
    let place = Bucket::new(&configured(&proxy.url()).await, "acme-artifacts", "", None);
    let said = match S3Ledger::open(&place, &"shop".parse().unwrap()).checkpoint(1).await {
        Err(Failure::Refused(refusal)) => {
            assert_eq!(refusal.code, Code::StoreUnusable);
            refusal.to_string()
        }
        Err(Failure::Fault(fault)) => format!("{} ({})", fault, if fault.again { "passing" } else { "lasting" }),
        Ok(_) => "taken".to_owned(),
    };
    said.replace("ledger/project/shop/checkpoints/newest.1.jsonl", "KEY")
}

#[tokio::test]
async fn what_is_denied_names_the_permission() {
    assert_snapshot!(said(403, "AccessDenied").await, @"
    `s3:GetObject` on `s3://acme-artifacts/KEY`: that is denied (AccessDenied: so the test wants it)
    help: allow `s3:GetObject` on it and `s3:ListBucket` on its bucket: in the policy of the role or user, in that of what it is about, and for the key that encrypts it
    ");
}

#[tokio::test]
async fn what_must_be_mended_says_how() {
    assert_snapshot!(said(404, "NoSuchBucket").await, @"
    `s3:GetObject` on `s3://acme-artifacts/KEY`: there is no such bucket
    help: create it, or correct the policy's `store`
    ");
    assert_snapshot!(said(403, "ExpiredToken").await, @"
    `s3:GetObject` on `s3://acme-artifacts/KEY`: the credentials are not taken (ExpiredToken: so the test wants it)
    help: log in, set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given; `aws sts get-caller-identity` tells whether they are good
    ");
    assert_snapshot!(said(301, "PermanentRedirect").await, @"
    `s3:GetObject` on `s3://acme-artifacts/KEY`: the bucket is in eu-west-3
    help: set AWS_REGION=eu-west-3
    ");
    assert_snapshot!(said(400, "KMS.DisabledException").await, @"
    `s3:GetObject` on `s3://acme-artifacts/KEY`: its encryption key cannot be used (KMS.DisabledException: so the test wants it)
    help: is the key enabled, in this region, and may these credentials use it? They need `kms:GenerateDataKey` and `kms:Decrypt`
    ");
    assert_snapshot!(said(403, "RequestTimeTooSkewed").await, @"`s3:GetObject` on `s3://acme-artifacts/KEY`: this machine's clock is wrong: set it, then run this again (lasting)");
    assert_snapshot!(said(400, "InvalidRequest").await, @"`s3:GetObject` on `s3://acme-artifacts/KEY`: InvalidRequest: so the test wants it (lasting)");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_later() {
    assert_snapshot!(said(503, "SlowDown").await, @"`s3:GetObject` on `s3://acme-artifacts/KEY`: SlowDown: so the test wants it (passing)");
    assert_snapshot!(said(500, "InternalError").await, @"`s3:GetObject` on `s3://acme-artifacts/KEY`: InternalError: so the test wants it (passing)");
}

#[tokio::test]
async fn nobody_to_be_is_a_refusal_that_says_who_one_could_be() {
    let none = configured("http://127.0.0.1:1")
        .await
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(Nobody))
        .build();
    let place = Bucket::new(&none, "acme-artifacts", "", None);
    let refusal = refused(S3Ledger::open(&place, &"shop".parse().unwrap()).read(1).await, "there are no credentials");
    assert!(refusal.help.unwrap().contains("AWS_PROFILE"));
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_may_be_served_later() {
    let place = Bucket::new(&configured("http://127.0.0.1:1").await, "acme-artifacts", "", None);
    let read = S3Ledger::open(&place, &"shop".parse().unwrap()).read(1).await;
    let Err(Failure::Fault(fault)) = read else { panic!("{read:?}") };
    assert!(fault.again && fault.message.contains("s3:ListBucketVersions"), "{fault}");
}
