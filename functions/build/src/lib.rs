//! The Lambda that builds: images assembled without a daemon and zips here, what needs Docker or a command in the repository's workflow.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use trunkline_wiring::{Kind, Stack, work};

/// Does what the messages ask for; those that met a fault come again.
pub async fn handle(stack: &Stack, event: SqsEvent) -> SqsBatchResponse {
    work(stack, Kind::Build, event).await
}
