//! Tags: how many requests they take, and when they do not move.

use std::time::{Duration, Instant};

use aws_sdk_ecr::types::ImageTagMutability;
use futures_util::future::join_all;
use insta::assert_snapshot;
use trunkline_ports::artifacts::{Manifest, Outcome};
use trunkline_testbench::proxy::Step;

use crate::stage::{Stage, digest, image, index, shown, tag};

#[tokio::test]
async fn a_tag_is_two_requests_one_with_the_record_and_no_put_when_it_is_there() {
    let stage = Stage::mutable().await;
    let one = image(100);
    let on = stage.push(&one, None).await;
    let put = async |name: &str, record: bool| {
        stage.proxy.taken();
        let outcome = stage.ecr.tag(&stage.place, &on, &tag(name), record.then_some(&one)).await.unwrap();
        (outcome, stage.proxy.actions().join(" "))
    };
    assert_eq!(put("v1", false).await, (Outcome::Changed, "BatchGetImage PutImage".to_owned()));
    assert_eq!(put("v2", true).await, (Outcome::Changed, "PutImage".to_owned()));
    assert_eq!(put("v1", false).await, (Outcome::Already, "BatchGetImage".to_owned()));
    assert_eq!(put("v2", true).await, (Outcome::Already, "PutImage".to_owned()));
    assert_eq!(stage.tags(&on).await, ["v1", "v2"]);
}

#[tokio::test]
async fn an_index_keeps_its_bytes_and_its_media_type_under_every_tag() {
    let stage = Stage::mutable().await;
    let (amd, arm) = (image(1), image(2));
    let both = index(&[&amd, &arm]);
    stage.push(&amd, None).await;
    stage.push(&arm, None).await;
    let on = stage.push(&both, Some("0123456")).await;
    assert_eq!(stage.ecr.tag(&stage.place, &on, &tag("v1"), None).await, Ok(Outcome::Changed));
    assert_eq!(stage.tags(&on).await, ["0123456", "v1"]);
    assert_eq!(stage.ecr.find(&stage.place, &on).await.unwrap().unwrap().manifest, both);
}

#[tokio::test]
async fn a_tag_that_somebody_moved_is_put_back_and_the_other_image_stays() {
    let stage = Stage::mutable().await;
    let one = stage.push(&image(1), None).await;
    let two = stage.push(&image(2), Some("v1")).await;
    assert_eq!(stage.ecr.tag(&stage.place, &one, &tag("v1"), None).await, Ok(Outcome::Changed));
    assert_eq!((stage.tags(&one).await, stage.tags(&two).await), (vec!["v1".to_owned()], vec![]));
    assert_eq!(stage.all().await.len(), 2);
}

#[tokio::test]
async fn an_immutable_tag_on_another_image_is_refused_and_on_the_same_is_there() {
    let stage = Stage::immutable().await;
    let (one, two) = (stage.push(&image(1), None).await, stage.push(&image(2), Some("v1")).await);
    let refused = stage.ecr.tag(&stage.place, &one, &tag("v1"), None).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(two.as_str(), "DIGEST"), @"
    refused, registry-rejected: the tag `v1` in `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api` is on another image, DIGEST, and may not move
    help: the repository's tags are immutable: delete that tag there if it is wrong, then run this again
    ");
    assert_eq!(stage.tags(&two).await, ["v1"]);
    assert_eq!(stage.ecr.tag(&stage.place, &two, &tag("v1"), Some(&image(2))).await, Ok(Outcome::Already));
}

