//! The Lambdas that share one program, so that it is linked once and what they have in common is there once. Which of them it is, Lambda
//! says in `_HANDLER`, as the stack's template names it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use trunkline_notify::Chat;
use trunkline_wiring::{Stack, trouble};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    let ended = Box::pin(start(&handler)).await;
    if let Err(error) = &ended {
        trouble(&handler, &error.to_string());
    }
    ended
}

async fn start(handler: &str) -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let stack = &Stack::start(variable).await?;
    match handler {
        "observe" => serve(async |event| Ok(trunkline_observe::handle(stack, event).await?)).await,
        "build" => serve(async |event| Ok(trunkline_build::handle(stack, event).await)).await,
        "promote" => serve(async |event| Ok(trunkline_promote::handle(stack, event).await)).await,
        "deploy" => serve(async |event| Ok(trunkline_deploy::handle(stack, event).await)).await,
        "verify" => serve(async |event| Ok(trunkline_verify::handle(stack, event).await)).await,
        "yank" => serve(async |event| Ok(trunkline_yank::handle(stack, event).await)).await,
        "sweep" => serve(async |_: Value| Ok(trunkline_sweep::handle(stack).await?)).await,
        "notify" => {
            let chat = &Chat::start(stack, variable).await?;
            serve(async |event| Ok(trunkline_notify::handle(stack, chat, event).await?)).await
        }
        other => Err(format!("`{other}` is no function: the template's `Handler` names one").into()),
    }
}

/// Hands one event after another to `handle`.
async fn serve<E: DeserializeOwned, A: Serialize>(handle: impl AsyncFn(E) -> Result<A, Error>) -> Result<(), Error> {
    let handle = &handle;
    Box::pin(run(service_fn(move |event: LambdaEvent<E>| handle(event.payload)))).await
}
