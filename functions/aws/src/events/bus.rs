//! An event bus: whoever wants to know is told there.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use trunkline_core::refusal::Code;
use trunkline_ports::failure::Failure;

use crate::sdk::Request;

/// Who says it, for the bus's rules.
const SOURCE: &str = "trunkline";

/// An event bus.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The bus with this name or ARN.
    pub fn new(sdk: &SdkConfig, name: &str) -> Self {
        Self { client: Client::new(sdk), name: name.to_owned() }
    }

    /// Puts an event on the bus: its kind, and its detail as JSON.
    ///
    /// # Errors
    /// As `EventBridge` answers, also for the event inside an answer of 200.
    pub async fn put(&self, kind: &str, detail: &str) -> Result<(), Failure> {
        let request = Request { permission: "events:PutEvents", on: &self.name, code: Code::StoreUnusable };
        let entry = PutEventsRequestEntry::builder().source(SOURCE).detail_type(kind).detail(detail);
        let entry = entry.event_bus_name(&self.name).build();
        let answer = self.client.put_events().entries(entry).send().await;
        let answer = answer.map_err(|error| request.failed(&error))?;
        match answer.entries().first().filter(|_| answer.failed_entry_count() > 0) {
            Some(entry) => Err(request.told(entry.error_code(), entry.error_message())),
            None => Ok(()),
        }
    }
}