#[tokio::test]
async fn a_tag_whose_answer_was_lost_is_there() {
    let mut puts = 0;
    let stage = Stage::start(ImageTagMutability::Immutable, move |action| {
        puts += usize::from(action == "PutImage");
        if action == "PutImage" && puts == 1 { Step::LoseAnswer } else { Step::Pass }
    })
    .await;
    let on = stage.push(&image(1), None).await;
    assert_eq!(stage.ecr.tag(&stage.place, &on, &tag("v1"), None).await, Ok(Outcome::Already));
    assert_eq!(stage.proxy.actions(), ["BatchGetImage", "PutImage", "PutImage"]);
    assert_eq!(stage.tags(&on).await, ["v1"]);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_tagged() {
    let stage = Stage::mutable().await;
    let absent = image(7);
    let refused = stage.ecr.tag(&stage.place, &digest(&absent), &tag("v1"), None).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(digest(&absent).as_str(), "DIGEST"), @"
    refused, artifact-missing: the image DIGEST is not in `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`
    help: was it deleted there by hand or by a lifecycle policy? build the commit again, or push it again
    ");
    let both = index(&[&absent]);
    let refused = stage.ecr.tag(&stage.place, &digest(&both), &tag("v1"), Some(&both)).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(digest(&both).as_str(), "DIGEST"), @"
    refused, artifact-missing: something that the image DIGEST refers to is not in `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`
    help: was it deleted there by hand or by a lifecycle policy? build the commit again, or push it again
    ");
}

#[tokio::test]
async fn bytes_that_are_not_the_images_are_never_sent() {
    let stage = Stage::mutable().await;
    let on = stage.push(&image(1), None).await;
    let other = Manifest { text: image(1).text.trim_end().to_owned(), ..image(1) };
    let refused = stage.ecr.tag(&stage.place, &on, &tag("v1"), Some(&other)).await.unwrap_err();
    assert!(shown(&refused).starts_with("refused, artifact-changed"), "{refused}");
    assert_eq!(stage.proxy.actions(), Vec::<String>::new());
}

#[tokio::test]
async fn thirty_tags_at_once_stay_below_the_quota() {
    let stage = Stage::mutable().await;
    let one = image(1);
    let on = stage.push(&one, None).await;
    let tags: Vec<_> = (0..30).map(|number| tag(&format!("v{number}"))).collect();
    let start = Instant::now();
    let outcomes = join_all(tags.iter().map(|tag| stage.ecr.tag(&stage.place, &on, tag, Some(&one)))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Outcome::Changed)), "{outcomes:?}");
    // Two at once, then one each eighth of a second.
    assert!(start.elapsed() >= Duration::from_millis(28 * 125), "{:?}", start.elapsed());
    assert_eq!(stage.proxy.actions(), ["PutImage"; 30]);
}

#[tokio::test]
async fn what_ecr_answers_says_what_to_do() {
    let said = async |action, status, code| {
        let stage = Stage::where_each(action, Step::Answer(status, code)).await;
        let on = stage.push(&image(1), None).await;
        shown(&stage.ecr.tag(&stage.place, &on, &tag("v1"), None).await.unwrap_err())
    };
    assert_snapshot!(said("PutImage", 400, "AccessDeniedException").await, @"
    refused, registry-denied: `ecr:PutImage` on `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`: that is denied (AccessDeniedException: so the test wants it)
    help: allow `ecr:PutImage` on it: in the policy of the role or user, in that of what it is about, and for the key that encrypts it
    ");
    assert_snapshot!(said("BatchGetImage", 400, "RepositoryNotFoundException").await, @"
    refused, registry-denied: `ecr:BatchGetImage` on `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`: there is no such repository
    help: create it, or correct the policy's `image`
    ");
    assert_snapshot!(said("PutImage", 400, "ThrottlingException").await, @"fault that may pass: `ecr:PutImage` on `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`: ThrottlingException: so the test wants it");
    assert_snapshot!(said("PutImage", 500, "ServerException").await, @"fault that may pass: `ecr:PutImage` on `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`: ServerException: so the test wants it");
    assert_snapshot!(said("PutImage", 400, "KmsException").await, @"
    refused, registry-denied: `ecr:PutImage` on `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`: its encryption key cannot be used (KmsException: so the test wants it)
    help: is the key enabled, in this region, and may these credentials use it? They need `kms:GenerateDataKey` and `kms:Decrypt`
    ");
    assert_snapshot!(said("PutImage", 400, "LimitExceededException").await, @"fault that stays: `ecr:PutImage` on `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api`: LimitExceededException: so the test wants it");
}
