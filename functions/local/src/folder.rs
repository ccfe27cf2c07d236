//! The folder target: packages unpacked beside, and switched to in one step.
//!
//! ```text
//! /srv/site                              a link to .site.releases/0123456789ab-42
//! /srv/.site.releases/0123456789ab-42    what the packages hold
//! /srv/.site.releases/0123456789ab-42.json   whose it is: see [`record::Marker`]
//! /srv/.site.releases/current.json       what was done last: see [`record::Record`]
//! /srv/.site.releases/lock               held while it is compared and switched
//! /srv/.site.releases/unpacking-…        a release in the making
//! ```
//!
//! What the link points to is what stands there; the record moves the version before the link moves. So wherever a process
//! dies, what stands is whole and can be told, and a worker that slept through it finds another version than it read.
//!
//! A package that is a zip is unpacked. Any other becomes one file under the artifact's name.

mod place;
mod record;
mod release;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trunkline_core::deployment::{Destination, Mark, Unit};
use trunkline_core::ids::{Digest, Name};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::Packages;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::{Put, Sight, Standing, Targets, Version};

use crate::clock::unique;
use crate::files::blocking;
use place::{Link, Place, Seen};
use record::{Marker, Record};

/// Unpacks the zip that is its first argument into the folder that is its second.
///
/// It is handed in because archives belong to another crate, and adapters do not know each other.
pub type Unpack = fn(&Path, &Path) -> Result<(), Failure>;

/// Deploys packages to folders of this machine.
#[derive(Clone, Debug)]
pub struct Folders<P> {
    root: PathBuf,
    packages: P,
    unpack: Unpack,
}

impl<P: Packages> Folders<P> {
    /// Folders that are not absolute are relative to `root`, the policy file's folder.
    pub fn new(root: PathBuf, packages: P, unpack: Unpack) -> Self {
        Self { root, packages, unpack }
    }

    fn place(&self, unit: &Unit) -> Result<Place, Failure> {
        match &unit.destination {
            Destination::Folder(path) => Place::new(&self.root.join(path)),
            other => Err(Fault::lasting(format!("a folder target was asked for {other:?}")).into()),
        }
    }
}

impl<P: Packages> Targets for Folders<P> {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        let (place, environment) = (self.place(unit)?, unit.environment.clone());
        let artifacts: Vec<Name> = unit.pieces.iter().map(|piece| piece.artifact.clone()).collect();
        blocking(move || {
            let seen = place.look()?;
            let standing = |artifact: Name| {
                let standing = place.standing(&seen.link, &artifact, &environment)?;
                Ok((artifact, standing))
            };
            let pieces = artifacts.into_iter().map(standing).collect::<Result<_, Failure>>()?;
            Ok(Sight { version: seen.version(), pieces })
        })
        .await
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        let mut packages = BTreeMap::new();
        for piece in &unit.pieces {
            let path = self.packages.open(&piece.artifact, &piece.bytes.digest).await?;
            packages.insert(piece.artifact.clone(), (piece.bytes.digest.clone(), path));
        }
        let (place, unpack, on, mark) = (self.place(unit)?, self.unpack, on.clone(), mark.clone());
        blocking(move || put(&place, &packages, unpack, &on, &mark)).await
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        let (place, on, mark) = (self.place(unit)?, on.clone(), mark.clone());
        blocking(move || undo(&place, &on, &mark)).await
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        let (sight, place) = (self.look(unit).await?, self.place(unit)?);
        let line = |piece: &trunkline_core::deployment::Piece| {
            let before = match sight.pieces.get(&piece.artifact) {
                Some(Standing::At(digest)) if *digest == piece.bytes.digest => return None,
                Some(Standing::At(digest)) => digest.to_string(),
                Some(Standing::Other(words)) => words.clone(),
                Some(Standing::Nothing | Standing::Unknown) | None => "nothing".to_owned(),
            };
            Some(format!("{}: {} {before} → {}\n", place.link().display(), piece.artifact, piece.bytes.digest))
        };
        Ok(unit.pieces.iter().filter_map(line).collect())
    }
}

/// The packages of a release: their digests, and the files that hold them.
type Files = BTreeMap<Name, (Digest, PathBuf)>;

fn put(place: &Place, packages: &Files, unpack: Unpack, on: &Version, mark: &Mark) -> Result<Put, Failure> {
    let pieces: BTreeMap<Name, Digest> =
        packages.iter().map(|(name, (digest, _))| (name.clone(), digest.clone())).collect();
    let seen = place.look()?;
    if seen.version() != *on {
        return Ok(Put::Moved);
    }
    if seen.is_effect_of(mark) && place.marker(&seen.link)?.is_some_and(|marker| marker.pieces == pieces) {
        return Ok(Put::Already);
    }
    refuse_foreign(place, &seen, mark)?;
    let unpacking = release::begin(place)?;
    for (artifact, (_, package)) in packages {
        release::fill(unpacking.path(), artifact, package, unpack)?;
    }
    release::settle(unpacking.path())?;

    let _lock = place.lock()?;
    let seen = place.look()?;
    if seen.version() != *on {
        return Ok(Put::Moved);
    }
    let release = unpacking.finish(place, &Marker::new(mark, pieces))?;
    let before = seen.before(mark);
    let record = Record::new(mark, false, Some(release.clone()), before.clone());
    place.write_record(&record)?;
    place.switch(&seen.link, Some(&release))?;
    release::prune(place, &[Some(release), before])?;
    Ok(Put::Done)
}

fn undo(place: &Place, on: &Version, mark: &Mark) -> Result<Put, Failure> {
    place.make()?;
    let _lock = place.lock()?;
    let seen = place.look()?;
    if seen.version() != *on {
        return Ok(Put::Moved);
    }
    refuse_foreign(place, &seen, mark)?;
    let before = seen.before(mark);
    if let Some(release) = &before
        && place.marker(&Link::Release(release.clone()))?.is_none()
    {
        return Err(gone(place, release));
    }
    let undone = seen.release();
    place.write_record(&Record::new(mark, true, undone.clone(), before.clone()))?;
    place.switch(&seen.link, before.as_deref())?;
    release::prune(place, &[undone, before])?;
    Ok(Put::Done)
}

/// Refuses to touch what is not ours: a folder, a file or a link that someone else put there, and another's deployment.
fn refuse_foreign(place: &Place, seen: &Seen, mark: &Mark) -> Result<(), Failure> {
    let path = place.link().display();
    if let Link::Foreign(words) = &seen.link {
        let message = format!("at `{path}` stands {words}, which trunkline did not put there");
        return Err(Refusal::new(Code::Drifted, message)
            .help("move it away; nothing that is not ours is ever deleted")
            .into());
    }
    let other = seen.record.as_ref().filter(|record| !record.is_for(mark) && seen.link != Link::Absent);
    if let Some(record) = other {
        let message =
            format!("`{path}` is where `{}` deploys its environment `{}`", record.project, record.environment);
        let help = "give each project and environment a folder of its own, or remove the link first";
        return Err(Refusal::new(Code::Drifted, message).help(help).into());
    }
    Ok(())
}

fn gone(place: &Place, release: &str) -> Failure {
    let message = format!("the release `{release}` that stood at `{}` before is gone", place.link().display());
    Refusal::new(Code::NothingToReturnTo, message).help("deploy a commit that is known to be good").into()
}

/// A name that no file has.
fn fresh(prefix: &str) -> String {
    format!("{prefix}-{}", unique())
}
