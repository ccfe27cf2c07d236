//! The Lambdas that share one program, so that it is linked once and what they have in common is there once. Which of them it is, Lambda says
//! in `_HANDLER`, as the stack's template names it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use trunkline_notify::Chat;
use trunkline_wiring::{Stack, trouble};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    let variable = |name: &str| std::env::var(name).ok();
    let stack = match Stack::start(variable).await {
        Ok(stack) => stack,
        Err(failure) => {
            trouble(&handler, &failure.to_string());
            return Err(failure.to_string().into());
        }
    };
    let stack = &stack;
    match handler.as_str() {
        "observe" => run(service_fn(async |event: LambdaEvent<_>| trunkline_observe::handle(stack, event.payload).await.map_err(Error::from))).await,
        "build" => run(service_fn(async |event: LambdaEvent<_>| Ok::<_, Error>(trunkline_build::handle(stack, event.payload).await))).await,
        "promote" => run(service_fn(async |event: LambdaEvent<_>| Ok::<_, Error>(trunkline_promote::handle(stack, event.payload).await))).await,
        "deploy" => run(service_fn(async |event: LambdaEvent<_>| Ok::<_, Error>(trunkline_deploy::handle(stack, event.payload).await))).await,
        "verify" => run(service_fn(async |event: LambdaEvent<_>| Ok::<_, Error>(trunkline_verify::handle(stack, event.payload).await))).await,
        "yank" => run(service_fn(async |event: LambdaEvent<_>| Ok::<_, Error>(trunkline_yank::handle(stack, event.payload).await))).await,
        "sweep" => run(service_fn(async |_: LambdaEvent<serde_json::Value>| trunkline_sweep::handle(stack).await.map_err(Error::from))).await,
        "notify" => {
            let chat = &Chat::start(stack, variable).await?;
            run(service_fn(async |event: LambdaEvent<_>| trunkline_notify::handle(stack, chat, event.payload).await.map_err(Error::from))).await
        }
        other => Err(format!("`{other}` is no function: the template's `Handler` names one of observe, build, promote, deploy, verify, yank, sweep and notify").into()),
    }
}
