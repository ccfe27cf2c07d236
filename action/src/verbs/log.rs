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
    if entries.is_empty() {
        return Answer::done(&"nothing happened yet: `trunkline sync` begins\n", &entries);
    }
    let mut told: Vec<String> = lines(&entries).iter().map(|line| line.at(now).to_string()).collect();
    told.push(String::new());
    Answer::done(&told.join("\n"), &entries)
}
