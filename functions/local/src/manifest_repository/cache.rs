//! The bare cache of a manifest repository: locked while it is used, filled with as little as an edit needs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use trunkline_core::ids::Commit;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use super::address::Address;
use crate::files::{blocking, fault};
use crate::git::Git;
use crate::git::failure;
use crate::git::objects::{MAX_OBJECT, Objects};

/// What a server on this machine is started with, so that it sends only what is asked for.
const UPLOAD_PACK: &str = "git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack";

/// How everything is fetched: quietly, without tags, and without files.
const FETCH: [&str; 5] =
    ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--filter=blob:none"];

/// What became of a fetch.
enum Brought {
    All,
    /// Nothing, since the repository's ids are of this other kind.
    OtherIds(&'static str),
}

/// A cache that is locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Cache {
    /// Where it was fetched from.
    pub(crate) address: Address,
    /// Git in the cache, knowing where it came from.
    pub(crate) git: Git,
    /// Git in the cache, knowing nothing else: what is missing is missing, and not fetched one by one.
    pub(crate) plain: Git,
    folder: PathBuf,
    _lock: File,
}

impl Cache {
    /// Opens the cache of a repository in `folder`, or makes it, once nobody else uses it.
    ///
    /// # Errors
    /// A refusal when there is no git, a fault when the folder cannot be written.
    pub(crate) async fn open(folder: &Path, address: Address, dress: fn(Git) -> Git) -> Result<Self, Failure> {
        let place = folder.join(address.cache_name());
        let lock = lock(folder.to_owned(), place.with_extension("lock")).await?;
        let plain = dress(Git::bare(&place));
        let git = plain.clone().set("remote.origin.url", &address.url);
        let git = git.set("remote.origin.promisor", "true").set("remote.origin.partialclonefilter", "blob:none");
        let git = if address.local { git.set("remote.origin.uploadpack", UPLOAD_PACK) } else { git };
        let cache = Self { address, git, plain, folder: place, _lock: lock };
        if cache.folder.join("HEAD").is_file() {
            sweep(cache.folder.clone()).await?;
        } else {
            cache.create("sha1").await?;
        }
        Ok(cache)
    }

    /// Makes an empty cache. It is whole once it has a `HEAD`, which git writes last but for its settings.
    async fn create(&self, format: &str) -> Result<(), Failure> {
        let folder = self.folder.clone();
        blocking(move || match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fault("removing", &folder, &error)),
            _ => Ok(()),
        })
        .await?;
        let order = self.plain.order("init").args(["--quiet", "--bare", "--template="]);
        order.arg(format!("--object-format={format}")).output().await?;
        Ok(())
    }

    /// The ref in the cache that holds what was fetched of the branch.
    fn kept(&self) -> String {
        format!("refs/trunkline/heads/{}", self.address.branch)
    }

    /// Fetches the branch: its newest commit and trees the first time, later what is new. The head, and a conversation.
    ///
    /// # Errors
    /// [`Code::ManifestMissing`] when there is no such branch, [`Code::RepositoryUnusable`] when there is no repository,
    /// a fault when it cannot be reached now.
    pub(crate) async fn fetch(&self) -> Result<(Commit, Objects), Failure> {
        let mut objects = Objects::open(&self.plain)?;
        // Depth would make git ask for everything again, even when nothing is new.
        let known = self.head(&mut objects).await?.is_some();
        let arguments: &[&str] = if known { &[] } else { &["--depth=1"] };
        match self.bring(arguments).await? {
            Brought::All => {}
            // Only an empty cache can learn which kind of ids its repository has.
            Brought::OtherIds(format) if !known => {
                self.create(format).await?;
                objects = Objects::open(&self.plain)?;
                self.bring(arguments).await?;
            }
            Brought::OtherIds(_) => {
                return Err(Fault::lasting(format!("`{}` is another repository now", self.address.shown)).into());
            }
        }
        let head = self.head(&mut objects).await?;
        let head = head.ok_or_else(|| Fault::passing("the branch was fetched, but is not there"))?;
        Ok((head, objects))
    }

    /// Fetches more of the branch's history: `depth` commits of it.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub(crate) async fn deepen(&self, depth: usize) -> Result<(), Failure> {
        self.bring(&[&format!("--depth={depth}")]).await?;
        Ok(())
    }

    /// Whether the oldest commits here have parents that were not fetched.
    pub(crate) fn is_shallow(&self) -> bool {
        fs::metadata(self.folder.join("shallow")).is_ok_and(|file| file.len() > 0)
    }

    async fn bring(&self, arguments: &[&str]) -> Result<Brought, Failure> {
        let branch = &self.address.branch;
        let order = self.git.order("fetch").args(FETCH.iter().copied()).args(arguments.iter().copied());
        let order = order.args(["--", "origin", &format!("+refs/heads/{branch}:{}", self.kept())]).talks();
        let answer = order.answer().await?;
        if answer.status.success() {
            return Ok(Brought::All);
        }
        if answer.noise.contains("mismatched algorithms") {
            let format = if answer.noise.contains("server sha256") { "sha256" } else { "sha1" };
            return Ok(Brought::OtherIds(format));
        }
        if answer.noise.contains("couldn't find remote ref") {
            let message = format!("the manifest repository `{}` has no branch `{branch}`", self.address.shown);
            let help = "push the branch with its manifests first, or name another under `manifests:` in the policy";
            return Err(Refusal::new(Code::ManifestMissing, message).help(help).into());
        }
        Err(failure::explain("fetch", &answer.noise, true))
    }

    async fn head(&self, objects: &mut Objects) -> Result<Option<Commit>, Failure> {
        let object = objects.get(&self.kept(), MAX_OBJECT).await?;
        Ok(object.filter(|object| object.header.kind == "commit").and_then(|object| object.header.id.parse().ok()))
    }

    /// Fetches objects by id, all of them at once.
    ///
    /// # Errors
    /// A fault when they cannot be had now.
    pub(crate) async fn bring_objects(&self, ids: &[String]) -> Result<(), Failure> {
        let git = self.git.clone().set("fetch.negotiationAlgorithm", "noop");
        let order =
            git.order("fetch").args(["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]);
        let order = order.args(["--filter=blob:none", "--stdin", "--", "origin"]);
        order.input(ids.join("\n") + "\n").talks().output().await?;
        Ok(())
    }
}

/// Waits until nobody else has the lock. The system takes it back from a process that ends, however it ends.
async fn lock(folder: PathBuf, path: PathBuf) -> Result<File, Failure> {
    blocking(move || {
        fs::create_dir_all(&folder).map_err(|error| fault("creating", &folder, &error))?;
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| fault("locking", &path, &error))
    })
    .await
}

/// Removes locks that a git which was killed has left: whoever holds ours knows that none is alive.
async fn sweep(folder: PathBuf) -> Result<(), Failure> {
    blocking(move || {
        for name in ["shallow.lock", "packed-refs.lock", "config.lock", "HEAD.lock"] {
            remove(&folder.join(name))?;
        }
        let mut open = vec![folder.join("refs")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "lock") {
                    remove(&path)?;
                }
            }
        }
        Ok(())
    })
    .await
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fault("removing", path, &error)),
        _ => Ok(()),
    }
}
