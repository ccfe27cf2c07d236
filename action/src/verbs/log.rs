//! `log`: the ledger, a line for each fact.

use trunkline_core::view::lines;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::Ledger;
use trunkline_ports::world::World;

use crate::answer::Answer;
use crate::arguments::Common;
use crate::session::Session;

/// The newest `limit` entries, oldest first; as JSON, the entries themselves.
pub(super) async fn log(common: &Common, limit: u64) -> Result<Answer, Failure> {
    let session = Session::look(common).await?;
    let last = session.worker().await?.state().number;
    let first = if limit == 0 { 1 } else { last.saturating_sub(limit) + 1 };
    let entries = session.world.ledger().read(first).await?;
    let now = session.now();
    let mut text: String = lines(&entries).iter().map(|line| format!("{}\n", line.at(now))).collect();
    if entries.is_empty() {
        "nothing happened yet: `trunkline sync` begins\n".clone_into(&mut text);
    }
    Answer::done(text, &entries)
}
