//! The stage: plays a script, one poll at a time, on one thread and by a clock of its own.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trunkline_core::decide::{decide, without_policy};
use trunkline_core::deployment::{Destination, waves};
use trunkline_core::ids::{Name, Time};
use trunkline_core::plan::Plan;
use trunkline_core::policy::Policy;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::Standing;

use super::judge::{Check, Judge};
use super::people;
use super::random::Random;
use super::script::{Kind, Ordered, Script, Step};
use super::shop::Shop;
use super::weather::{Gate, Sky, Weather};

/// How many workers and people there are at a time, at most.
const CROWD: usize = 6;

/// A run of a worker or a person.
struct Task {
    name: String,
    run: Pin<Box<dyn Future<Output = Result<(), Failure>>>>,
    gate: Rc<Gate>,
    stalled: Time,
    /// Whether it knows nothing but calm: then nothing may go wrong.
    calm: bool,
}

/// Everything that plays.
pub struct Stage {
    pub(super) shop: Rc<Shop>,
    sky: Rc<Sky>,
    /// What happened, and whether it may.
    pub judge: Judge,
    tasks: Vec<Task>,
    random: Random,
    count: usize,
}

impl Stage {
    /// The beginning of a script.
    pub fn new(seed: u64) -> Self {
        let shop = Shop::new(seed);
        let (judge, sky) = (Judge::new(&shop), Rc::default());
        Self { shop, sky, judge, tasks: Vec::new(), random: Random::new(!seed), count: 0 }
    }

