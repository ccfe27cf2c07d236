//! A clock that moves only when it is told to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trunkline_core::ids::Time;

/// The store's clock in memory.
#[derive(Debug, Default)]
pub struct Clock {
    now: Cell<Time>,
    count: Cell<u64>,
    /// Whether sleeping moves the time on by itself.
    eager: bool,
    sleepers: RefCell<BTreeMap<u64, (Time, Waker)>>,
}

impl Clock {
    /// A clock that stands at `now` until [`advance`](Clock::advance) is called; whoever sleeps waits for that.
    pub fn standing(now: Time) -> Self {
        Self { now: Cell::new(now), ..Self::default() }
    }

    /// A clock that jumps forward whenever someone sleeps: nobody ever waits.
    pub fn eager(now: Time) -> Self {
        Self { now: Cell::new(now), eager: true, ..Self::default() }
    }

    /// Moves the time on, and wakes whoever has slept long enough.
    pub fn advance(&self, duration: Duration) {
        let now = self.now.get().plus(duration);
        self.now.set(now);
        let mut sleepers = self.sleepers.borrow_mut();
        let due: Vec<u64> = sleepers.iter().filter(|(_, (until, _))| *until <= now).map(|(id, _)| *id).collect();
        let due: Vec<Waker> = due.iter().filter_map(|id| sleepers.remove(id)).map(|(_, waker)| waker).collect();
        drop(sleepers);
        due.into_iter().for_each(Waker::wake);
    }

    /// When the next sleeper wakes.
    pub fn next(&self) -> Option<Time> {
        self.sleepers.borrow().values().map(|(until, _)| *until).min()
    }

    fn number(&self) -> u64 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }
}

impl crate::clock::Clock for Clock {
    fn now(&self) -> Time {
        self.now.get()
    }

    async fn sleep(&self, duration: Duration) {
        if self.eager {
            self.advance(duration);
            return;
        }
        Sleep { clock: self, id: self.number(), until: self.now.get().plus(duration) }.await;
    }

    fn unique(&self) -> String {
        format!("{:08x}", self.number())
    }
}

/// Sleeps until its time has come.
struct Sleep<'a> {
    clock: &'a Clock,
    id: u64,
    until: Time,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now.get() >= self.until {
            return Poll::Ready(());
        }
        self.clock.sleepers.borrow_mut().insert(self.id, (self.until, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.sleepers.borrow_mut().remove(&self.id);
    }
}
