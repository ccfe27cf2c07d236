//! Running a build tool: its output goes on as it comes, and its last lines into the refusal when it fails.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::Command;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::{Failure, Fault};

/// How many of the last lines are shown when a build fails.
const LAST: usize = 20;

/// The longest line that is passed on, in bytes; the rest begins another one.
const LINE: u64 = 4096;

/// How long a tool may take to say that it works.
const PROBE: Duration = Duration::from_secs(20);

/// A program to run.
pub(super) struct Run {
    pub(super) program: &'static str,
    pub(super) words: Vec<OsString>,
    /// The time that its results should carry. Source: <https://reproducible-builds.org/docs/source-date-epoch/>
    pub(super) seconds: i64,
}

/// Whether a program is there and does that.
pub(super) async fn succeeds(program: &str, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(PROBE, command.status()).await;
    ended.is_ok_and(|ended| ended.is_ok_and(|status| status.success()))
}

/// Runs a program to its end.
pub(super) async fn run(run: &Run, watcher: &Watcher) -> Result<(), Failure> {
    let mut command = Command::new(run.program);
    command.args(&run.words).env("SOURCE_DATE_EPOCH", run.seconds.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let failed = |error: std::io::Error| Fault::passing(format!("`{}` cannot be run: {error}", run.program));
    let mut child = command.spawn().map_err(failed)?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let last = std::cell::RefCell::new(VecDeque::with_capacity(LAST));
    let both = async { futures_util::join!(pass_on(output, watcher, &last), pass_on(errors, watcher, &last)) };
    both.await;
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    let lines = last.take().into_iter().collect::<Vec<_>>().join("\n  ");
    Err(Refusal::new(Code::BuildFailed, format!("`{}` failed ({status}):\n  {lines}", run.program))
        .help(
            "the build sees only the commit's own files that `watch` matches; run the same command by hand to see more",
        )
        .into())
}

/// Passes lines on until the program closes its end. Output that cannot be read is not what the build is about.
async fn pass_on(
    output: Option<impl AsyncRead + Unpin>,
    watcher: &Watcher,
    last: &std::cell::RefCell<VecDeque<String>>,
) {
    let Some(output) = output else { return };
    let mut reader = BufReader::new(output);
    let mut bytes = Vec::new();
    while (&mut reader).take(LINE).read_until(b'\n', &mut bytes).await.is_ok_and(|read| read > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        bytes.clear();
        watcher.line(&line);
        let mut last = last.borrow_mut();
        if last.len() == LAST {
            last.pop_front();
        }
        last.push_back(line);
    }
}
