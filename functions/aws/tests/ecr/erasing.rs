//! Erasing: what goes, and what somebody else needs and stays.

use trunkline_ports::artifacts::Outcome;

use crate::stage::{Stage, image, index, shown};

#[tokio::test]
async fn an_image_goes_with_all_its_tags_and_again_is_no_error() {
    let stage = Stage::mutable().await;
    let one = stage.push(&image(1), Some("0123456")).await;
    stage.push(&image(1), Some("v1")).await;
    let two = stage.push(&image(2), Some("v2")).await;
    assert_eq!(stage.ecr.erase(&stage.place, &one).await, Ok(Outcome::Changed));
    assert_eq!(stage.ecr.erase(&stage.place, &one).await, Ok(Outcome::Already));
    assert_eq!(stage.all().await, [(two, vec!["v2".to_owned()])]);
}

#[tokio::test]
async fn an_index_goes_before_its_images_and_those_that_others_need_stay() {
    let stage = Stage::mutable().await;
    let [alone, shared, named] = [image(1), image(2), image(3)];
    stage.push(&alone, None).await;
    let shared_digest = stage.push(&shared, None).await;
    let named_digest = stage.push(&named, Some("v3")).await;
    let one = stage.push(&index(&[&alone, &shared, &named]), Some("v1")).await;
    let two = stage.push(&index(&[&shared]), Some("v2")).await;
    assert_eq!(stage.ecr.erase(&stage.place, &one).await, Ok(Outcome::Changed));
    let mut left: Vec<_> = stage.all().await.into_iter().map(|(digest, _)| digest).collect();
    left.sort();
    let mut expected = [two, shared_digest, named_digest];
    expected.sort();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn an_image_that_an_index_refers_to_is_not_erased() {
    let stage = Stage::mutable().await;
    let one = image(1);
    let digest = stage.push(&one, Some("v1")).await;
    stage.push(&index(&[&one]), Some("v2")).await;
    let refused = stage.ecr.erase(&stage.place, &digest).await.unwrap_err();
    assert!(shown(&refused).contains("delete that index first"), "{refused}");
    assert_eq!(stage.tags(&digest).await, ["v1"]);
}
