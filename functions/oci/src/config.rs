//! The configuration of an image: what of the base's is inherited, and what the recipe adds.
//!
//! Source: <https://github.com/opencontainers/image-spec/blob/main/config.md>. How a base's is inherited no specification says;
//! this is what `docker build` and `buildah` do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trunkline_core::ids::Digest;
use trunkline_core::policy::{Assembly, Platform};

/// An image's configuration. The order of fields is part of its digest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Config {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    architecture: String,
    os: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    os_version: Option<String>,
    #[serde(default, rename = "os.features", skip_serializing_if = "Option::is_none")]
    os_features: Option<Vec<String>>,
    #[serde(default, rename = "config", deserialize_with = "nullable")]
    run: Run,
    pub(crate) rootfs: Root,
    #[serde(default, deserialize_with = "nullable")]
    history: Vec<Step>,
}

/// How a container of it runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Run {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    env: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entrypoint: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cmd: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    working_dir: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<String, String>>,
    /// Ports, volumes, the stop signal, Docker's health check: inherited as they are.
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// The layers, by the digests of their bare archives, lowest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Root {
    #[serde(rename = "type")]
    kind: String,
    pub(crate) diff_ids: Vec<Digest>,
}

/// How a layer came to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Step {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// A layer as the configuration names it.
pub(crate) struct Added<'a> {
    pub(crate) diff: &'a Digest,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
}

impl Config {
    /// The configuration of an image with nothing in it.
    pub(crate) fn scratch(platform: &Platform) -> Self {
        Self {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            rootfs: Root { kind: "layers".to_owned(), diff_ids: Vec::new() },
            ..Self::default()
        }
    }

    /// Whether an image with it runs on a platform. A variant counts only where both sides name one.
    pub(crate) fn runs_on(&self, platform: &Platform) -> bool {
        let variant = match (&self.variant, &platform.variant) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        self.os == platform.os && self.architecture == platform.architecture && variant
    }

    /// The platform it says it is for, in words.
    pub(crate) fn platform(&self) -> String {
        format!("{}/{}", self.os, self.architecture)
    }

    /// The configuration of the image that the recipe makes on top of this one.
    pub(crate) fn extend(
        mut self,
        assembly: &Assembly,
        created: &str,
        labels: &BTreeMap<String, String>,
        added: &[Added<'_>],
    ) -> Self {
        self.created = Some(created.to_owned());
        self.run.extend(assembly, labels);
        for layer in added {
            self.rootfs.diff_ids.push(layer.diff.clone());
            let from = if layer.from.is_empty() { "." } else { layer.from };
            let created_by = format!("trunkline: {from} to {}", layer.to);
            self.history.push(Step {
                created: Some(created.to_owned()),
                created_by: Some(created_by),
                other: BTreeMap::new(),
            });
        }
        self
    }
}

impl Run {
    /// A recipe's entrypoint takes the base's `cmd` away, which was meant for the base's own.
    fn extend(&mut self, assembly: &Assembly, labels: &BTreeMap<String, String>) {
        if let Some(entrypoint) = &assembly.entrypoint {
            self.entrypoint = Some(entrypoint.clone());
            self.cmd = None;
        }
        if let Some(cmd) = &assembly.cmd {
            self.cmd = Some(cmd.clone());
        }
        self.user = assembly.user.clone().or(self.user.take());
        self.working_dir = assembly.workdir.clone().or(self.working_dir.take());
        for (name, value) in &assembly.env {
            set(self.env.get_or_insert_default(), name, value);
        }
        let all = self.labels.get_or_insert_default();
        all.extend(labels.clone());
        all.extend(assembly.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
}

/// Sets a variable in its place in the list, or at the end.
fn set(list: &mut Vec<String>, name: &str, value: &str) {
    let line = format!("{name}={value}");
    match list.iter_mut().find(|line| line.split_once('=').is_some_and(|(other, _)| other == name)) {
        Some(found) => *found = line,
        None => list.push(line),
    }
}

/// `null`, which Go's tools write for what is empty, is the empty value.
fn nullable<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
