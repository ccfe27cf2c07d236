//! What goes wrong around every call: pauses, delays, faults before and after, destinations that refuse.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trunkline_core::deployment::Unit;
use trunkline_core::ids::Time;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::memory::{Call, Hook};

use super::files::is_unbuildable;
use super::random::Random;
use super::shop::Shop;

/// What is the same for all workers.
#[derive(Default)]
pub struct Sky {
    /// Whether everything works.
    pub calm: Cell<bool>,
    /// Which destination refuses, until when, and whether it refuses to be written back too.
    pub troubles: RefCell<Vec<(u64, Time, bool)>>,
    /// Until when nothing can be built, and whether that is said by a refusal.
    pub outages: RefCell<Vec<(Time, bool)>>,
    /// How many calls were made since somebody was last let go on.
    pub calls: Cell<usize>,
    /// Of each effect on a destination: the ledger's last entry when it came about, and who did it.
    pub done: RefCell<Vec<(u64, String)>>,
}

/// So many calls without a pause are a circle: whole runs make a few hundred.
const MANY: usize = 20_000;

/// What stands around the calls of one worker.
pub(super) struct Weather {
    shop: Rc<Shop>,
    sky: Rc<Sky>,
    worker: String,
    random: RefCell<Random>,
    gate: Rc<Gate>,
    /// Pauses, delays and faults, in a hundred calls.
    rough: (usize, usize, usize),
}

impl Weather {
    /// The weather of a worker.
    pub(super) fn new(shop: &Rc<Shop>, sky: &Rc<Sky>, worker: &str, salt: u64, gate: &Rc<Gate>) -> Self {
        let mut random = Random::new(salt);
        let rough = *random.pick(&[(20, 0, 0), (30, 1, 1), (40, 3, 4), (10, 6, 2)]);
        let (shop, sky, gate) = (Rc::clone(shop), Rc::clone(sky), Rc::clone(gate));
        Self { shop, sky, worker: worker.to_owned(), random: RefCell::new(random), gate, rough }
    }

    async fn blow(&self, when: &str) -> Result<(), Failure> {
        self.sky.calls.set(self.sky.calls.get() + 1);
        assert!(self.sky.calls.get() < MANY, "{} goes round in circles", self.worker);
        if self.sky.calm.get() {
            return Ok(());
        }
        let (pauses, delays, faults) = self.rough;
        let chance = |percent| self.random.borrow_mut().chance(percent);
        if chance(pauses) {
            self.gate.pass().await;
        }
        if chance(delays) {
            let seconds = self.random.borrow_mut().below(90) as u64;
            self.shop.stores.clock.sleep(Duration::from_secs(seconds)).await;
        }
        if chance(faults) {
            return Err(Fault::passing(format!("the weather, {when}")).into());
        }
        Ok(())
    }

    fn refuses(&self, unit: &Unit, back: bool) -> Result<(), Failure> {
        let now = self.shop.now();
        let mut troubles = self.sky.troubles.borrow().clone().into_iter();
        let stands = troubles.any(|(salt, until, dead)| now < until && Shop::meant(unit, salt) && (dead || !back));
        if stands && !self.sky.calm.get() {
            return Err(Refusal::new(Code::ManifestMissing, "the place is not there for a while").help("wait").into());
        }
        Ok(())
    }

    /// Whether anything can be built now.
    fn builds(&self) -> Result<(), Failure> {
        let now = self.shop.now();
        let outages = self.sky.outages.borrow();
        match outages.iter().find(|(until, _)| now < *until && !self.sky.calm.get()) {
            Some((_, true)) => Err(Refusal::new(Code::CommandFailed, "a tool is missing for a while").into()),
            Some((_, false)) => Err(Fault::passing("there is no room to build for a while").into()),
            None => Ok(()),
        }
    }
}

impl Hook for Weather {
    async fn before(&self, call: &Call<'_>) -> Result<(), Failure> {
        self.blow("before").await?;
        match call {
            Call::Put(unit, _) => self.refuses(unit, false),
            Call::Undo(unit, _) => self.refuses(unit, true),
            Call::Build(order)
                if is_unbuildable(&self.shop.stores.repository.files(order.commit), order.repository) =>
            {
                Err(Refusal::new(Code::CommandFailed, "exit code 2").into())
            }
            Call::Build(_) | Call::Pack(_) => self.builds(),
            _ => Ok(()),
        }
    }

    async fn after(&self, _: &Call<'_>) -> Result<(), Failure> {
        {
            let mut done = self.sky.done.borrow_mut();
            let effects = self.shop.stores.targets.effects(done.len()).len();
            let seen = (self.shop.stores.ledger.last(), self.worker.clone());
            done.extend(std::iter::repeat_n(seen, effects));
        }
        self.blow("after").await
    }
}

/// Where a worker waits until it is let go on.
#[derive(Default)]
pub(super) struct Gate {
    waiting: RefCell<Vec<(Rc<Cell<bool>>, Waker)>>,
}

impl Gate {
    /// Lets those who wait go on: each of them, or each with so many chances in a hundred.
    pub(super) fn open(&self, random: &mut Random, percent: usize) {
        let waiting = self.waiting.take();
        let (go, stay): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|_| random.chance(percent));
        self.waiting.borrow_mut().extend(stay);
        for (passed, waker) in go {
            passed.set(true);
            waker.wake();
        }
    }

    fn pass(&self) -> Pass<'_> {
        Pass { gate: self, passed: Rc::default(), waits: false }
    }
}

struct Pass<'a> {
    gate: &'a Gate,
    passed: Rc<Cell<bool>>,
    waits: bool,
}

impl Future for Pass<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.passed.get() {
            return Poll::Ready(());
        }
        if !self.waits {
            self.waits = true;
            self.gate.waiting.borrow_mut().push((Rc::clone(&self.passed), context.waker().clone()));
        }
        Poll::Pending
    }
}
