//! The Lambda that promotes: the tag on the very same manifest, one image at a time.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use trunkline_wiring::{Kind, Stack, work};

/// Does what the messages ask for; those that met a fault come again.
pub async fn handle(stack: &Stack, event: SqsEvent) -> SqsBatchResponse {
    work(stack, Kind::Promote, event).await
}
