//! The simulated project: its repository, what people do to it, and what stands around it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use trunkline_core::deployment::{Bytes, Destination, Unit};
use trunkline_core::ids::{Commit, Name, TagName, Time};
use trunkline_core::policy::Kind;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::clock::Clock as _;
use trunkline_ports::memory::{Clock, Made, Stores, Tree};

use super::files::{changed, first, is_bad, policy};
use super::random::Random;
use super::script::Change;

/// When every simulation starts.
pub const START: Time = Time(1_795_176_000_000);

/// The project and its world.
pub struct Shop {
    /// Everything that outlives a worker.
    pub stores: Stores,
    /// Every commit that was ever on a line, oldest first.
    pub commits: RefCell<Vec<Commit>>,
    /// Those that were ever trunk's head, but for the first.
    trunk: RefCell<Vec<Commit>>,
    /// Whether something else builds one of the artifacts.
    pub adopts: bool,
    made: Cell<u64>,
    /// From when on an address answers, once it was asked.
    up: Rc<RefCell<BTreeMap<String, Option<Time>>>>,
}

impl Shop {
    /// A shop whose policy follows from the seed.
    pub fn new(seed: u64) -> Rc<Self> {
        Self::with(Clock::standing(START), &policy(&mut Random::new(seed ^ 0x5eed), true))
    }

    /// The same, by a clock that jumps forward whenever someone sleeps, and where nobody has to say anything but verdicts.
    pub fn calm(seed: u64) -> Rc<Self> {
        Self::with(Clock::eager(START), &policy(&mut Random::new(seed ^ 0x5eed), false))
    }

    fn with(clock: Clock, policy: &str) -> Rc<Self> {
        let stores = Stores::new(clock);
        let (repository, clock) = (Rc::clone(&stores.repository), Rc::clone(&stores.clock));
        let up: Rc<RefCell<BTreeMap<String, Option<Time>>>> = Rc::default();
        let asked = Rc::clone(&up);
        stores.checks.answer(move |check| {
            if check.url.contains("/running/") {
                let now = clock.now();
                let from = *asked.borrow_mut().entry(check.url.clone()).or_insert_with(|| comes_up(&check.url, now));
                return if from.is_some_and(|from| now >= from) { Ok(()) } else { Err("status 503".to_owned()) };
            }
            let bad = check.url.rsplit('/').next().and_then(|commit| commit.parse().ok()).map(|c| repository.files(&c));
            if bad.is_some_and(|files| is_bad(&files)) { Err("status 500".to_owned()) } else { Ok(()) }
        });
        let repository = Rc::clone(&stores.repository);
        stores.commands.deed(move |command| {
            let commit = command.environment.get("TRUNKLINE_COMMIT").and_then(|commit| commit.parse().ok());
            let bad = commit.is_some_and(|commit| is_bad(&repository.files(&commit)));
            if bad { Err(Refusal::new(Code::CommandFailed, "exit code 1")) } else { Ok(()) }
        });
        let (commits, trunk) = (RefCell::default(), RefCell::default());
        let shop = Self { stores, commits, trunk, adopts: policy.contains("shop/ext"), made: Cell::new(0), up };
        let mut files = first(policy);
        let before = shop.commit(Vec::new(), files.clone(), "before adoption");
        if let Ok(tag) = "v0.0.1".parse() {
            shop.stores.repository.point(&tag, &before, Some("Ada"));
        }
        files.insert("api/main".to_owned(), "1".to_owned());
        let first = shop.commit(vec![before], files, "first");
        shop.stores.repository.branch("main", Some(&first));
        shop.commits.borrow_mut().push(first);
        Rc::new(shop)
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.stores.clock.now()
    }

    fn commit(&self, parents: Vec<Commit>, files: Tree, subject: &str) -> Commit {
        self.made.set(self.made.get() + 1);
        let subject = format!("{subject} {}", self.made.get());
        let made = Made { parents, files, time: self.now(), author: "Ada <ada@example.org>".to_owned(), subject };
        self.stores.repository.commit(made)
    }

