//! `sync`: observe, decide and act until nothing is outstanding.

use trunkline_ports::failure::Failure;

use crate::answer::Answer;
use crate::arguments::Common;
use crate::outcome::Outcome;
use crate::session::Session;

pub(super) async fn sync(common: &Common, by: Option<&str>, reference: Option<String>) -> Result<Answer, Failure> {
    let session = Session::write(common, by).await?;
    let worker = session.worker().await?;
    let before = worker.state();
    worker.observe().await?;
    let ended = session.work(&worker).await?;
    Outcome { session: &session, before, ended: Some(ended), reference }.answer(&worker)
}
