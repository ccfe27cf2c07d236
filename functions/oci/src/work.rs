//! Blocking work, off the thread that everything else runs on.

use trunkline_ports::failure::Failure;

use crate::problem;

/// Runs `work` on a thread for such work and waits for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(ended) => ended,
        Err(error) => Err(problem::thread(&error)),
    }
}
