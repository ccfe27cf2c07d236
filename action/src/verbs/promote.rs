//! `promote`: set a tag on a commit, under the rules of promotion, and sync.

use trunkline_core::ids::TagName;
use trunkline_core::orders;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::Repository;
use trunkline_ports::world::World;

use crate::answer::Answer;
use crate::arguments::{Common, Order};
use crate::outcome::Outcome;
use crate::session::Session;

pub(super) async fn promote(common: &Common, order: &Order, commit: &str, tag: &TagName) -> Result<Answer, Failure> {
    let session = Session::write(common, order.writer.by.as_deref()).await?;
    let repository = session.world.repository();
    let commit = repository.resolve(commit).await?;
    let worker = session.worker().await?;
    let before = worker.state();
    worker.observe().await?;
    let state = worker.state();
    let policy = state.policy().ok_or_else(|| {
        let refusal = || Refusal::new(Code::PolicyMissing, "no policy is in force");
        state.policy_refused.as_ref().map_or_else(refusal, |(_, refusal)| refusal.clone())
    })?;
    orders::promote(&state, &policy, session.now(), &commit, tag)?;
    repository.tag(&commit, tag).await?;
    worker.observe().await?;
    let ended = if order.no_sync { None } else { Some(session.work(&worker).await?) };
    let reference = Some(format!("refs/tags/{tag}"));
    Outcome { session: &session, before, ended, reference }.answer(&worker)
}