    /// Plays the whole script, then lets everything come to rest.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn play(&mut self, script: &Script) -> Check {
        for step in &script.steps {
            self.step(*step)?;
        }
        self.rest()
    }

    fn step(&mut self, step: Step) -> Check {
        let told = !matches!(step, Step::Poll { .. } | Step::Wait { .. } | Step::Freeze { .. });
        if told {
            let seconds = self.shop.now().since(super::shop::START).as_secs();
            let _ = writeln!(self.judge.history, "{seconds:>5}s > {step:?}");
        }
        match step {
            Step::Start { worker, salt } => self.start(worker, salt),
            Step::Poll { worker, times } => return self.poll(worker, times),
            Step::Crash { worker } => drop(self.take(worker)),
            Step::Stall { worker, seconds } => {
                let until = self.shop.now().plus(Duration::from_secs(seconds));
                let worker = worker % self.tasks.len().max(1);
                self.tasks.iter_mut().skip(worker).take(1).for_each(|task| task.stalled = until);
            }
            Step::Wait { seconds } => return self.wait(seconds),
            Step::Freeze { seconds } => self.shop.stores.clock.advance(Duration::from_secs(seconds)),
            Step::Order { order, salt } => {
                let shop = Rc::clone(&self.shop);
                self.enter("person", salt, |world, name| Box::pin(people::order(world, shop, name, order, salt)));
            }
            Step::Trouble { salt, dead } => {
                let until = self.shop.now().plus(Duration::from_secs(60 + salt % 900));
                self.sky.troubles.borrow_mut().push((salt, until, dead));
            }
            Step::Outage { seconds, refused } => {
                let until = self.shop.now().plus(Duration::from_secs(seconds));
                self.sky.outages.borrow_mut().push((until, refused));
            }
            Step::Meddle { salt } => self.meddle(salt),
            git => {
                self.git(git);
                // What is built elsewhere is mostly recorded soon.
                if let Step::Push { salt, .. } | Step::Release { salt, .. } = git
                    && !salt.is_multiple_of(4)
                {
                    self.record(salt);
                }
            }
        }
        Ok(())
    }

    /// Whatever builds elsewhere records what it built, where the policy has such an artifact.
    fn record(&mut self, salt: u64) {
        if self.shop.adopts {
            let shop = Rc::clone(&self.shop);
            self.enter("elsewhere", salt, |world, name| {
                Box::pin(people::order(world, shop, name, Ordered::Record, salt))
            });
        }
    }

    fn start(&mut self, kind: Kind, salt: u64) {
        self.enter("worker", salt, |world, name| Box::pin(people::work(world, name, kind)));
    }

    fn enter(
        &mut self,
        role: &str,
        salt: u64,
        run: impl FnOnce(
            trunkline_ports::memory::World<Weather>,
            String,
        ) -> Pin<Box<dyn Future<Output = Result<(), Failure>>>>,
    ) {
        if self.tasks.len() >= CROWD {
            return;
        }
        self.count += 1;
        let (name, gate) = (format!("{role}-{}", self.count), Rc::default());
        let weather = Rc::new(Weather::new(&self.shop, &self.sky, &name, salt, &gate));
        let run = run(self.shop.stores.world(&weather), name.clone());
        self.tasks.push(Task { name, run, gate, stalled: Time(0), calm: self.sky.calm.get() });
    }

    fn take(&mut self, worker: usize) -> Option<Task> {
        let index = worker.checked_rem(self.tasks.len())?;
        Some(self.tasks.remove(index))
    }

    fn poll(&mut self, worker: usize, times: usize) -> Check {
        let Some(index) = worker.checked_rem(self.tasks.len()) else { return Ok(()) };
        for _ in 0..times {
            if self.tasks[index].stalled > self.shop.now() {
                break;
            }
            if self.poll_once(index, 70)? {
                break;
            }
        }
        Ok(())
    }

    /// Lets one go on. Says whether it came to its end.
    fn poll_once(&mut self, index: usize, percent: usize) -> Result<bool, String> {
        let task = &mut self.tasks[index];
        task.gate.open(&mut self.random, percent);
        self.sky.calls.set(0);
        let polled = task.run.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.judge.look(&self.sky)?;
        let Poll::Ready(result) = polled else { return Ok(false) };
        let task = self.tasks.remove(index);
        match result {
            Err(Failure::Fault(_)) if !task.calm => {}
            Err(failure) => return Err(format!("{} ended with `{failure}`", task.name)),
            Ok(()) => {}
        }
        Ok(true)
    }

    fn everybody(&mut self, percent: usize) -> Check {
        let mut index = 0;
        while index < self.tasks.len() {
            let stalled = self.tasks[index].stalled > self.shop.now();
            if stalled || !self.poll_once(index, percent)? {
                index += 1;
            }
        }
        Ok(())
    }

    /// Time passes from one sleeper to the next, and all that are not stalled go on.
    fn wait(&mut self, seconds: u64) -> Check {
        let end = self.shop.now().plus(Duration::from_secs(seconds));
        for _ in 0..200 {
            self.everybody(80)?;
            self.everybody(80)?;
            let now = self.shop.now();
            let next = self.shop.stores.clock.next().unwrap_or(end).min(end);
            self.shop.stores.clock.advance(next.since(now).max(Duration::from_millis(1)));
            if self.shop.now() >= end {
                return Ok(());
            }
        }
        Ok(())
    }

    fn meddle(&mut self, salt: u64) {
        let Some(policy) = self.judge.policy.clone() else { return };
        for (name, here) in &self.judge.state.environments {
            let Some(current) = here.current() else { continue };
            for unit in waves(&policy, &current.deploy, None).into_iter().flatten() {
                let piece = &unit.pieces[0];
                let seen = !matches!(unit.destination, Destination::Run(_));
                if seen && Shop::meant(&unit, salt) {
                    let place: (Name, Name) = (name.clone(), piece.artifact.clone());
                    let other = Standing::Other("another hand's".to_owned());
                    self.shop.stores.targets.meddle(&unit, piece, other.clone());
                    self.judge.standing.insert(place.clone(), other);
                    self.judge.meddled.insert(place);
                    return;
                }
            }
        }
    }

    /// The weather clears, whoever was stalled goes on, and workers come until nothing is left to do.
    fn rest(&mut self) -> Check {
        self.judge.history.push_str("      > the weather clears\n");
        self.sky.calm.set(true);
        self.tasks.iter_mut().for_each(|task| task.stalled = Time(0));
        self.finish()?;
        self.record(0);
        self.finish()?;
        let mut quiet = 0;
        for _ in 0..200 {
            let before = self.judge.state.number;
            self.start(Kind::Whole, 0);
            self.finish()?;
            let plan = self.plan();
            let wake = plan.wake().filter(|_| self.judge.state.number == before);
            if self.judge.state.number != before {
                quiet = 0;
                continue;
            }
            match wake {
                Some(wake) => self.shop.stores.clock.advance(wake.since(self.shop.now()).max(Duration::from_millis(1))),
                None if quiet == 2 => return self.judge.at_rest(&plan),
                None => {
                    quiet += 1;
                    self.shop.stores.clock.advance(Duration::from_hours(25));
                }
            }
        }
        Err(format!("it never comes to rest; what is left:\n{}", self.plan()))
    }

    fn plan(&self) -> Plan {
        let (state, now) = (&self.judge.state, self.shop.now());
        let policy: Option<&Policy> = self.judge.policy.as_deref();
        policy.map_or_else(|| without_policy(state), |policy| decide(state, policy, now))
    }

    /// Everybody goes on to their end.
    fn finish(&mut self) -> Check {
        for _ in 0..4000 {
            self.everybody(100)?;
            if self.tasks.is_empty() {
                return Ok(());
            }
            if let Some(next) = self.shop.stores.clock.next() {
                let now = self.shop.now();
                self.shop.stores.clock.advance(next.since(now).max(Duration::from_millis(1)));
            }
        }
        Err(format!("{} never ends", self.tasks[0].name))
    }
}
