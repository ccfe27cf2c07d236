//! The rules for browsers and Node: text in, text out, and nothing else goes in or out.
//!
//! A ledger is given as its entries in order: a JSON array, or entry after entry (lines, or the files one after another).
//! What is thrown is a refusal's text: what is wrong, and on a line of its own `help:` with what to do.

mod entries;
#[cfg(test)]
mod tests;

use trunkline_core::decide::{decide, without_policy};
use trunkline_core::fact::Entry;
use trunkline_core::ids::{Commit, Time};
use trunkline_core::plan::Plan;
use trunkline_core::policy::Policy;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::state::State;
use trunkline_core::view::{self, Status, WhereIs};
use wasm_bindgen::prelude::wasm_bindgen;

/// Everything that is wrong with a policy, as a JSON array of refusals (`code`, `message`, `help`, `place`); empty when it is good.
///
/// # Errors
/// Never for what the text holds.
#[wasm_bindgen]
pub fn check_policy(text: &str) -> Result<String, String> {
    json(serde_json::to_string(&Policy::check(text)))
}

/// The state that a ledger adds up to, as JSON.
///
/// # Errors
/// The refusal of entries that are no entries, or not in order.
#[wasm_bindgen]
pub fn fold(entries: &str) -> Result<String, String> {
    json(serde_json::to_string(&Ledger::read(entries)?.state))
}

/// What is outstanding by a ledger, as `trunkline plan` prints it.
///
/// `now` is in milliseconds since 1970, as `Date.now()` gives it, here and below.
///
/// # Errors
/// As [`fold`].
#[wasm_bindgen]
pub fn plan(entries: &str, now: f64) -> Result<String, String> {
    Ok(Ledger::read(entries)?.plan(moment(now)).to_string())
}

/// The same, as JSON: `records`, `actions`, `refusals`, `waiting`.
///
/// # Errors
/// As [`fold`].
#[wasm_bindgen]
pub fn plan_json(entries: &str, now: f64) -> Result<String, String> {
    json(serde_json::to_string(&Ledger::read(entries)?.plan(moment(now))))
}

/// What runs where by a ledger, as `trunkline status` prints it.
///
/// # Errors
/// As [`fold`], and when the ledger has no policy yet.
#[wasm_bindgen]
pub fn status(entries: &str, now: f64) -> Result<String, String> {
    Ok(Ledger::read(entries)?.status(moment(now))?.to_string())
}

/// The same, as JSON: what `trunkline status --json` prints.
///
/// # Errors
/// As [`status`].
#[wasm_bindgen]
pub fn status_json(entries: &str, now: f64) -> Result<String, String> {
    json(serde_json::to_string(&Ledger::read(entries)?.status(moment(now))?))
}

/// Where a commit is, given by its full id, as `trunkline where` prints it.
///
/// # Errors
/// As [`status`], and when the commit is on no line of the ledger.
#[wasm_bindgen]
pub fn where_is(entries: &str, commit: &str, now: f64) -> Result<String, String> {
    Ok(Ledger::read(entries)?.where_is(commit, moment(now))?.to_string())
}

/// The same, as JSON: what `trunkline where --json` prints.
///
/// # Errors
/// As [`where_is`].
#[wasm_bindgen]
pub fn where_is_json(entries: &str, commit: &str, now: f64) -> Result<String, String> {
    json(serde_json::to_string(&Ledger::read(entries)?.where_is(commit, moment(now))?))
}

/// A ledger's entries, and what they add up to.
struct Ledger {
    entries: Vec<Entry>,
    state: State,
}

impl Ledger {
    fn read(text: &str) -> Result<Self, String> {
        let entries = entries::read(text).map_err(said)?;
        let state = State::fold(&entries);
        Ok(Self { entries, state })
    }

    fn plan(&self, now: Time) -> Plan {
        self.state.policy().map_or_else(|| without_policy(&self.state), |policy| decide(&self.state, &policy, now))
    }

    fn status(&self, now: Time) -> Result<Status, String> {
        Ok(view::status(&self.state, &self.policy()?, now))
    }

    fn where_is(&self, commit: &str, now: Time) -> Result<WhereIs, String> {
        let commit: Commit = commit.parse().map_err(said)?;
        view::where_is(&self.state, &self.policy()?, &commit, now, &self.entries).map_err(said)
    }

    fn policy(&self) -> Result<Policy, String> {
        let missing = || Refusal::new(Code::PolicyMissing, "the ledger has no policy yet").help("run `trunkline sync`");
        self.state.policy().ok_or_else(missing).map_err(said)
    }
}

/// A refusal as it is thrown.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn said(refusal: Refusal) -> String {
    refusal.to_string()
}

/// A moment by JavaScript's clock. What is no number becomes 1970, when nothing is due.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast keeps to the ends of the range, and milliseconds have no fraction"
)]
fn moment(now: f64) -> Time {
    Time(now as i64)
}

fn json(text: serde_json::Result<String>) -> Result<String, String> {
    text.map_err(|error| format!("the answer cannot be written as JSON: {error}"))
}
