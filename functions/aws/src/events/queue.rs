//! FIFO queues: what is outstanding goes there, one message at a time in each group.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use trunkline_core::refusal::Code;
use trunkline_ports::failure::{Failure, Fault};

use crate::sdk::Request;

/// How many messages one request sends at most.
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const AT_ONCE: usize = 10;

/// FIFO queues.
#[derive(Clone, Debug)]
pub struct Queues {
    client: Client,
}

/// A message for a FIFO queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Messages of one group come one after another: letters, digits and punctuation, 128 at most.
    pub group: String,
    /// Of messages with one id, those that follow the first within five minutes are taken for it: 128 characters at most.
    /// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
    pub id: String,
    /// The text.
    pub body: String,
}

impl Queues {
    /// The queues of the account and region that `sdk` is for.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }

    /// Sends messages to the queue at this address, in their order; a repeat is the queue's to see.
    ///
    /// # Errors
    /// As SQS answers, also for a single one of them.
    pub async fn send(&self, queue: &str, messages: &[Message]) -> Result<(), Failure> {
        let request = Request { permission: "sqs:SendMessage", on: queue, code: Code::StoreUnusable };
        for some in messages.chunks(AT_ONCE) {
            let entries = some.iter().enumerate().map(|(number, message)| entry(number, message));
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let sent = self.client.send_message_batch().queue_url(queue).set_entries(Some(entries)).send().await;
            let answer = sent.map_err(|error| request.failed(&error))?;
            if let Some(failed) = answer.failed().first() {
                return Err(untaken(&request, failed));
            }
        }
        Ok(())
    }

    /// Brings a message that was received back to the queue after so many seconds, whatever its time there was.
    ///
    /// # Errors
    /// As SQS answers.
    pub async fn bring_back(&self, queue: &str, receipt: &str, seconds: i32) -> Result<(), Failure> {
        let request = Request { permission: "sqs:ChangeMessageVisibility", on: queue, code: Code::StoreUnusable };
        let change = self.client.change_message_visibility().queue_url(queue).receipt_handle(receipt);
        let changed = change.visibility_timeout(seconds).send().await;
        changed.map(drop).map_err(|error| request.failed(&error))
    }
}

fn entry(number: usize, message: &Message) -> Result<SendMessageBatchRequestEntry, Fault> {
    let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(&message.body);
    let entry = entry.message_group_id(&message.group).message_deduplication_id(&message.id).build();
    entry.map_err(|error| Fault::lasting(format!("a message cannot be sent: {error}")))
}

fn untaken(request: &Request<'_>, failed: &BatchResultErrorEntry) -> Failure {
    let message = failed.message();
    if failed.sender_fault() {
        return request.told(Some(failed.code()), message);
    }
    let said = message.unwrap_or_else(|| failed.code());
    Fault::passing(format!("`{}` on `{}`: {said}", request.permission, request.on)).into()
}
