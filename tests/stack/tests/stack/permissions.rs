//! Permissions, both ways: what a function's sources call is granted to its role, and what is granted is called.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::sources::sources;
use crate::template::{FUNCTIONS, Template, list, none, reference};

const ALL: &[&str] = &["Receive", "Observe", "Build", "Promote", "Deploy", "Verify", "Yank", "Sweep", "Notify"];
/// Who works on the store.
const WORK: &[&str] = &["Observe", "Build", "Promote", "Deploy", "Verify", "Yank", "Sweep", "Notify"];
/// Who decides, and so sends what is outstanding.
const DECIDE: &[&str] = &["Observe", "Build", "Promote", "Deploy", "Verify", "Yank", "Sweep"];
/// Who reads a queue.
const QUEUED: &[&str] = &["Build", "Promote", "Deploy", "Verify", "Yank"];

const RECEIVE: &str = "functions/receive/src";
const BUCKET: &str = "functions/aws/src/bucket";
const EVENTS: &str = "functions/aws/src/events";
const ECR: &str = "functions/aws/src/ecr";

/// The table: where a call is made, the permission it needs, and the functions that make it.
///
/// A call that is in the sources and not here fails the test, as does one that is here and not in its folder.
const CALLS: &[(&str, &str, &[&str])] = &[
    (RECEIVE, "secretsmanager:GetSecretValue", &["Receive"]),
    (RECEIVE, "events:PutEvents", &["Receive"]),
    (RECEIVE, "s3:PutObject", &["Receive"]),
    (BUCKET, "s3:GetObject", WORK),
    (BUCKET, "s3:GetObjectVersion", WORK),
    (BUCKET, "s3:PutObject", WORK),
    (BUCKET, "s3:ListBucketVersions", WORK),
    (BUCKET, "s3:DeleteObjectVersion", &["Yank"]),
    (EVENTS, "secretsmanager:GetSecretValue", WORK),
    (EVENTS, "sqs:SendMessage", DECIDE),
    (EVENTS, "sqs:ChangeMessageVisibility", QUEUED),
    (EVENTS, "events:PutEvents", DECIDE),
    (EVENTS, "sns:Publish", &["Notify"]),
    (ECR, "ecr:GetAuthorizationToken", &["Build"]),
    (ECR, "ecr:BatchGetImage", &["Promote", "Yank"]),
    (ECR, "ecr:PutImage", &["Promote"]),
    (ECR, "ecr:DescribeImages", &["Promote", "Yank"]),
    (ECR, "ecr:BatchDeleteImage", &["Yank"]),
    (ECR, "ecr:GetLifecyclePolicyPreview", &["Sweep"]),
    (ECR, "ecr:StartLifecyclePolicyPreview", &["Sweep"]),
];

/// What no source calls by that name, who needs it all the same, and why.
const PLATFORM: &[(&str, &[&str], &str)] = &[
    ("logs:CreateLogStream", ALL, "Lambda writes the log as the function's role"),
    ("logs:PutLogEvents", ALL, "Lambda writes the log as the function's role"),
    ("xray:PutTraceSegments", ALL, "Lambda sends traces as the function's role"),
    ("xray:PutTelemetryRecords", ALL, "Lambda sends traces as the function's role"),
    ("sqs:ReceiveMessage", QUEUED, "Lambda reads the queue as the function's role"),
    ("sqs:DeleteMessage", QUEUED, "Lambda reads the queue as the function's role"),
    ("sqs:GetQueueAttributes", QUEUED, "Lambda reads the queue as the function's role"),
    ("sqs:SendMessage", &["Observe", "Notify"], "Lambda puts what failed for good into a queue as the function's role"),
    ("s3:ListBucket", WORK, "without it, S3 refuses to say that an object is not there"),
    ("kms:Decrypt", WORK, "S3 opens an object with the key as whoever reads it"),
    ("kms:GenerateDataKey", ALL, "S3 closes an object with the key as whoever writes it"),
    ("ecr:BatchCheckLayerAvailability", &["Build"], "the registry's protocol: is a blob there"),
    ("ecr:BatchGetImage", &["Build"], "the registry's protocol: is a manifest there, and what is it"),
    ("ecr:GetDownloadUrlForLayer", &["Build"], "the registry's protocol: a blob of the base, or of a manifest"),
    ("ecr:InitiateLayerUpload", &["Build"], "the registry's protocol: a blob is sent"),
    ("ecr:UploadLayerPart", &["Build"], "the registry's protocol: a blob is sent"),
    ("ecr:CompleteLayerUpload", &["Build"], "the registry's protocol: a blob is sent"),
    ("ecr:PutImage", &["Build"], "the registry's protocol: a manifest is sent"),
];

/// Calls whose sources do not name a permission, by the code that makes them.
const UNNAMED: &[(&str, &str, &str)] = &[(RECEIVE, "aws.put_object(", "s3:PutObject")];