    /// A commit on a branch; on none yet: after `from`.
    pub fn push(&self, branch: &str, from: Option<&Commit>, change: Change, random: &mut Random) -> Option<Commit> {
        let repository = &self.stores.repository;
        let parent = repository.head(branch).or_else(|| from.cloned())?;
        let earlier = random.pick(&self.commits.borrow()).clone();
        let files = changed(repository.files(&parent), &repository.files(&earlier), change, random);
        let commit = self.commit(vec![parent], files, &format!("{change:?}"));
        repository.branch(branch, Some(&commit));
        self.commits.borrow_mut().push(commit.clone());
        if branch == "main" {
            self.trunk.borrow_mut().push(commit.clone());
        }
        Some(commit)
    }

    /// A commit that is on no line.
    pub fn stray(&self, random: &mut Random) -> Option<Commit> {
        let parent = self.stores.repository.head("main")?;
        let files = changed(self.stores.repository.files(&parent), &Tree::new(), Change::Api, random);
        Some(self.commit(vec![parent], files, "stray"))
    }

    /// Moves trunk to where it does not lead: the newest commits, which are not of the first two, are replaced by another or dropped;
    /// or it goes to a commit that was its head before.
    pub fn rewrite(&self, random: &mut Random) -> Option<()> {
        let repository = &self.stores.repository;
        let chain = repository.chain(&repository.head("main")?);
        let back = 1 + random.below(2);
        let base = chain.get(back).filter(|_| chain.len() > back + 2)?;
        let commit = match random.below(3) {
            0 => base.clone(),
            1 => random.pick(&self.trunk.borrow()).clone(),
            _ => {
                let files = changed(repository.files(base), &Tree::new(), Change::All, random);
                let commit = self.commit(vec![base.clone()], files, "rewritten");
                self.commits.borrow_mut().push(commit.clone());
                self.trunk.borrow_mut().push(commit.clone());
                commit
            }
        };
        repository.branch("main", Some(&commit));
        Some(())
    }

    /// Whether an address that says what runs has answered, at a time.
    pub fn answers(&self, url: &str, at: Time) -> bool {
        self.up.borrow().get(url).is_some_and(|from| from.is_some_and(|from| from <= at))
    }

    /// What something else builds from a commit: mostly one thing, which it may already have built from another.
    pub fn elsewhere(&self, commit: &Commit, random: &mut Random) -> Bytes {
        let text = self.stores.repository.files(commit).get("api/main").cloned().unwrap_or_default();
        let again = if random.chance(5) { random.number() } else { 0 };
        let image = self.stores.images.push("shop/ext", &format!("{text} {again}"));
        Bytes { kind: Kind::Image, digest: image.digest, repository: Some("shop/ext".to_owned()), tag: None }
    }

    /// The name of the next tag: versions mostly grow.
    pub fn tag(&self, prod: bool, random: &mut Random) -> Option<TagName> {
        let number = self.stores.repository.tags().len();
        let number = if random.chance(10) { random.below(number + 1) } else { number };
        match (prod, random.chance(3)) {
            (true, true) => format!("v1.{number}+odd").parse().ok(),
            (true, false) => format!("v1.{number}").parse().ok(),
            (false, _) => format!("rc-{number}").parse().ok(),
        }
    }

    /// Whether a destination is the one that `salt` means.
    pub fn meant(unit: &Unit, salt: u64) -> bool {
        let folder = matches!(unit.destination, Destination::Folder(_));
        folder == salt.is_multiple_of(2)
    }
}

/// From when on an address answers that is first asked now: at once, in a while, or never.
fn comes_up(url: &str, now: Time) -> Option<Time> {
    let salt = url.bytes().rev().take(2).fold(0, |salt, byte| salt * 31 + u64::from(byte));
    (!salt.is_multiple_of(12)).then(|| now.plus(Duration::from_secs(salt % 5 * 20)))
}

/// An address with a deployment's names in it.
pub fn address(url: &str, environment: &Name, commit: &Commit) -> String {
    url.replace("{environment}", environment.as_str()).replace("{commit}", commit.as_str())
}
