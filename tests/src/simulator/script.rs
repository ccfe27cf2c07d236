//! What happens in a simulated world, step by step: made from a seed, and made shorter by leaving steps out.

use super::random::Random;

/// A whole run: the policy it starts with, and what happens.
#[derive(Clone, Debug)]
pub struct Script {
    /// The seed it was made from.
    pub seed: u64,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One thing that happens. `salt` decides everything random about it, so that leaving out another step changes little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A worker starts: it looks, decides and acts until it is done.
    Start { worker: Kind, salt: u64 },
    /// One of the workers goes on, so many times.
    Poll { worker: usize, times: usize },
    /// A worker dies where it stands.
    Crash { worker: usize },
    /// A worker stops for a while, and time passes meanwhile.
    Stall { worker: usize, seconds: u64 },
    /// Time passes, and all that are not stalled go on.
    Wait { seconds: u64 },
    /// Time passes, and nobody gets to go on.
    Freeze { seconds: u64 },
    /// A commit on trunk.
    Push { change: Change, salt: u64 },
    /// A commit on a release branch, which is made where it is not there.
    Release { change: Change, salt: u64 },
    /// A tag is set, on a commit of a line.
    Tag { prod: bool, salt: u64 },
    /// A tag is set on a commit that is on no line.
    Astray { prod: bool, salt: u64 },
    /// A tag is moved.
    Move { salt: u64 },
    /// A tag is removed.
    Untag { salt: u64 },
    /// Trunk is moved to where it does not lead.
    Rewrite { salt: u64 },
    /// A person asks for something.
    Order { order: Ordered, salt: u64 },
    /// A destination refuses to be written for a while; to be written back, too, when it is `dead`.
    Trouble { salt: u64, dead: bool },
    /// Nothing can be built for a while: it is refused, or fails.
    Outage { seconds: u64, refused: bool },
    /// Another hand changes what stands somewhere.
    Meddle { salt: u64 },
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Observes and does everything.
    Whole,
    /// Its event was lost: it does not look.
    Blind,
    /// Looks and does nothing.
    Observer,
    /// Builds and tags.
    Builder,
    /// Deploys and verifies.
    Deployer,
}

/// What a commit changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Api,
    Web,
    Site,
    Jobs,
    All,
    /// Nothing that is watched.
    Docs,
    /// One artifact, in a way that its checks do not like.
    Bad,
    /// One artifact, in a way that it cannot be built.
    Unbuildable,
    /// The policy, so that it cannot be read.
    Broken,
    /// Back to what an earlier commit had.
    Revert,
}

/// What people ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    Yank,
    Unyank,
    Hold,
    Release,
    Deploy,
    Rollback,
    Verdict,
    Build,
    Accept,
    Record,
}

impl Script {
    /// The script of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let length = 40 + random.below(160);
        // Some worlds are calm and some are full of trouble.
        let rough = random.below(4);
        let steps = (0..length).map(|_| step(&mut random, rough)).collect();
        Self { seed, steps }
    }
}

fn step(random: &mut Random, rough: usize) -> Step {
    let salt = random.number();
    let prod = random.chance(40);
    let worker = random.below(8);
    match random.below(100) {
        0..=13 => Step::Start { worker: kind(random), salt },
        14..=45 => Step::Poll { worker, times: 1 + random.below(30) },
        46..=57 => Step::Wait { seconds: 1 + random.below(600) as u64 },
        58..=67 => Step::Push { change: change(random), salt },
        68..=75 => Step::Tag { prod, salt },
        76..=85 => Step::Order { order: order(random), salt },
        86..=87 => Step::Release { change: change(random), salt },
        88..=89 => rare(random, salt, prod),
        _ if rough == 0 => Step::Poll { worker, times: 30 },
        90..=92 => Step::Crash { worker },
        93..=95 => Step::Stall { worker, seconds: 30 + random.below(400) as u64 },
        96 => Step::Freeze { seconds: 30 + random.below(120) as u64 },
        97 => Step::Trouble { salt, dead: random.chance(30) },
        98 => Step::Outage { seconds: 30 + random.below(400) as u64, refused: random.chance(50) },
        _ => Step::Meddle { salt },
    }
}

fn rare(random: &mut Random, salt: u64, prod: bool) -> Step {
    match random.below(7) {
        0 => Step::Astray { prod, salt },
        1 => Step::Move { salt },
        2 | 3 => Step::Untag { salt },
        _ => Step::Rewrite { salt },
    }
}

fn kind(random: &mut Random) -> Kind {
    match random.below(10) {
        0 => Kind::Blind,
        1 => Kind::Observer,
        2 => Kind::Builder,
        3 => Kind::Deployer,
        _ => Kind::Whole,
    }
}

fn change(random: &mut Random) -> Change {
    const CHANGES: [Change; 13] = [
        Change::Api,
        Change::Web,
        Change::Site,
        Change::Site,
        Change::Jobs,
        Change::All,
        Change::All,
        Change::Docs,
        Change::Bad,
        Change::Bad,
        Change::Unbuildable,
        Change::Broken,
        Change::Revert,
    ];
    *random.pick(&CHANGES)
}

fn order(random: &mut Random) -> Ordered {
    const ORDERS: [Ordered; 16] = [
        Ordered::Yank,
        Ordered::Yank,
        Ordered::Unyank,
        Ordered::Hold,
        Ordered::Release,
        Ordered::Release,
        Ordered::Deploy,
        Ordered::Rollback,
        Ordered::Verdict,
        Ordered::Verdict,
        Ordered::Verdict,
        Ordered::Verdict,
        Ordered::Build,
        Ordered::Accept,
        Ordered::Accept,
        Ordered::Record,
    ];
    *random.pick(&ORDERS)
}
