//! What types and schema cannot hold: names that must exist, orders without a circle, places that must not collide.
//!
//! Each file here is one part of the policy; all of them say everything they find, and where.

mod artifacts;
mod environments;
mod graph;
mod order;
mod places;
mod project;
mod reference;
mod text;

use super::Policy;
use super::document::Node;
use crate::refusal::Refusal;

/// The most artifacts, and the most environments, of a policy: what every one of them brings is compared with every other.
const MOST: usize = 200;

/// Everything in the policy that has no meaning.
pub(super) fn findings(policy: &Policy, document: &Node) -> Vec<Refusal> {
    let mut findings = Findings { document, found: Vec::new() };
    for (key, count) in [("artifacts", policy.artifacts.len()), ("environments", policy.environments.len())] {
        if count > MOST {
            findings.say(&[key], format!("the policy has {count} {key}, more than {MOST}"), "split the project");
            return findings.found;
        }
    }
    project::check(policy, &mut findings);
    artifacts::check(policy, &mut findings);
    environments::check(policy, &mut findings);
    places::check(policy, &mut findings);
    order::check(policy, &mut findings);
    findings.found
}

/// What has been found so far, and the document it was found in.
struct Findings<'a> {
    document: &'a Node,
    found: Vec<Refusal>,
}

impl Findings<'_> {
    /// Refuses what is at the end of `path`, or the last part of it that is there.
    fn say(&mut self, path: &[&str], message: impl Into<String>, help: impl Into<String>) {
        self.found.push(self.document.place(path).refuse(message, help));
    }

    /// The same for the item of a list.
    fn say_of_item(&mut self, path: &[&str], index: usize, message: impl Into<String>, help: impl Into<String>) {
        let index = index.to_string();
        self.say(&[path, &[&index]].concat(), message, help);
    }

    /// Whether the key at the end of `path` is written.
    fn has(&self, path: &[&str]) -> bool {
        self.document.get(path).is_some()
    }
}
