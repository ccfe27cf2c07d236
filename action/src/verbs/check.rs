//! `check`: everything that is wrong with a policy file.

use std::path::PathBuf;

use serde_json::json;
use trunkline_core::policy::{FILE, Policy};
use trunkline_ports::failure::Failure;

use crate::answer::{Answer, Exit, document};
use crate::arguments::Common;
use crate::project;

/// As JSON `{"file", "findings": [refusal, …]}`, or the schema itself.
pub(super) fn check(common: &Common, file: Option<PathBuf>, schema: bool) -> Result<Answer, Failure> {
    if schema {
        let schema = Policy::schema();
        return Answer::done(&format!("{schema:#}\n"), &schema);
    }
    let start = common.directory.clone().unwrap_or_default();
    let path = match file.or_else(|| common.policy.clone()) {
        Some(file) => start.join(file),
        None => project::root(common)?.join(FILE),
    };
    let mut findings = Policy::check(&project::text(&path)?);
    let shown = path.display().to_string();
    for place in findings.iter_mut().filter_map(|finding| finding.place.as_mut()) {
        place.file.clone_from(&shown);
    }
    let told = findings.iter().map(|finding| format!("{}\n", finding.to_string().replace('\n', "\n  ")));
    let (text, exit) = if findings.is_empty() {
        (format!("{shown}: nothing is wrong with it\n"), Exit::Done)
    } else {
        (told.collect(), Exit::Refused)
    };
    Ok(Answer { text, json: json!({ "file": shown, "findings": document(&findings)? }), exit })
}
