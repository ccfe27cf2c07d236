//! What addresses answer and commands do, in memory: whatever a function says.

use std::cell::RefCell;

use trunkline_core::policy::HttpCheck;
use trunkline_core::refusal::Refusal;

use crate::artifacts::Watcher;
use crate::failure::Failure;
use crate::targets::Invocation;

type Answer = Box<dyn Fn(&HttpCheck) -> Result<(), String>>;
type Deed = Box<dyn Fn(&Invocation) -> Result<(), Refusal>>;

/// Addresses. Without a function, each answers as it should.
#[derive(Default)]
pub struct Checks {
    answer: RefCell<Option<Answer>>,
}

impl Checks {
    /// From now on `answer` says what an address answers: what did not match, in words.
    pub fn answer(&self, answer: impl Fn(&HttpCheck) -> Result<(), String> + 'static) {
        *self.answer.borrow_mut() = Some(Box::new(answer));
    }
}

impl crate::targets::Checks for Checks {
    async fn http(&self, check: &HttpCheck) -> Result<Result<(), String>, Failure> {
        Ok(self.answer.borrow().as_ref().map_or(Ok(()), |answer| answer(check)))
    }
}

/// Commands. Without a function, each ends well and does nothing.
#[derive(Default)]
pub struct Commands {
    deed: RefCell<Option<Deed>>,
}

impl Commands {
    /// From now on `deed` is what a command does; it may write to [`Folders`](super::Folders).
    pub fn deed(&self, deed: impl Fn(&Invocation) -> Result<(), Refusal> + 'static) {
        *self.deed.borrow_mut() = Some(Box::new(deed));
    }
}

impl crate::targets::Commands for Commands {
    async fn run(&self, command: &Invocation, watcher: &Watcher) -> Result<(), Failure> {
        watcher.line(&command.line);
        Ok(self.deed.borrow().as_ref().map_or(Ok(()), |deed| deed(command))?)
    }
}
