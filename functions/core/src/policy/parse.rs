//! Reading the policy file: as YAML, by its schema, by its meaning. Each step finds all it can; the next one starts when there was nothing.

use std::cell::RefCell;
use std::collections::VecDeque;

use sha2::{Digest as _, Sha256};

use super::document::{Node, Position};
use super::{Policy, check, reader, shape};
use crate::ids::Digest;
use crate::refusal::Refusal;

/// How many policies are remembered: trunk's, and those of the commits around it, which are mostly the same.
const REMEMBERED: usize = 4;

thread_local! {
    /// The policies that were read last, newest first: the same text is asked for again and again, and its patterns take long to
    /// prepare. What a text says does not change, so nobody can tell.
    static READ: RefCell<VecDeque<(String, Result<Policy, Refusal>)>> = const { RefCell::new(VecDeque::new()) };
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// The first thing that is wrong with it, in the order of the file; [`Policy::check`] gives them all.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if let Some((_, known)) = READ.with_borrow(|read| read.iter().find(|(known, _)| known == text).cloned()) {
            return known;
        }
        let policy = read(text).map_err(|mut found| found.swap_remove(0));
        READ.with_borrow_mut(|read| {
            read.truncate(REMEMBERED - 1);
            read.push_front((text.to_owned(), policy.clone()));
        });
        policy
    }

    /// Everything that is wrong with a policy, in the order of the file; nothing when it is good.
    pub fn check(text: &str) -> Vec<Refusal> {
        read(text).err().unwrap_or_default()
    }

    /// The digest of a policy's text: what a deployment names its policy by.
    pub fn digest(text: &str) -> Digest {
        Digest::from_sum(Sha256::digest(text).into())
    }
}

/// The policy, or at least one refusal.
fn read(text: &str) -> Result<Policy, Vec<Refusal>> {
    let document = reader::read(text).map_err(in_order)?;
    some(shape::findings(&document))?;
    let policy = build(&document).map_err(|refusal| vec![refusal])?;
    some(check::findings(&policy, &document))?;
    Ok(policy)
}

fn some(found: Vec<Refusal>) -> Result<(), Vec<Refusal>> {
    if found.is_empty() { Ok(()) } else { Err(in_order(found)) }
}

fn in_order(mut found: Vec<Refusal>) -> Vec<Refusal> {
    found.sort_by(|left, right| left.place.cmp(&right.place));
    found.dedup();
    found
}

/// Makes the types, through JSON: it keeps the order and has every value a policy may have.
fn build(document: &Node) -> Result<Policy, Refusal> {
    let policy = serde_json::to_string(document).and_then(|text| serde_json::from_str(&text));
    // The shape has been checked, so this is a case in which the schema and the types do not agree.
    policy.map_err(|error| {
        Position::START.refuse(format!("the policy cannot be read: {error}"), "report this, with the policy")
    })
}
