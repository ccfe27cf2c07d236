//! The command target: whatever a command does with the bytes it is told of.
//!
//! A command cannot be asked what stands at its place, and cannot be kept from running late. So it is told the ledger's name
//! and number, and whether that matters is its own business.

use std::collections::BTreeMap;

use trunkline_core::deployment::{Bytes, Destination, Mark, Piece, Unit};
use trunkline_core::ids::Commit;
use trunkline_core::policy::Kind;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::{Packages, Watcher};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::{Commands, Invocation, Put, Sight, Standing, Targets, Version};

/// The project's name.
pub const PROJECT: &str = "TRUNKLINE_PROJECT";
/// The environment's name.
pub const ENVIRONMENT: &str = "TRUNKLINE_ENVIRONMENT";
/// The commit that is deployed, or, when a deployment is undone, the one that it replaced.
pub const COMMIT: &str = "TRUNKLINE_COMMIT";
/// The artifact's name.
pub const ARTIFACT: &str = "TRUNKLINE_ARTIFACT";
/// The digest of the artifact's bytes.
pub const DIGEST: &str = "TRUNKLINE_DIGEST";
/// An image's repository.
pub const REPOSITORY: &str = "TRUNKLINE_REPOSITORY";
/// An image's tag.
pub const TAG: &str = "TRUNKLINE_TAG";
/// The file of a package.
pub const PATH: &str = "TRUNKLINE_PATH";
/// The ledger's name: `project/NAME`.
pub const LEDGER: &str = "TRUNKLINE_LEDGER";
/// The number of the ledger's entry that started the deployment: a higher one is newer.
pub const NUMBER: &str = "TRUNKLINE_NUMBER";

/// Runs the commands of `run` targets.
pub struct Runs<P, C> {
    packages: P,
    commands: C,
    watcher: Watcher,
}

impl<P: Packages, C: Commands> Runs<P, C> {
    /// Commands are run by `commands`, packages come from `packages`, and output goes to `watcher`.
    pub fn new(packages: P, commands: C, watcher: Watcher) -> Self {
        Self { packages, commands, watcher }
    }

    /// Runs the line once for a piece.
    async fn run(
        &self,
        unit: &Unit,
        piece: &Piece,
        bytes: &Bytes,
        commit: &Commit,
        mark: &Mark,
    ) -> Result<(), Failure> {
        let mut environment = BTreeMap::from([
            (PROJECT, mark.project.to_string()),
            (ENVIRONMENT, unit.environment.to_string()),
            (COMMIT, commit.to_string()),
            (ARTIFACT, piece.artifact.to_string()),
            (DIGEST, bytes.digest.to_string()),
            (LEDGER, format!("project/{}", mark.project)),
            (NUMBER, mark.number.to_string()),
        ]);
        environment.extend(bytes.repository.clone().map(|repository| (REPOSITORY, repository)));
        environment.extend(bytes.tag.as_ref().map(|tag| (TAG, tag.to_string())));
        if bytes.kind == Kind::Package {
            let path = self.packages.open(&piece.artifact, &bytes.digest).await?;
            environment.insert(PATH, path.to_string_lossy().into_owned());
        }
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let invocation = Invocation { line: line(unit)?.to_owned(), folder: None, environment };
        self.commands.run(&invocation, &self.watcher).await
    }
}

impl<P: Packages, C: Commands> Targets for Runs<P, C> {
    /// Nothing is known of it, ever.
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        line(unit)?;
        let pieces = unit.pieces.iter().map(|piece| (piece.artifact.clone(), Standing::Unknown)).collect();
        Ok(Sight { version: version(), pieces })
    }

    /// Runs the command for one piece after the other.
    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        if *on != version() {
            return Ok(Put::Moved);
        }
        for piece in &unit.pieces {
            self.run(unit, piece, &piece.bytes, &unit.commit, mark).await?;
        }
        Ok(Put::Done)
    }

    /// Runs the command again, with the bytes that were there before.
    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        if *on != version() {
            return Ok(Put::Moved);
        }
        let before = |piece| previous(unit, piece).map(|bytes| (piece, bytes));
        // All or none: half of a unit taken back would be worse than none.
        let pieces = unit.pieces.iter().map(before).collect::<Result<Vec<_>, _>>()?;
        for (piece, bytes) in pieces.into_iter().rev() {
            self.run(unit, piece, bytes, mark.previous.as_ref().unwrap_or(&unit.commit), mark).await?;
        }
        Ok(Put::Done)
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        let line = line(unit)?;
        let shown = |piece: &Piece| format!("run `{line}` for {} {}\n", piece.artifact, piece.bytes.digest);
        Ok(unit.pieces.iter().map(shown).collect())
    }
}

/// The version that every command has at all times.
fn version() -> Version {
    Version("run".to_owned())
}

fn line(unit: &Unit) -> Result<&str, Failure> {
    match &unit.destination {
        Destination::Run(line) => Ok(line),
        other => Err(Fault::lasting(format!("a command target was asked for {other:?}")).into()),
    }
}

fn previous<'a>(unit: &Unit, piece: &'a Piece) -> Result<&'a Bytes, Failure> {
    piece.previous.as_ref().ok_or_else(|| {
        let message = format!(
            "nothing of `{}` ran in `{}` before, so its command cannot take it back",
            piece.artifact, unit.environment
        );
        Refusal::new(Code::NothingToReturnTo, message)
            .help("take it back by hand, then deploy a commit that works")
            .into()
    })
}