/// What knows no resources, so that it can only be granted on everything.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html> and `list_awsx-ray`
const ON_EVERYTHING: &[&str] = &["ecr:GetAuthorizationToken", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

#[test]
fn every_call_in_the_sources_is_in_the_table_and_none_else_is() {
    let made = made();
    let mut wrong = Vec::new();
    for (file, permissions) in &made {
        for permission in permissions {
            if !CALLS.iter().any(|(folder, known, _)| file.starts_with(*folder) && known == permission) {
                wrong.push(format!("{file} calls `{permission}`: say in CALLS which functions do"));
            }
        }
    }
    for (folder, permission, _) in CALLS {
        let called = made.iter().any(|(file, made)| file.starts_with(*folder) && made.contains(*permission));
        if !called {
            wrong.push(format!("nothing in {folder} calls `{permission}` any more: take it out of CALLS"));
        }
    }
    none(&wrong, "the table and the sources do not agree");
}

#[test]
fn every_function_may_do_what_it_does_and_nothing_else() {
    let template = Template::load();
    let mut wrong = Vec::new();
    for function in &FUNCTIONS {
        let calls = CALLS.iter().map(|(_, permission, functions)| (*permission, *functions));
        let needs = calls.chain(PLATFORM.iter().map(|(permission, functions, _)| (*permission, *functions)));
        let needs = needs.filter(|(_, functions)| functions.contains(&function.name));
        let needs: BTreeSet<String> = needs.map(|(permission, _)| permission.to_owned()).collect();
        let granted: BTreeSet<String> = grants(&template, function.name).into_iter().flat_map(actions).collect();
        wrong.extend(needs.difference(&granted).map(|lacks| format!("{} needs `{lacks}` and lacks it", function.name)));
        wrong.extend(
            granted.difference(&needs).map(|has| format!("{} has `{has}` and does not need it", function.name)),
        );
    }
    none(&wrong, "a role does not fit its function");
}

#[test]
fn nothing_is_granted_on_everything() {
    let template = Template::load();
    let mut wrong = Vec::new();
    for function in &FUNCTIONS {
        for statement in grants(&template, function.name) {
            assert_eq!(statement["Effect"], "Allow", "{statement}");
            let wide = list(&statement["Resource"]).into_iter().any(|resource| resource == "*")
                || statement["Resource"].is_null();
            let granted = actions(statement);
            wrong.extend(
                granted
                    .iter()
                    .filter(|action| action.contains('*'))
                    .map(|action| format!("{}: `{action}`", function.name)),
            );
            if wide && !granted.iter().all(|action| ON_EVERYTHING.contains(&action.as_str())) {
                wrong.push(format!("{}: {granted:?} on everything", function.name));
            }
        }
    }
    none(&wrong, "a grant is wider than it has to be");
}

#[test]
fn nobody_may_take_anything_out_of_the_ledger() {
    let template = Template::load();
    for function in &FUNCTIONS {
        for statement in grants(&template, function.name) {
            if actions(statement).iter().any(|action| action.starts_with("s3:Delete")) {
                assert_eq!(
                    statement["Resource"],
                    json!({ "Fn::Sub": "${Bucket.Arn}/store/packages/*" }),
                    "{}",
                    function.name
                );
            }
        }
    }
}

/// The permissions that each source's calls need, by its path.
fn made() -> BTreeMap<String, BTreeSet<String>> {
    let mut made: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // What all adapters share makes no call; it only compares with what was called.
    for source in sources().iter().filter(|source| !source.file.starts_with("functions/aws/src/sdk/")) {
        let unnamed =
            UNNAMED.iter().filter(|(folder, code, _)| source.file.starts_with(folder) && source.code.contains(code));
        let unnamed = unnamed.map(|(_, _, permission)| (*permission).to_owned());
        let permissions: BTreeSet<String> = source.literals().filter_map(permission).chain(unnamed).collect();
        if !permissions.is_empty() {
            made.insert(source.file.clone(), permissions);
        }
    }
    assert!(!made.is_empty(), "no source names a permission");
    made
}

/// The permission that a text names: `s3:PutObject`, or `AWSEvents.PutEvents` as the header `X-Amz-Target` has it.
fn permission(text: &str) -> Option<String> {
    let (service, action) = text.split_once([':', '.'])?;
    let service = if service == "AWSEvents" { "events" } else { service };
    let known = [
        "dynamodb",
        "ecr",
        "events",
        "kms",
        "lambda",
        "logs",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "states",
        "sts",
    ];
    let is_action = action.starts_with(|first: char| first.is_ascii_uppercase())
        && action.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (known.contains(&service) && is_action).then(|| format!("{service}:{action}"))
}

/// The statements of a function's role: its own, those of policies that it names, and those of policies that name it.
fn grants<'t>(template: &'t Template, function: &str) -> Vec<&'t Value> {
    let name = format!("{function}Role");
    let role = template.properties("AWS::IAM::Role", &name);
    let mut statements = Vec::new();
    for policy in list(&role["Policies"]) {
        statements.extend(branches(&policy["PolicyDocument"]["Statement"]));
    }
    for managed in branches(&role["ManagedPolicyArns"]) {
        // One of AWS's would be an ARN, and is for all accounts' resources.
        let managed =
            managed["Ref"].as_str().unwrap_or_else(|| panic!("{name} has a policy that is not of this stack"));
        let policy = template.properties("AWS::IAM::ManagedPolicy", managed);
        statements.extend(branches(&policy["PolicyDocument"]["Statement"]));
    }
    for (_, policy) in template.all("AWS::IAM::Policy") {
        let properties = &policy["Properties"];
        if list(&properties["Roles"]).contains(&&reference(&name)) {
            statements.extend(branches(&properties["PolicyDocument"]["Statement"]));
        }
    }
    statements
}

/// The items of a list, with both of those that a condition chooses between.
fn branches<'v>(value: &'v Value) -> Vec<&'v Value> {
    let nothing = |item: &&Value| item["Ref"] == "AWS::NoValue";
    let either = |item: &'v Value| match &item["Fn::If"] {
        Value::Array(chosen) => chosen[1..].iter().collect(),
        _ => vec![item],
    };
    list(value).into_iter().flat_map(either).filter(|item| !nothing(item)).collect()
}

fn actions(statement: &Value) -> Vec<String> {
    list(&statement["Action"]).into_iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}
