//! Work that many threads do and one takes in order, without more of it in memory than a window.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use trunkline_ports::failure::Failure;

use super::compress::{Packed, Packer};
use super::is_streamed;
use super::list::Item;
use crate::failure::passing;

/// How many bytes may be on their way (64 MiB): read, compressed, and not yet written.
const WINDOW: u64 = 64 << 20;

/// What an item costs beside its bytes, so that a million empty files are bounded too.
const OVERHEAD: u64 = 1 << 12;

/// A packed item, or nothing for one that the taker streams itself.
type Made = Result<Option<Packed>, Failure>;

#[derive(Default)]
struct State {
    /// The next item that nobody works on.
    next: usize,
    /// What is on its way, in bytes.
    used: u64,
    /// What is ready and waits for its turn.
    ready: BTreeMap<usize, Made>,
    /// Whether to stop: the taker failed, or a thread ended early.
    stopped: bool,
}

struct Window<'a> {
    items: &'a [Item],
    state: Mutex<State>,
    changed: Condvar,
}

/// Packs all items on `threads` threads, and hands them to `take` in order on this one.
///
/// The first failure in that order is the one that is told, so that it does not depend on the threads either.
pub(super) fn in_order(
    items: &[Item],
    threads: usize,
    mut take: impl FnMut(&Item, Option<Packed>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let window = Window { items, state: Mutex::default(), changed: Condvar::new() };
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(|| window.work());
        }
        // However this ends, nobody may be left waiting.
        let _stop = Stop { window: &window, always: true };
        for (index, item) in items.iter().enumerate() {
            take(item, window.wait(index)?)?;
            window.lock().used -= cost(item);
            window.changed.notify_all();
        }
        Ok(())
    })
}

impl Window<'_> {
    /// Packs one item after the other until none is left.
    fn work(&self) {
        let _stop = Stop { window: self, always: false };
        let mut packer = Packer::new();
        while let Some(index) = self.claim() {
            let made = packer.pack(&self.items[index]);
            self.lock().ready.insert(index, made);
            self.changed.notify_all();
        }
    }

    /// The next item, when there is room for it. One that is larger than the window has room when it is alone.
    fn claim(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            let item = self.items.get(state.next).filter(|_| !state.stopped)?;
            if state.used == 0 || state.used + cost(item) <= WINDOW {
                state.used += cost(item);
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wait(&self, index: usize) -> Made {
        let mut state = self.lock();
        loop {
            if let Some(made) = state.ready.remove(&index) {
                return made;
            }
            if state.stopped {
                return Err(passing("a thread that packs files ended early"));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops all others when it is dropped: `always`, at the taker's end, or only when its thread panics.
struct Stop<'a, 'b> {
    window: &'a Window<'b>,
    always: bool,
}

impl Drop for Stop<'_, '_> {
    fn drop(&mut self) {
        if self.always || thread::panicking() {
            self.window.lock().stopped = true;
            self.window.changed.notify_all();
        }
    }
}

/// What an item takes of the window: its bytes before and after.
fn cost(item: &Item) -> u64 {
    if is_streamed(item) { OVERHEAD } else { 2 * item.size() + OVERHEAD }
}
