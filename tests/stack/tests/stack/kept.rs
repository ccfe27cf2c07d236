//! Where things are kept: the bucket, its key, and the secrets.

use serde_json::{Value, json};

use crate::sources::sources;
use crate::template::{Template, attribute, list, reference};

#[test]
fn the_bucket_keeps_versions_is_encrypted_and_is_nobody_elses() {
    let template = Template::load();
    let bucket = template.properties("AWS::S3::Bucket", "Bucket");
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    let expected = json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": attribute("Key", "Arn") });
    assert_eq!(encryption["ServerSideEncryptionByDefault"], expected);
    assert_eq!(encryption["BucketKeyEnabled"], true);
    let blocked = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert!(blocked.len() == 4 && blocked.values().all(|blocked| *blocked == true), "{blocked:?}");
    assert_eq!(template.properties("AWS::KMS::Key", "Key")["EnableKeyRotation"], true);
}

#[test]
fn neither_the_bucket_nor_its_key_goes_with_the_stack() {
    let template = Template::load();
    for name in ["Bucket", "Key"] {
        let resource = &template.0["Resources"][name];
        assert_eq!(
            (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]),
            (&json!("Retain"), &json!("Retain"))
        );
    }
}

#[test]
fn the_bucket_refuses_what_is_not_over_tls_and_what_would_write_over_an_entry() {
    let template = Template::load();
    let policy = template.properties("AWS::S3::BucketPolicy", "BucketRules");
    assert_eq!(policy["Bucket"], reference("Bucket"));
    let statements = list(&policy["PolicyDocument"]["Statement"]);
    let denies = |action: &str, condition: &Value| {
        statements.iter().any(|statement| {
            statement["Effect"] == "Deny"
                && statement["Principal"] == "*"
                && statement["Action"] == action
                && statement["Condition"] == *condition
        })
    };
    assert!(denies("s3:*", &json!({ "Bool": { "aws:SecureTransport": false } })));
    assert!(denies("s3:PutObject", &json!({ "Null": { "s3:if-none-match": true } })));
    assert!(statements.iter().all(|statement| statement["Effect"] == "Deny"), "who may is said by roles");
    let entries = format!("${{Bucket.Arn}}/store/ledger/project/*/{}.json", "?".repeat(20));
    assert!(
        statements.iter().any(|statement| statement["Resource"] == json!({ "Fn::Sub": entries })),
        "{statements:?}"
    );
    let sources = sources();
    let ledger = sources.iter().find(|source| source.file == "functions/aws/src/ledger/mod.rs").unwrap();
    assert!(ledger.literals().any(|text| text == "ledger/project"), "entries are elsewhere by now");
}

#[test]
fn what_nobody_needs_any_more_goes_by_itself_and_the_ledger_never_does() {
    let template = Template::load();
    let bucket = template.properties("AWS::S3::Bucket", "Bucket");
    let rules = list(&bucket["LifecycleConfiguration"]["Rules"]);
    assert!(rules.iter().any(|rule| !rule["AbortIncompleteMultipartUpload"].is_null() && rule["Status"] == "Enabled"));
    for rule in rules {
        let place = rule["Prefix"].as_str().unwrap_or_default();
        let expires = !rule["ExpirationInDays"].is_null();
        assert_eq!(expires, place == "deliveries/", "{rule}");
        if place.starts_with("store/") {
            assert!(rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"].as_u64() > Some(0), "{rule}");
        }
    }
}

#[test]
fn the_webhooks_secret_is_made_here_and_the_apps_key_is_left_to_a_person() {
    let template = Template::load();
    let made = &template.properties("AWS::SecretsManager::Secret", "WebhookSecret")["GenerateSecretString"];
    assert!(made["PasswordLength"].as_u64() >= Some(32) && made["SecretStringTemplate"].is_null(), "{made}");
    let key = template.properties("AWS::SecretsManager::Secret", "GitHubKey").as_object().unwrap();
    assert_eq!(key.keys().collect::<Vec<_>>(), ["Description"], "an update would write over what was put there");
}
