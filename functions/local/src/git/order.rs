//! One run of git: what goes in, what may come out, and how long it may take.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use super::Git;
use super::failure;

/// The longest answer, in bytes, unless an order says otherwise: the first parents of two million commits.
const MAX_ANSWER: usize = 256 << 20;

/// The most that is kept of what git says beside its answer, in bytes.
const MAX_NOISE: usize = 16 << 10;

/// How long git may talk to another machine.
const MAX_TALK: Duration = Duration::from_mins(5);

/// How long the last words are waited for once git has ended: a shared ssh connection may hold the stream open for hours.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A command to run.
#[derive(Clone, Debug)]
#[must_use = "an order does nothing until it is run"]
pub(crate) struct Order {
    git: Git,
    verb: &'static str,
    arguments: Vec<OsString>,
    input: Option<Vec<u8>>,
    limit: usize,
    talks: bool,
}

/// What git answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it wrote.
    pub(crate) output: Vec<u8>,
    /// What it said beside that.
    pub(crate) noise: String,
}

impl Order {
    pub(crate) fn new(git: &Git, verb: &'static str) -> Self {
        let git = git.clone();
        Self { git, verb, arguments: Vec::new(), input: None, limit: MAX_ANSWER, talks: false }
    }

    /// One argument more.
    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Several arguments more.
    pub(crate) fn args<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// What it reads.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// It talks to another repository: there is a time limit, and what fails without a known reason may pass.
    pub(crate) fn talks(mut self) -> Self {
        self.talks = true;
        self
    }

    /// Runs it; what it wrote when it succeeds.
    ///
    /// # Errors
    /// What git said, as a refusal or a fault.
    pub(crate) async fn output(self) -> Result<Vec<u8>, Failure> {
        let (verb, talks) = (self.verb, self.talks);
        let answer = self.answer().await?;
        if answer.status.success() { Ok(answer.output) } else { Err(failure::explain(verb, &answer.noise, talks)) }
    }

    /// Runs it, whether it succeeds or not.
    ///
    /// # Errors
    /// A refusal when there is no git, a fault when it takes too long or says too much.
    pub(crate) async fn answer(self) -> Result<Answer, Failure> {
        let (verb, limit) = (self.verb, self.limit);
        let (child, input) = self.spawn()?;
        let work = listen(child, input, limit);
        let heard = if self.talks {
            tokio::time::timeout(MAX_TALK, work).await.map_err(|_| {
                let seconds = MAX_TALK.as_secs();
                Fault::passing(format!("`git {verb}` was not done after {seconds} seconds"))
            })?
        } else {
            work.await
        };
        let answer = heard.map_err(|error| Fault::from_io(format_args!("running `git {verb}`"), &error))?;
        if answer.output.len() > limit {
            return Err(Fault::lasting(format!("`git {verb}` says more than {limit} bytes")).into());
        }
        Ok(answer)
    }

    fn spawn(&self) -> Result<(Child, Option<Vec<u8>>), Failure> {
        let mut command = self.git.command(self.verb, &self.arguments);
        if self.input.is_some() {
            command.stdin(Stdio::piped());
        }
        let child = command.spawn().map_err(|error| cannot_start(self.verb, &error))?;
        Ok((child, self.input.clone()))
    }

    /// Starts it for a conversation: the caller writes and reads.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub(crate) fn start(self) -> Result<Child, Failure> {
        let mut command = self.git.command(self.verb, &self.arguments);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map_err(|error| cannot_start(self.verb, &error))
    }
}

fn cannot_start(verb: &str, error: &std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => Refusal::new(Code::ToolMissing, "there is no `git` on this machine's search path")
            .help("install git, 2.31 or newer: https://git-scm.com/downloads")
            .into(),
        ErrorKind::InvalidInput => {
            Refusal::new(Code::UnknownRevision, format!("`git {verb}` cannot be given a NUL character")).into()
        }
        _ => Fault::from_io(format_args!("starting `git {verb}`"), error).into(),
    }
}

/// Feeds the process and hears it out. One byte more than `limit` is read: then the answer is too long, and the process ends
/// for want of a listener.
async fn listen(mut child: Child, input: Option<Vec<u8>>, limit: usize) -> std::io::Result<Answer> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut noise = Vec::new();
    let work = async {
        let write = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A process that ends before it has read everything says itself why.
                drop(stdin.write_all(&input).await);
            }
        };
        let read = async {
            let mut output = Vec::new();
            if let Some(stdout) = stdout {
                stdout.take(limit as u64 + 1).read_to_end(&mut output).await?;
            }
            std::io::Result::Ok(output)
        };
        let ((), output, status) = tokio::join!(write, read, child.wait());
        std::io::Result::Ok((status?, output?))
    };
    let (status, output) = {
        let (mut work, mut hear) = (std::pin::pin!(work), std::pin::pin!(hear(stderr, &mut noise)));
        tokio::select! {
            biased;
            () = &mut hear => work.await,
            ended = &mut work => {
                drop(tokio::time::timeout(LAST_WORDS, hear).await);
                ended
            }
        }
    }?;
    Ok(Answer { status, output, noise: String::from_utf8_lossy(&noise).into_owned() })
}

/// Keeps the first of what is said and throws the rest away, so that nobody waits for a listener.
async fn hear(stream: Option<impl AsyncRead + Unpin>, noise: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        let room = MAX_NOISE.saturating_sub(noise.len()).min(count);
        noise.extend_from_slice(&buffer[..room]);
    }
}
