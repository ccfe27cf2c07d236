//! `status`: what runs where, and what is outstanding.

use trunkline_core::view;
use trunkline_ports::failure::Failure;

use crate::answer::Answer;
use crate::arguments::Common;
use crate::session::Session;

pub(super) async fn status(common: &Common) -> Result<Answer, Failure> {
    let session = Session::look(common).await?;
    let state = session.worker().await?.state();
    let status = view::status(&state, &session.policy(&state), session.now());
    Answer::done(&status, &status)
}
