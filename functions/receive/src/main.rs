//! The Lambda: reads its settings, then answers one delivery after another.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use trunkline_receive::{Receiver, Request, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let receiver = Receiver::new(settings);
    receiver.warm().await;
    // Never an error: Lambda would answer 502 for it, and say nothing of the reason.
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Request>| {
        Ok::<_, Error>(receiver.answer(event.payload).await)
    }))
    .await
}
