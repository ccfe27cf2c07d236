//! Checkpoints as objects: `checkpoints/newest.<version>.jsonl`, the number on the first line and the state's JSON on the second.
//!
//! One object for each version of the fold, written over the one that was read. Finding the newest is one request for its content;
//! looking for the highest name would be two, and old ones would have to be deleted, which the roles that work here may not do.
//! S3 writes an object whole or not at all, so there is nothing to fall back on: one that cannot be read was changed by hand, counts
//! as none, and is written over by the next.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::ledger::Checkpoint;

use crate::bucket::{Bucket, Condition};

/// The longest checkpoint, in bytes (256 MiB): far above any state, and far below a machine's memory.
const LONGEST: u64 = 256 << 20;

/// The checkpoint that stands in the bucket, as far as this process knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Its number; 0 when there is none, or none that can be read.
    number: u64,
    /// When it may be written over.
    condition: Condition,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    number: u64,
}

fn name(version: u32) -> String {
    format!("checkpoints/newest.{version}.jsonl")
}

/// The newest checkpoint of `version`.
pub(super) async fn read(folder: &Bucket, version: u32) -> Result<(Option<Checkpoint>, Held), Failure> {
    let Some(object) = folder.get(&name(version), LONGEST).await? else {
        return Ok((None, Held { number: 0, condition: Condition::Absent }));
    };
    let checkpoint = parse(object.bytes, version);
    let number = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.number);
    Ok((checkpoint, Held { number, condition: Condition::Over(object.etag) }))
}

fn parse(bytes: Vec<u8>, version: u32) -> Option<Checkpoint> {
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= LONGEST)?;
    let (head, state) = text.split_once('\n')?;
    let Head { number } = serde_json::from_str(head).ok()?;
    serde_json::from_str::<IgnoredAny>(state).ok()?;
    Some(Checkpoint { number, version, state: state.to_owned() })
}

/// Writes a checkpoint over what is held, unless that is as new. Gives what is held now; nothing when someone else wrote meanwhile.
pub(super) async fn keep(folder: &Bucket, checkpoint: &Checkpoint, held: Held) -> Result<Option<Held>, Failure> {
    if held.number >= checkpoint.number {
        return Ok(Some(held));
    }
    let number = checkpoint.number;
    let head = serde_json::to_string(&Head { number });
    let head = head.map_err(|error| Fault::lasting(format!("a checkpoint cannot be written: {error}")))?;
    let text = format!("{head}\n{}", checkpoint.state);
    // Whoever was quicker has folded as much: theirs serves as well.
    let created = folder.put(&name(checkpoint.version), text.into_bytes(), super::JSON, &held.condition).await?;
    Ok(created.map(|created| Held { number, condition: Condition::Over(created.etag) }))
}
