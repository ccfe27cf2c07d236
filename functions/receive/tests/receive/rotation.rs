//! The webhook's secret changes while the function runs.

use std::time::Duration;

use trunkline_receive::{Patience, Receiver, settings};

use crate::delivery::{Delivery, answer, logged, push, settings as given};
use crate::stand_in::{Reply, StandIn};

const ASKED: &str = "secretsmanager.GetSecretValue";

async fn receiver(patience: Patience) -> (StandIn, Receiver) {
    let stand_in = StandIn::start().await;
    let mut settings = given(&stand_in.endpoint, &[(settings::SECRET_ID, "webhook")]);
    settings.patience = patience;
    (stand_in, Receiver::new(settings))
}

fn signed(secret: &str, id: &str) -> Delivery {
    Delivery::new(id, "ping", push().to_string()).signed(secret)
}

async fn status(receiver: &Receiver, delivery: &Delivery) -> String {
    answer(receiver, delivery).await[..3].to_owned()
}

#[tokio::test]
async fn a_new_secret_is_good_at_once_and_the_old_one_beside_it() {
    let (stand_in, receiver) = receiver(Patience { secrets_apart: Duration::ZERO, ..Patience::default() }).await;
    stand_in.secrets(&["old"]);
    receiver.warm().await;
    assert_eq!(stand_in.asked(), [ASKED, ASKED], "the current one, and the one before it");
    assert_eq!(status(&receiver, &signed("old", "1")).await, "202");
    assert_eq!(stand_in.asked(), [""; 0], "it is kept");
    stand_in.secrets(&["new", "old"]);
    assert_eq!(status(&receiver, &signed("new", "2")).await, "202");
    assert_eq!(status(&receiver, &signed("old", "3")).await, "202");
    stand_in.secrets(&["newer", "new"]);
    assert_eq!(status(&receiver, &signed("newer", "4")).await, "202");
    assert_eq!(status(&receiver, &signed("old", "5")).await, "401");
}

#[tokio::test]
async fn strangers_cannot_make_us_ask_at_their_pace() {
    let (stand_in, receiver) = receiver(Patience::default()).await;
    stand_in.secrets(&["ours"]);
    receiver.warm().await;
    stand_in.seen();
    for id in ["1", "2", "3"] {
        assert_eq!(status(&receiver, &signed("theirs", id)).await, "401");
    }
    assert_eq!(stand_in.asked(), [""; 0], "it had just been read");
}

#[tokio::test]
async fn a_secret_that_was_taken_back_is_refused_when_the_kept_one_is_old() {
    let (stand_in, receiver) = receiver(Patience { secrets_kept: Duration::ZERO, ..Patience::default() }).await;
    stand_in.secrets(&["leaked"]);
    assert_eq!(status(&receiver, &signed("leaked", "1")).await, "202");
    stand_in.secrets(&["new"]);
    assert_eq!(status(&receiver, &signed("leaked", "2")).await, "401");
    let broken = Reply::Says(400, r#"{"__type": "AccessDeniedException"}"#);
    stand_in.next(&[broken]);
    assert_eq!(status(&receiver, &signed("new", "3")).await, "202", "an old one is better than none");
}

#[tokio::test]
async fn without_secrets_nobody_is_believed_and_nothing_is_lost() {
    let (stand_in, receiver) = receiver(Patience::default()).await;
    receiver.warm().await;
    assert_eq!(logged()[0]["message"], "the webhook's secrets cannot be read");
    assert_eq!(answer(&receiver, &signed("ours", "1")).await, "503 the signature cannot be checked now");
    stand_in.secrets(&["ours"]);
    assert_eq!(status(&receiver, &signed("ours", "1")).await, "202");
}

#[tokio::test]
async fn an_empty_secret_is_none() {
    let (stand_in, receiver) = receiver(Patience::default()).await;
    stand_in.secrets(&[""]);
    assert_eq!(status(&receiver, &signed("", "1")).await, "503");
}
