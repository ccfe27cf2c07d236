//! A decorator around any port: something stands before and after each call, and may hold it up or make it fail.
//!
//! What fails before the call never happens; what fails after it happened all the same, and its caller cannot know.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use trunkline_core::deployment::{Mark, Unit};
use trunkline_core::fact::Entry;
use trunkline_core::ids::{Commit, Digest, ImageTag, Name, TagName};
use trunkline_core::policy::{HttpCheck, Patterns};

use crate::artifacts::{self, Image, ImageOrder, Manifest, Outcome, Package, Watcher};
use crate::failure::Failure;
use crate::ledger::{self, Append, Checkpoint};
use crate::repository::{self, Ask, Look};
use crate::targets::{self, Invocation, Put, Sight, Version};

/// A call that is being made.
#[derive(Clone, Copy, Debug)]
pub enum Call<'a> {
    /// Something is only read; its name.
    Read(&'static str),
    /// An entry is written.
    Append(&'a Entry),
    /// A checkpoint is kept.
    Keep,
    /// A tag is created in the repository.
    SetTag(&'a TagName),
    /// An image is built.
    Build(&'a ImageOrder<'a>),
    /// An image gets a tag.
    Tag(&'a str, &'a ImageTag),
    /// A package is made.
    Pack(&'a Name),
    /// Bytes are erased.
    Erase(&'a Digest),
    /// A unit is written.
    Put(&'a Unit, &'a Mark),
    /// A unit goes back.
    Undo(&'a Unit, &'a Mark),
    /// An address is asked.
    Ask(&'a HttpCheck),
    /// A command is run.
    Run(&'a Invocation),
}

/// What stands around every call.
pub trait Hook {
    /// Comes back when the call may be made.
    ///
    /// # Errors
    /// The call is not made, and gives this.
    async fn before(&self, call: &Call<'_>) -> Result<(), Failure>;

    /// Comes back when the call may give what it gives.
    ///
    /// # Errors
    /// The call was made, and gives this.
    async fn after(&self, call: &Call<'_>) -> Result<(), Failure>;
}

/// Lets everything through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Hook for Plain {
    async fn before(&self, _: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }

    async fn after(&self, _: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// A port with a hook around it.
#[derive(Debug)]
pub struct Hooked<P, H> {
    port: Rc<P>,
    hook: Rc<H>,
}

impl<P, H: Hook> Hooked<P, H> {
    /// The port with the hook around it.
    pub fn new(port: &Rc<P>, hook: &Rc<H>) -> Self {
        Self { port: Rc::clone(port), hook: Rc::clone(hook) }
    }

    async fn around<T>(&self, call: Call<'_>, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.hook.before(&call).await?;
        let result = work.await?;
        self.hook.after(&call).await?;
        Ok(result)
    }
}

impl<P: ledger::Ledger, H: Hook> ledger::Ledger for Hooked<P, H> {
    async fn read(&self, from: u64) -> Result<Vec<Entry>, Failure> {
        self.around(Call::Read("ledger"), self.port.read(from)).await
    }

    async fn append(&self, entry: &Entry) -> Result<Append, Failure> {
        self.around(Call::Append(entry), self.port.append(entry)).await
    }

    async fn checkpoint(&self, version: u32) -> Result<Option<Checkpoint>, Failure> {
        self.around(Call::Read("checkpoint"), self.port.checkpoint(version)).await
    }

    async fn keep(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        self.around(Call::Keep, self.port.keep(checkpoint)).await
    }
}

impl<P: repository::Repository, H: Hook> repository::Repository for Hooked<P, H> {
    async fn look(&self, ask: &Ask) -> Result<Look, Failure> {
        self.around(Call::Read("repository"), self.port.look(ask)).await
    }

    async fn file(&self, commit: &Commit, path: &str, limit: usize) -> Result<Option<String>, Failure> {
        self.around(Call::Read("file"), self.port.file(commit, path, limit)).await
    }

    async fn export(&self, commit: &Commit, watch: &Patterns, into: &Path) -> Result<(), Failure> {
        self.around(Call::Read("export"), self.port.export(commit, watch, into)).await
    }

    async fn resolve(&self, revision: &str) -> Result<Commit, Failure> {
        self.around(Call::Read("revision"), self.port.resolve(revision)).await
    }

    async fn tag(&self, commit: &Commit, tag: &TagName) -> Result<(), Failure> {
        self.around(Call::SetTag(tag), self.port.tag(commit, tag)).await
    }
}

impl<P: artifacts::Images, H: Hook> artifacts::Images for Hooked<P, H> {
    async fn build(&self, order: &ImageOrder<'_>, watcher: &Watcher) -> Result<Image, Failure> {
        self.around(Call::Build(order), self.port.build(order, watcher)).await
    }

    async fn tag(
        &self,
        repository: &str,
        digest: &Digest,
        tag: &ImageTag,
        manifest: Option<&Manifest>,
    ) -> Result<Outcome, Failure> {
        self.around(Call::Tag(repository, tag), self.port.tag(repository, digest, tag, manifest)).await
    }

    async fn find(&self, repository: &str, digest: &Digest) -> Result<Option<Image>, Failure> {
        self.around(Call::Read("image"), self.port.find(repository, digest)).await
    }

    async fn erase(&self, repository: &str, digest: &Digest) -> Result<Outcome, Failure> {
        self.around(Call::Erase(digest), self.port.erase(repository, digest)).await
    }
}

impl<P: artifacts::Packages, H: Hook> artifacts::Packages for Hooked<P, H> {
    async fn pack(&self, artifact: &Name, folder: &Path, watcher: &Watcher) -> Result<Package, Failure> {
        self.around(Call::Pack(artifact), self.port.pack(artifact, folder, watcher)).await
    }

    async fn keep(&self, artifact: &Name, file: &Path) -> Result<Package, Failure> {
        self.around(Call::Pack(artifact), self.port.keep(artifact, file)).await
    }

    async fn find(&self, artifact: &Name, digest: &Digest) -> Result<Option<Package>, Failure> {
        self.around(Call::Read("package"), self.port.find(artifact, digest)).await
    }

    async fn open(&self, artifact: &Name, digest: &Digest) -> Result<PathBuf, Failure> {
        self.around(Call::Read("package"), self.port.open(artifact, digest)).await
    }

    async fn erase(&self, artifact: &Name, digest: &Digest) -> Result<Outcome, Failure> {
        self.around(Call::Erase(digest), self.port.erase(artifact, digest)).await
    }
}

impl<P: targets::Targets, H: Hook> targets::Targets for Hooked<P, H> {
    async fn look(&self, unit: &Unit) -> Result<Sight, Failure> {
        self.around(Call::Read("target"), self.port.look(unit)).await
    }

    async fn put(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        self.around(Call::Put(unit, mark), self.port.put(unit, on, mark)).await
    }

    async fn undo(&self, unit: &Unit, on: &Version, mark: &Mark) -> Result<Put, Failure> {
        self.around(Call::Undo(unit, mark), self.port.undo(unit, on, mark)).await
    }

    async fn preview(&self, unit: &Unit) -> Result<String, Failure> {
        self.around(Call::Read("target"), self.port.preview(unit)).await
    }
}

impl<P: targets::Checks, H: Hook> targets::Checks for Hooked<P, H> {
    async fn http(&self, check: &HttpCheck) -> Result<Result<(), String>, Failure> {
        self.around(Call::Ask(check), self.port.http(check)).await
    }
}

impl<P: targets::Commands, H: Hook> targets::Commands for Hooked<P, H> {
    async fn run(&self, command: &Invocation, watcher: &Watcher) -> Result<(), Failure> {
        self.around(Call::Run(command), self.port.run(command, watcher)).await
    }
}
