//! One line of JSON for each delivery, which is its metrics too. Never a body, never a secret, and of a delivery that is
//! not believed nothing that it says.
//!
//! Source of the metrics' form: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::answer::Accepted;
use crate::refused::Refused;

/// What is known of a delivery whose signature fits.
#[derive(Default, Serialize)]
pub(crate) struct Known {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(flatten)]
    known: &'a Known,
    outcome: &'a str,
    status: u16,
    deliveries: u8,
    /// Milliseconds.
    duration: f64,
    #[serde(rename = "_aws")]
    metrics: Metrics,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metrics {
    /// Milliseconds since 1970.
    timestamp: u128,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [[&'static str; 1]; 1],
    metrics: [Metric; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

/// The line for a delivery.
pub(crate) fn line(known: &Known, ended: &Result<Accepted, Refused>, took: Duration) -> String {
    let (level, message, outcome, status) = match ended {
        Ok(accepted) => ("INFO", "accepted".to_owned(), accepted.code(), 202),
        Err(refused) if refused.fault().is_some() => ("ERROR", refused.to_string(), refused.code(), refused.status()),
        Err(refused) => ("WARN", refused.to_string(), refused.code(), refused.status()),
    };
    let error = ended.as_ref().err().and_then(Refused::fault).map(|fault| fault.said.as_str());
    let duration = took.as_secs_f64() * 1000.0;
    text(&Line { level, message, error, known, outcome, status, deliveries: 1, duration, metrics: metrics() })
}

/// The line for something that went wrong on our side, while no delivery was there to tell.
pub(crate) fn trouble(message: &str, error: &str) -> String {
    text(&serde_json::json!({ "level": "ERROR", "message": message, "error": error }))
}

fn metrics() -> Metrics {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let names = [Metric { name: "deliveries", unit: "Count" }, Metric { name: "duration", unit: "Milliseconds" }];
    let directive = Directive { namespace: "Trunkline/Receive", dimensions: [["outcome"]], metrics: names };
    Metrics { timestamp: now.as_millis(), cloud_watch_metrics: [directive] }
}

fn text(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_else(|error| format!(r#"{{"level":"ERROR","message":"no line: {error}"}}"#))
}

/// Prints a line where Lambda collects them.
pub(crate) fn print(line: &str) {
    // A log that cannot be written has nowhere to say so.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
