//! A deployed folder as it is on the disk: the link, what it points to, the record, the lock.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use trunkline_core::deployment::Mark;
use trunkline_core::ids::Name;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::{Standing, Version};

use super::fresh;
use super::record::{Marker, Record};
use crate::files::{self, fault};

/// The longest marker or record, in bytes (1 MiB).
const LONGEST: u64 = 1 << 20;

/// How long the lock is waited for. What is done under it takes milliseconds, so a longer wait means a process that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a look is repeated when the folder is switched meanwhile.
const LOOKS: u32 = 100;

/// A place where releases are switched.
#[derive(Clone, Debug)]
pub(super) struct Place {
    link: PathBuf,
    releases: PathBuf,
}

/// What is at the place itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing.
    Absent,
    /// A link to the release of this name.
    Release(String),
    /// Something else, in words.
    Foreign(String),
}

/// One look at the place.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) link: Link,
    pub(super) record: Option<Record>,
}

impl Seen {
    /// What a write is compared with: the last record, and where the link points whoever moved it.
    pub(super) fn version(&self) -> Version {
        let generation = self.record.as_ref().map_or("none", |record| &record.generation);
        Version(match &self.link {
            Link::Absent => format!("{generation} at nothing"),
            Link::Release(release) => format!("{generation} at {release}"),
            Link::Foreign(words) => format!("{generation} at {words}"),
        })
    }

    /// Whether what stands there is what the deployment `mark` put there.
    pub(super) fn is_effect_of(&self, mark: &Mark) -> bool {
        let record = self.record.as_ref().filter(|record| record.is_of(mark) && !record.undone);
        record.is_some_and(|record| record.release.is_some() && record.release == self.standing())
    }

    /// The release that stood there before the deployment `mark`, or would be if it came now.
    pub(super) fn before(&self, mark: &Mark) -> Option<String> {
        match &self.record {
            Some(record) if record.is_of(mark) => record.before.clone(),
            _ => self.standing(),
        }
    }

    /// The release that the last deployment brought.
    pub(super) fn release(&self) -> Option<String> {
        self.record.as_ref().and_then(|record| record.release.clone()).or_else(|| self.standing())
    }

    fn standing(&self) -> Option<String> {
        if let Link::Release(release) = &self.link { Some(release.clone()) } else { None }
    }
}

impl Place {
    pub(super) fn new(path: &Path) -> Result<Self, Failure> {
        let Some((parent, name)) = path.parent().zip(path.file_name()) else {
            let message = format!("`{}` cannot be switched to another folder", path.display());
            return Err(Refusal::new(Code::PathEscapes, message).help("give a folder that has a name").into());
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".releases");
        Ok(Self { link: parent.join(name), releases: parent.join(hidden) })
    }

    /// The path that people know.
    pub(super) fn link(&self) -> &Path {
        &self.link
    }

    /// The folder beside it that holds the releases.
    pub(super) fn releases(&self) -> &Path {
        &self.releases
    }

