//! Which operation a request is for. Refs and paths hold slashes, which no ordinary router lets a parameter hold.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Description;

/// Parameters that may hold slashes.
const WIDE: [&str; 5] = ["ref", "path", "basehead", "base", "head"];

/// The operation that a request is for.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// The path as the description has it: `/repos/{owner}/{repo}/git/ref/{ref}`.
    pub(crate) template: &'static str,
    /// The path's parameters, decoded.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The operation's description.
    pub(super) operation: Value,
}

impl Match {
    /// A parameter of the path.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

impl Description<'static> {
    /// The operation for a method and a path; of several, the one with the most words of its own.
    pub(crate) fn find(&'static self, method: &str, path: &str) -> Option<Match> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let method = method.to_lowercase();
        let fits = self.paths.iter().filter_map(|(template, operations)| {
            let raw = operations.get(method.as_str())?;
            let mut parameters = BTreeMap::new();
            let pattern: Vec<&str> = template.trim_matches('/').split('/').collect();
            let literal = pattern.iter().filter(|part| !part.contains('{')).count();
            fit(&pattern, &parts, &mut parameters).then_some((literal, template, raw, parameters))
        });
        let (_, template, raw, parameters) = fits.max_by_key(|(literal, ..)| *literal)?;
        let operation = serde_json::from_str(raw.get()).ok()?;
        Some(Match { template, parameters, operation })
    }
}

fn fit(pattern: &[&str], parts: &[&str], found: &mut BTreeMap<String, String>) -> bool {
    let [first, rest @ ..] = pattern else { return parts.is_empty() };
    let Some(name) = first.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
        return parts.first() == Some(first) && fit(rest, &parts[1..], found);
    };
    if name.contains('}') {
        return false;
    }
    let most = if WIDE.contains(&name) { parts.len() } else { 1.min(parts.len()) };
    for count in 1..=most {
        if fit(rest, &parts[count..], found) {
            let value = percent_decode_str(&parts[..count].join("/")).decode_utf8_lossy().into_owned();
            found.insert(name.to_owned(), value);
            return true;
        }
    }
    false
}
