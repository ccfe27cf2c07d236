//! Objects of a repository by name, from one `git cat-file --batch` that stays open for a whole call.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use trunkline_ports::failure::{Failure, Fault};

use super::Git;

/// The longest object that is held in memory unless asked otherwise, in bytes: a tree of a hundred thousand files.
pub(crate) const MAX_OBJECT: usize = 16 << 20;

/// An open conversation with `git cat-file --batch`.
#[derive(Debug)]
pub(crate) struct Objects {
    // Ends when this is dropped.
    _child: Child,
    questions: ChildStdin,
    answers: Answers,
}

/// The reading half of a conversation.
#[derive(Debug)]
pub(crate) struct Answers(BufReader<ChildStdout>);

/// The first line of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The object's id.
    pub(crate) id: String,
    /// `commit`, `tree`, `blob` or `tag`.
    pub(crate) kind: String,
    /// Its length in bytes.
    pub(crate) size: u64,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// What it is.
    pub(crate) header: Header,
    /// Its content; nothing when it is longer than was asked for.
    pub(crate) body: Option<Vec<u8>>,
}

impl Objects {
    /// Opens a conversation that answers every question at once.
    ///
    /// # Errors
    /// A refusal when there is no git.
    pub(crate) fn open(git: &Git) -> Result<Self, Failure> {
        let (child, questions, answers) = converse(git, &["--batch"])?;
        Ok(Self { _child: child, questions, answers })
    }

    /// The object `name` (an id, or one that git resolves); nothing when it is not there.
    ///
    /// # Errors
    /// A fault when git ends early: it was no repository, or it is damaged.
    pub(crate) async fn get(&mut self, name: &str, limit: usize) -> Result<Option<Object>, Failure> {
        debug_assert!(!name.contains('\n'), "a name is one line");
        self.questions.write_all(format!("{name}\n").as_bytes()).await.map_err(|error| ended(&error))?;
        let Some(header) = self.answers.header().await? else { return Ok(None) };
        let body = if header.size <= limit as u64 {
            Some(self.answers.body(header.size).await?)
        } else {
            self.answers.skip(header.size).await?;
            None
        };
        Ok(Some(Object { header, body }))
    }
}

/// Opens a conversation for many questions: answers come when git's buffer is full, so write and read side by side.
///
/// # Errors
/// As [`Objects::open`].
pub(crate) fn stream(git: &Git) -> Result<(Child, ChildStdin, Answers), Failure> {
    converse(git, &["--batch", "--buffer"])
}

fn converse(git: &Git, arguments: &[&str]) -> Result<(Child, ChildStdin, Answers), Failure> {
    let mut child = git.order("cat-file").args(arguments.iter().copied()).start()?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(questions), Some(answers)) => {
            Ok((child, questions, Answers(BufReader::with_capacity(64 << 10, answers))))
        }
        _ => Err(Fault::lasting("`git cat-file` was started without its streams").into()),
    }
}

impl Answers {
    /// The next answer's first line; nothing when there is no such object.
    ///
    /// # Errors
    /// A fault when git ends early or its answer is not understood.
    pub(crate) async fn header(&mut self) -> Result<Option<Header>, Failure> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).await.map_err(|error| ended(&error))?;
        let line = String::from_utf8_lossy(&line);
        if line.ends_with(" missing\n") || line.ends_with(" ambiguous\n") {
            return Ok(None);
        }
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        if let [id, kind, size] = words[..]
            && let Ok(size) = size.parse()
        {
            return Ok(Some(Header { id: id.to_owned(), kind: kind.to_owned(), size }));
        }
        Err(Fault::lasting(format!(
            "`git cat-file` answered `{}`: is the repository damaged? try `git fsck`",
            line.trim()
        ))
        .into())
    }

    /// The content that follows a header.
    async fn body(&mut self, size: u64) -> Result<Vec<u8>, Failure> {
        let mut body = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
        self.0.read_exact(&mut body).await.map_err(|error| ended(&error))?;
        self.end().await?;
        Ok(body)
    }

    /// Passes over the content that follows a header.
    async fn skip(&mut self, size: u64) -> Result<(), Failure> {
        let mut rest = (&mut self.0).take(size);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map_err(|error| ended(&error))?;
        self.end().await
    }

    /// The next piece of content, `left` bytes at most; [`end`](Self::end) follows the last.
    pub(crate) async fn piece(&mut self, left: u64) -> Result<Vec<u8>, Failure> {
        let length = usize::try_from(left.min(256 << 10)).unwrap_or(256 << 10);
        let mut piece = vec![0; length];
        self.0.read_exact(&mut piece).await.map_err(|error| ended(&error))?;
        Ok(piece)
    }

    /// The line end after the content.
    pub(crate) async fn end(&mut self) -> Result<(), Failure> {
        self.0.read_u8().await.map_err(|error| ended(&error))?;
        Ok(())
    }
}

fn ended(error: &std::io::Error) -> Failure {
    Fault::lasting(format!("`git cat-file` ended early ({error}): is the repository damaged? try `git fsck`")).into()
}
