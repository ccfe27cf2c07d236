//! The ledger, readable: a line for each fact.

use std::fmt;

use serde::Serialize;

use super::tell::tell;
use super::{Moment, ago};
use crate::fact::Entry;
use crate::ids::Time;

/// One fact of an entry, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The entry's number.
    pub number: u64,
    /// When it was written.
    pub at: Moment,
    /// Who wrote it.
    pub by: String,
    /// What happened.
    pub what: String,
}

/// The lines of `entries`, in their order.
pub fn lines<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Line> {
    let line =
        |entry: &Entry, what: String| Line { number: entry.number, at: Moment(entry.at), by: entry.by.clone(), what };
    let told = entries.into_iter().flat_map(|entry| entry.facts.iter().map(move |fact| line(entry, tell(fact))));
    told.collect()
}

impl Line {
    /// The line as people read it: number, time, how long ago, who, what.
    pub fn at(&self, now: Time) -> impl fmt::Display {
        let ago = ago(now, self.at.0);
        format!("{:>5}  {}  {ago:<10}  {:<10}  {}", self.number, self.at, self.by, self.what.replace('\n', "\n       "))
    }
}