    /// Makes the folder that holds the releases.
    pub(super) fn make(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.releases).map_err(|error| fault("making", &self.releases, &error))
    }

    /// Takes the lock that is held while the folder is compared and switched.
    pub(super) fn lock(&self) -> Result<File, Failure> {
        let path = self.releases.join("lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(|error| fault("opening", &path, &error))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(fault("locking", &path, &error)),
                Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Fault::passing(format!("`{}` is held by another process", path.display())).into());
                }
            }
        }
    }

    /// What is there now. No lock is needed: a look that the folder was switched during is repeated.
    pub(super) fn look(&self) -> Result<Seen, Failure> {
        let mut record = self.record()?;
        for _ in 0..LOOKS {
            let link = self.at_link()?;
            let again = self.record()?;
            if again == record {
                return Ok(Seen { link, record });
            }
            record = again;
        }
        Err(Fault::passing(format!("`{}` is switched faster than it can be looked at", self.link.display())).into())
    }

    /// What stands at an artifact's place.
    pub(super) fn standing(&self, link: &Link, artifact: &Name, environment: &Name) -> Result<Standing, Failure> {
        let release = match link {
            Link::Absent => return Ok(Standing::Nothing),
            Link::Foreign(words) => return Ok(Standing::Other(words.clone())),
            Link::Release(release) => release,
        };
        Ok(match self.marker(link)? {
            None => Standing::Other(format!("a link to `{release}`, which is no whole release")),
            Some(marker) if marker.environment != *environment => {
                Standing::Other(format!("what `{}` deployed for `{}`", marker.project, marker.environment))
            }
            Some(marker) => {
                marker.pieces.get(artifact).map_or(Standing::Nothing, |digest| Standing::At(digest.clone()))
            }
        })
    }

    /// The marker of the release that the link points to, if both are there.
    pub(super) fn marker(&self, link: &Link) -> Result<Option<Marker>, Failure> {
        let Link::Release(release) = link else { return Ok(None) };
        let marker = self.json(&format!("{release}.json"))?;
        Ok(marker.filter(|_| self.releases.join(release).is_dir()))
    }

    /// Writes the marker of a release.
    pub(super) fn write_marker(&self, release: &str, marker: &Marker) -> Result<(), Failure> {
        self.write_json(&format!("{release}.json"), marker)
    }

    /// Writes what is done last, which moves the version.
    pub(super) fn write_record(&self, record: &Record) -> Result<(), Failure> {
        self.write_json("current.json", record)
    }

    /// Points the link, which is at `from`, to a release, or removes it, in one step.
    pub(super) fn switch(&self, from: &Link, to: Option<&str>) -> Result<(), Failure> {
        let failed = |error| fault("switching", &self.link, &error);
        let Some(release) = to else {
            return if *from == Link::Absent { Ok(()) } else { fs::remove_file(&self.link).map_err(failed) };
        };
        if *from == Link::Release(release.to_owned()) {
            return Ok(());
        }
        let target = Path::new(self.releases.file_name().unwrap_or_default()).join(release);
        if *from == Link::Absent {
            // Not over anything: whatever came there meanwhile is not ours.
            symlink(&target, &self.link).map_err(failed)?;
        } else {
            let beside = self.releases.join(fresh("link"));
            symlink(&target, &beside).map_err(failed)?;
            fs::rename(&beside, &self.link).map_err(failed)?;
        }
        files::sync_parent(&self.link).map_err(failed)
    }

    fn at_link(&self) -> Result<Link, Failure> {
        let failed = |error| fault("reading", &self.link, &error);
        let kind = match fs::symlink_metadata(&self.link) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Link::Absent),
            Err(error) => return Err(failed(error)),
        };
        if !kind.is_symlink() {
            return Ok(Link::Foreign(if kind.is_dir() { "a folder" } else { "a file" }.to_owned()));
        }
        let target = match fs::read_link(&self.link) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Link::Absent),
            Err(error) => return Err(failed(error)),
        };
        Ok(self.release(&target).map_or_else(|| foreign_link(target.display()), Link::Release))
    }

    /// The release that a link's target names.
    fn release(&self, target: &Path) -> Option<String> {
        let mut parts = target.components();
        let ours = parts.next() == self.releases.file_name().map(Component::Normal);
        let release = parts.next().filter(|part| ours && matches!(part, Component::Normal(_)))?;
        if parts.next().is_some() { None } else { Some(release.as_os_str().to_str()?.to_owned()) }
    }

    fn record(&self) -> Result<Option<Record>, Failure> {
        self.json("current.json")
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        let path = self.releases.join(name);
        let text = files::read(&path, LONGEST).map_err(|error| fault("reading", &path, &error))?;
        text.map(|text| serde_json::from_slice(&text)).transpose().map_err(|error| {
            Refusal::new(Code::Drifted, format!("`{}` was changed: {error}", path.display()))
                .help("restore that file, or move the folder and its releases away and deploy again")
                .into()
        })
    }

    fn write_json<T: serde::Serialize>(&self, name: &str, value: &T) -> Result<(), Failure> {
        let path = self.releases.join(name);
        let text = serde_json::to_vec_pretty(value)
            .map_err(|error| Fault::lasting(format!("writing `{}`: {error}", path.display())))?;
        files::replace(&path, &self.releases.join(fresh("writing")), &text)
            .map_err(|error| fault("writing", &path, &error))
    }
}

fn foreign_link(target: impl Display) -> Link {
    Link::Foreign(format!("a link to `{target}`"))
}
