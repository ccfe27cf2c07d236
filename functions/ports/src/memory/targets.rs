//! Destinations in memory: each has a version that moves with every write and a history of who wrote what.
//!
//! A branch of a manifest repository lets a write through that changes nothing; a folder is written anew for every deployment,
//! as the adapters do it. A command is not fenced, cannot be asked, and takes back by bringing what was there before.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use trunkline_core::deployment::{Destination, Mark, Piece, Unit};
use trunkline_core::ids::Name;
use trunkline_core::policy::Kind;
use trunkline_core::refusal::{Code, Refusal};

use super::artifacts::Packages;
use crate::failure::Failure;
use crate::targets::{Put, Sight, Standing, Version};

/// What stands at the places of a destination.
type Places = BTreeMap<String, Standing>;

/// Destinations in memory.
#[derive(Debug, Default)]
pub struct Targets {
    packages: Rc<Packages>,
    destinations: RefCell<BTreeMap<Destination, Content>>,
    effects: RefCell<Vec<Effect>>,
    versions: Cell<u64>,
}

#[derive(Debug, Default)]
struct Content {
    version: u64,
    places: Places,
    written: Vec<Written>,
}

/// One write, kept as trailers keep it: whose it was and what stood there before.
#[derive(Debug)]
struct Written {
    number: u64,
    undo: bool,
    before: Places,
}

/// Something that changed a destination.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Where.
    pub destination: Destination,
    /// Whose.
    pub mark: Mark,
    /// Whether it took the deployment back.
    pub undo: bool,
    /// What its places held afterwards, by artifact.
    pub after: BTreeMap<Name, Standing>,
}

impl Targets {
    /// Destinations that take packages from this store.
    pub fn new(packages: Rc<Packages>) -> Self {
        Self { packages, ..Self::default() }
    }

    /// The effects from number `from` on, counted from 0: each put and each undo that was let through and changed the version.
    pub fn effects(&self, from: usize) -> Vec<Effect> {
        self.effects.borrow().iter().skip(from).cloned().collect()
    }

    /// What stands at a unit's places.
    pub fn standing(&self, unit: &Unit) -> BTreeMap<Name, Standing> {
        let destinations = self.destinations.borrow();
        let content = destinations.get(&unit.destination);
        let at = |piece: &Piece| content.map_or(Standing::Nothing, |content| content.at(unit, piece));
        unit.pieces.iter().map(|piece| (piece.artifact.clone(), at(piece))).collect()
    }

    /// Another hand puts something at a piece's place.
    pub fn meddle(&self, unit: &Unit, piece: &Piece, standing: Standing) {
        let version = self.next();
        let mut destinations = self.destinations.borrow_mut();
        let content = destinations.entry(unit.destination.clone()).or_default();
        content.version = version;
        content.places.insert(place(unit, piece), standing);
    }

    fn next(&self) -> u64 {
        self.versions.set(self.versions.get() + 1);
        self.versions.get()
    }

    /// What a package's bytes are taken from must be there.
    fn check(&self, unit: &Unit) -> Result<(), Failure> {
        for piece in unit.pieces.iter().filter(|piece| piece.bytes.kind == Kind::Package) {
            if !self.packages.holds(&piece.artifact, &piece.bytes.digest) {
                let message = format!("{} of {} is not in the store", piece.bytes.digest, piece.artifact);
                return Err(Refusal::new(Code::ArtifactMissing, message).help("build it again").into());
            }
        }
        Ok(())
    }

    fn write(&self, unit: &Unit, mark: &Mark, undo: bool, after: Places) {
        let version = self.next();
        let mut destinations = self.destinations.borrow_mut();
        let content = destinations.entry(unit.destination.clone()).or_default();
        let before = unit.pieces.iter().map(|piece| (place(unit, piece), content.at(unit, piece))).collect();
        content.places.extend(after);
        content.version = version;
        content.written.push(Written { number: mark.number, undo, before });
        let after = unit.pieces.iter().map(|piece| (piece.artifact.clone(), content.at(unit, piece))).collect();
        drop(destinations);
        let destination = unit.destination.clone();
        self.effects.borrow_mut().push(Effect { destination, mark: mark.clone(), undo, after });
    }
}

