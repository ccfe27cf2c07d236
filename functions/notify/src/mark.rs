//! How far a project's ledger was told: `s3://BUCKET/PREFIX/told/PROJECT.json`.

use serde_json::{Value, json};
use trunkline_aws::bucket::Condition;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_wiring::{Project, Stack};

/// The longest mark, in bytes.
const LONGEST: u64 = 1024;

/// A mark in the ledger.
pub(crate) struct Mark {
    /// The last entry that was told.
    pub(crate) number: u64,
    etag: Option<String>,
}

impl Mark {
    /// The project's mark; before the first entry when there is none.
    pub(crate) async fn read(stack: &Stack, project: &Project) -> Result<Self, Failure> {
        let folder = stack.store.below("told");
        let file = format!("{}.json", project.project);
        let Some(object) = folder.get(&file, LONGEST).await? else { return Ok(Self { number: 0, etag: None }) };
        let read: Option<Value> = serde_json::from_slice(&object.bytes).ok();
        let number = read.and_then(|read| read["number"].as_u64());
        let odd = || Fault::lasting(format!("`{}` is no mark", folder.shown(&file)));
        Ok(Self { number: number.ok_or_else(odd)?, etag: Some(object.etag) })
    }

    /// Moves the mark on, unless another function did meanwhile: then that one has told.
    pub(crate) async fn move_to(&self, stack: &Stack, project: &Project, number: u64) -> Result<(), Failure> {
        let condition = self.etag.clone().map_or(Condition::Absent, Condition::Over);
        let text = json!({ "number": number }).to_string().into_bytes();
        let file = format!("{}.json", project.project);
        stack.store.below("told").put(&file, text, "application/json", &condition).await?;
        Ok(())
    }
}
