//! The template, as the tests ask it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

/// A function of the contract.
pub(crate) struct Function {
    /// Its name in the template. Its handler is the same in small letters.
    pub(crate) name: &'static str,
    /// The program it is a part of.
    pub(crate) binary: &'static str,
    /// How long it may run, in seconds.
    pub(crate) timeout: u64,
    /// Its memory, in MB.
    pub(crate) memory: u64,
    /// Whether it reads a queue of its own.
    pub(crate) queue: bool,
}

impl Function {
    /// What `_HANDLER` tells it.
    pub(crate) fn handler(&self) -> String {
        self.name.to_lowercase()
    }
}

const fn worker(name: &'static str, timeout: u64, memory: u64, queue: bool) -> Function {
    Function { name, binary: "worker", timeout, memory, queue }
}

/// Every function.
pub(crate) const FUNCTIONS: [Function; 9] = [
    Function { name: "Receive", binary: "receive", timeout: 10, memory: 128, queue: false },
    worker("Observe", 60, 256, false),
    worker("Build", 900, 2048, true),
    worker("Promote", 120, 256, true),
    worker("Deploy", 120, 256, true),
    worker("Verify", 60, 256, true),
    worker("Yank", 120, 256, true),
    worker("Sweep", 120, 256, false),
    worker("Notify", 60, 256, false),
];

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Fails with what is wrong, one line for each place.
#[track_caller]
pub(crate) fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

/// `!Ref name`.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

/// `!GetAtt name.attribute`.
pub(crate) fn attribute(name: &str, attribute: &str) -> Value {
    json!({ "Fn::GetAtt": format!("{name}.{attribute}") })
}

/// A list, also when it is one item that stands alone.
pub(crate) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// The template.
pub(crate) struct Template(pub(crate) Value);

impl Template {
    /// Reads `template.yaml`.
    pub(crate) fn load() -> Self {
        Self(trunkline_stack::read(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap())
    }

    /// The resources of a kind, by name.
    pub(crate) fn all<'t>(&'t self, kind: &str) -> Vec<(&'t str, &'t Value)> {
        let resources = self.0["Resources"].as_object().unwrap().iter();
        resources.filter(|(_, it)| it["Type"] == kind).map(|(name, it)| (name.as_str(), it)).collect()
    }

    /// A resource's properties. Fails when it is not there or of another kind.
    #[track_caller]
    pub(crate) fn properties(&self, kind: &str, name: &str) -> &Value {
        let resource = &self.0["Resources"][name];
        assert_eq!(resource["Type"], kind, "{name}");
        &resource["Properties"]
    }

    /// A function's property, its own or that of all.
    #[track_caller]
    pub(crate) fn function(&self, name: &str, property: &str) -> &Value {
        let own = &self.properties("AWS::Serverless::Function", name)[property];
        if own.is_null() { &self.0["Globals"]["Function"][property] } else { own }
    }

    /// The variables that a function is told: those of all, and its own.
    pub(crate) fn variables(&self, name: &str) -> BTreeSet<String> {
        let own = &self.properties("AWS::Serverless::Function", name)["Environment"]["Variables"];
        let all = &self.0["Globals"]["Function"]["Environment"]["Variables"];
        let names = [own, all].into_iter().filter_map(Value::as_object).flat_map(|variables| variables.keys());
        names.cloned().collect()
    }

    /// Whether an alarm watches `metric` of exactly this, calls somebody, and is raised by the first bad value.
    pub(crate) fn is_watched(&self, namespace: &str, metric: &str, dimensions: &Value) -> bool {
        let watches = |alarm: &Value| {
            alarm["Namespace"] == namespace && alarm["MetricName"] == metric && alarm["Dimensions"] == *dimensions
        };
        let zero = |alarm: &Value| {
            alarm["Threshold"] == 0
                && alarm["EvaluationPeriods"] == 1
                && alarm["ComparisonOperator"] == "GreaterThanThreshold"
        };
        let alarms = self.all("AWS::CloudWatch::Alarm");
        alarms.iter().any(|(_, alarm)| watches(&alarm["Properties"]) && zero(&alarm["Properties"]))
    }
}
