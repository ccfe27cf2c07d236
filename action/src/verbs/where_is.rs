//! `where`: where a commit is, and how it came there.

use trunkline_core::state::State;
use trunkline_core::view;
use trunkline_ports::failure::Failure;
use trunkline_ports::ledger::Ledger;
use trunkline_ports::repository::Repository;
use trunkline_ports::world::World;

use crate::answer::Answer;
use crate::arguments::Common;
use crate::session::Session;

pub(super) async fn where_is(common: &Common, revision: &str) -> Result<Answer, Failure> {
    let session = Session::look(common).await?;
    let commit = session.world.repository().resolve(revision).await?;
    let entries = session.world.ledger().read(1).await?;
    // History is told from the whole ledger; the state that the rules use forgets what is far back.
    let mut state = State::whole();
    for entry in &entries {
        state.apply(entry);
    }
    let policy = session.policy(&state);
    let found = view::where_is(&state, &policy, &commit, session.now(), &entries)?;
    Answer::done(&found, &found)
}