impl Content {
    fn at(&self, unit: &Unit, piece: &Piece) -> Standing {
        self.places.get(&place(unit, piece)).cloned().unwrap_or(Standing::Nothing)
    }

    /// What stood before the effect with `number`, unless it was taken back since.
    fn before(&self, number: u64) -> Option<&Written> {
        let mine = self.written.iter().rev().filter(|written| written.number == number);
        mine.take_while(|written| !written.undo).last()
    }

    fn undone(&self, number: u64) -> bool {
        self.written.iter().rev().find(|written| written.number == number).is_some_and(|written| written.undo)
    }
}

/// One command may serve several environments, which it is told by a variable.
fn place(unit: &Unit, piece: &Piece) -> String {
    format!("{:?} {} {}", piece.target, unit.environment, piece.artifact)
}

fn wanted(unit: &Unit) -> Places {
    unit.pieces.iter().map(|piece| (place(unit, piece), Standing::At(piece.bytes.digest.clone()))).collect()
}

fn fenced(unit: &Unit) -> bool {
    !matches!(unit.destination, Destination::Run(_))
}

/// What a command brings when it takes a deployment back: what ran there before.
fn previous(unit: &Unit) -> Result<Places, Failure> {
    let previous = |piece: &Piece| {
        let bytes = piece.previous.as_ref().ok_or_else(|| {
            let message = format!("nothing of `{}` ran in `{}` before", piece.artifact, unit.environment);
            Refusal::new(Code::NothingToReturnTo, message).help("take it back by hand")
        })?;
        Ok((place(unit, piece), Standing::At(bytes.digest.clone())))
    };
    unit.pieces.iter().map(previous).collect()
}

impl crate::targets::Targets for Targets {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        let version = self.destinations.borrow().get(&unit.destination).map_or(0, |content| content.version);
        let mut pieces = self.standing(unit);
        if !fenced(unit) {
            for standing in pieces.values_mut() {
                *standing = Standing::Unknown;
            }
        }
        Ok(Sight { version: Version(version.to_string()), pieces })
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        self.check(unit)?;
        let after = wanted(unit);
        let destinations = self.destinations.borrow();
        let (version, same, mine) = destinations.get(&unit.destination).map_or((0, false, false), |content| {
            let same = after.iter().all(|(place, standing)| content.places.get(place) == Some(standing));
            let last = content.written.last().is_some_and(|last| last.number == mark.number && !last.undo);
            (content.version, same, last)
        });
        drop(destinations);
        if fenced(unit) && version.to_string() != on.0 {
            return Ok(Put::Moved);
        }
        if fenced(unit) && same && (mine || matches!(unit.destination, Destination::Manifests { .. })) {
            return Ok(Put::Already);
        }
        self.write(unit, mark, false, after);
        Ok(Put::Done)
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        if !fenced(unit) {
            self.write(unit, mark, true, previous(unit)?);
            return Ok(Put::Done);
        }
        let destinations = self.destinations.borrow();
        let content = destinations.get(&unit.destination);
        let version = content.map_or(0, |content| content.version);
        let undone = content.is_some_and(|content| content.undone(mark.number));
        let before = content.and_then(|content| content.before(mark.number)).map(|written| written.before.clone());
        drop(destinations);
        if version.to_string() != on.0 {
            return Ok(Put::Moved);
        }
        if undone {
            return Ok(Put::Already);
        }
        self.write(unit, mark, true, before.unwrap_or_default());
        Ok(Put::Done)
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        let standing = self.standing(unit);
        let mut text = String::new();
        for piece in &unit.pieces {
            let there = &standing[&piece.artifact];
            if *there != Standing::At(piece.bytes.digest.clone()) {
                let _ = writeln!(text, "{}: {there:?} → {}", piece.artifact, piece.bytes.digest);
            }
        }
        Ok(text)
    }
}
