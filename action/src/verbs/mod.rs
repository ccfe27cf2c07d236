//! The verbs: one file each, and how they are run.

mod build;
mod check;
mod completions;
mod log;
mod orders;
mod plan;
mod promote;
mod record;
mod status;
mod sync;
mod where_is;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use trunkline_ports::failure::{Failure, Fault};

use crate::answer::{Answer, Exit, show};
use crate::arguments::{Arguments, Common, Verb};

/// Does what was asked for, and shows what came of it.
pub(crate) fn run(arguments: Arguments) -> Exit {
    let json = arguments.common.json;
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return show(Err(Fault::from_io("starting", &error).into()), json),
    };
    let answer = runtime.block_on(async {
        tokio::select! {
            answer = answer(arguments.common, arguments.verb) => answer,
            // What was under way is dropped, and with it the commands that it runs.
            interrupted = interrupted() => Err(interrupted),
        }
    });
    // Work on a thread that cannot be stopped is not waited for.
    runtime.shutdown_background();
    show(answer, json)
}

/// Comes back when somebody wants this process to end.
async fn interrupted() -> Failure {
    let ended = async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok::<(), std::io::Error>(())
    };
    match ended.await {
        Ok(()) => {
            Fault::passing("interrupted; what it had claimed is taken over by the next run, a minute later at most")
                .into()
        }
        // Without signals, the default ends the process.
        Err(_) => std::future::pending().await,
    }
}

async fn answer(common: Common, verb: Verb) -> Result<Answer, Failure> {
    match verb {
        Verb::Sync { writer, reference } => sync::sync(&common, writer.by.as_deref(), reference).await,
        Verb::Plan => plan::plan(&common).await,
        Verb::Check { file, schema } => check::check(&common, file, schema),
        Verb::Build { commit, writer, reason } => {
            build::build(&common, writer.by.as_deref(), commit.as_deref(), reason.as_deref()).await
        }
        Verb::Promote { commit, tag, order } => Box::pin(promote::promote(&common, &order, &commit, &tag)).await,
        Verb::Record { commit, artifact, digest, file, reason, order } => {
            let bytes = record::Bytes { artifact, digest, file };
            record::record(&common, &order, &commit, bytes, reason.as_deref()).await
        }
        Verb::Status => status::status(&common).await,
        Verb::Where { commit } => where_is::where_is(&common, &commit).await,
        Verb::Log { limit } => log::log(&common, limit).await,
        Verb::Init { folder, force } => crate::init::init(&common, folder.as_deref(), force),
        Verb::Demo { folder } => crate::demo::play(&common, folder).await,
        Verb::Completions { shell } => completions::completions(shell),
        Verb::Order(ordered) => orders::order(&common, ordered).await,
    }
}
