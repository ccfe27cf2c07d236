//! What is found, what is archived, and what a lifecycle policy would take.

use aws_sdk_ecr::types::{ImageIdentifier, TargetStorageClass};
use insta::assert_snapshot;
use trunkline_aws::ecr::Expiry;
use trunkline_ports::artifacts::Image;
use trunkline_ports::failure::Failure;
use trunkline_testbench::proxy::Step;

use crate::stage::{NAME, Stage, digest, image, index, shown, tag};

#[tokio::test]
async fn an_image_is_found_byte_for_byte_with_its_size() {
    let stage = Stage::mutable().await;
    let one = image(100);
    let on = stage.push(&one, Some("v1")).await;
    let size = 100 + 10 + one.text.len() as u64;
    assert_eq!(stage.ecr.find(&stage.place, &on).await, Ok(Some(Image { digest: on.clone(), size, manifest: one })));
    assert_eq!(stage.proxy.actions(), ["BatchGetImage"]);
    assert_eq!(stage.ecr.find(&stage.place, &digest(&image(7))).await, Ok(None));
}

#[tokio::test]
async fn an_indexs_size_counts_what_its_images_share_once() {
    let stage = Stage::mutable().await;
    let (amd, arm) = (image(1000), image(500));
    stage.push(&amd, None).await;
    stage.push(&arm, None).await;
    let both = index(&[&amd, &arm]);
    let on = stage.push(&both, None).await;
    let found = stage.ecr.find(&stage.place, &on).await.unwrap().unwrap();
    assert_eq!(found.size, 1000 + 500 + 10 + (amd.text.len() + arm.text.len() + both.text.len()) as u64);
    assert_eq!(stage.proxy.actions(), ["BatchGetImage", "BatchGetImage"]);
}

#[tokio::test]
async fn an_archived_image_is_told_from_one_that_is_gone() {
    let stage = Stage::mutable().await;
    let on = stage.push(&image(1), Some("v1")).await;
    let id = ImageIdentifier::builder().image_digest(on.as_str()).build();
    let archive = stage.client.update_image_storage_class().repository_name(NAME).image_id(id);
    archive.target_storage_class(TargetStorageClass::Archive).send().await.unwrap();
    let found = stage.ecr.find(&stage.place, &on).await.unwrap_err();
    assert_snapshot!(shown(&found).replace(on.as_str(), "DIGEST"), @"
    refused, artifact-missing: the image DIGEST in `123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api` is archived: nobody can pull it
    help: restore it in ECR, or push it again, and keep the lifecycle policy from archiving what may be promoted
    ");
    let tagged = stage.ecr.tag(&stage.place, &on, &tag("v2"), None).await.unwrap_err();
    assert_eq!(shown(&tagged), shown(&found));
    stage.ecr.erase(&stage.place, &on).await.unwrap();
    assert_eq!(stage.ecr.find(&stage.place, &on).await, Ok(None));
}

#[tokio::test]
async fn an_answer_that_is_cut_off_may_be_whole_the_next_time() {
    let stage = Stage::where_each("BatchGetImage", Step::CutAnswer(60)).await;
    let on = stage.push(&image(1), None).await;
    let Err(Failure::Fault(fault)) = stage.ecr.find(&stage.place, &on).await else { panic!("not a fault") };
    assert!(fault.again, "{fault}");
}

#[tokio::test]
async fn what_a_lifecycle_policy_would_take_is_known_beforehand() {
    let stage = Stage::mutable().await;
    let (old, new) = (stage.push(&image(1), Some("old")).await, stage.push(&image(2), Some("new")).await);
    assert_eq!(stage.ecr.expiry(&stage.place).await, Ok(Expiry::Would([].into())), "without a policy nothing goes");
    let policy = r#"{"rules":[{"rulePriority":5,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}"#;
    stage.client.put_lifecycle_policy().repository_name(NAME).lifecycle_policy_text(policy).send().await.unwrap();
    stage.proxy.taken();
    assert_eq!(stage.ecr.expiry(&stage.place).await, Ok(Expiry::Pending), "the preview is asked for");
    assert_eq!(stage.proxy.actions(), ["GetLifecyclePolicyPreview", "StartLifecyclePolicyPreview"]);
    assert_eq!(stage.ecr.expiry(&stage.place).await, Ok(Expiry::Pending), "it is under way");
    assert_eq!(stage.ecr.expiry(&stage.place).await, Ok(Expiry::Would([(old, 5)].into())));
    assert!(stage.ecr.find(&stage.place, &new).await.unwrap().is_some());
}
