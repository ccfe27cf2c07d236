//! Lines of the log: JSON, one for each wake-up, which is its metrics too. Never a secret, never a body.
//!
//! Source of the metrics' form: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use trunkline_core::ids::Time;
use trunkline_core::view::Moment;

/// The namespace of the metrics.
const NAMESPACE: &str = "Trunkline";

/// Says how a wake-up ended: `fields` tell what it was for. `oldest` is how long something has been outstanding.
pub fn line(function: &str, outcome: &str, now: Time, took: Duration, oldest: Option<Duration>, fields: &Value) {
    let mut metrics = vec![metric("Wakes", "Count"), metric("Duration", "Milliseconds")];
    if oldest.is_some() {
        metrics.push(metric("OldestOutstanding", "Seconds"));
    }
    let mut line = json!({
        "level": if outcome == "fault" { "ERROR" } else { "INFO" },
        "at": Moment(now).to_string(),
        "function": function,
        "outcome": outcome,
        "Wakes": 1,
        "Duration": took.as_secs_f64() * 1000.0,
        "_aws": {
            "Timestamp": now.0,
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["function", "outcome"], ["function"], []], "Metrics": metrics }],
        },
    });
    if let Some(oldest) = oldest {
        line["OldestOutstanding"] = json!(oldest.as_secs());
    }
    if let (Some(line), Some(fields)) = (line.as_object_mut(), fields.as_object()) {
        line.extend(fields.clone());
    }
    print(&line);
}

/// Says what went wrong where no wake-up could tell.
pub fn trouble(function: &str, message: &str) {
    print(&json!({ "level": "ERROR", "function": function, "outcome": "fault", "error": message }));
}

fn metric(name: &str, unit: &str) -> Value {
    json!({ "Name": name, "Unit": unit })
}

/// Prints a line where Lambda collects them.
fn print(line: &Value) {
    // A log that cannot be written has nowhere to say so.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
