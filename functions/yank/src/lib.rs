//! The Lambda that erases what was yanked, a day later, when nothing can need it.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use trunkline_wiring::{Kind, Stack, work};

/// Does what the messages ask for; those that met a fault come again.
pub async fn handle(stack: &Stack, event: SqsEvent) -> SqsBatchResponse {
    work(stack, Kind::Yank, event).await
}
