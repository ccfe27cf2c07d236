//! The bare cache of a manifest repository: locked while it is used, filled with as little as an edit needs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use trunkline_core::ids::Commit;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use super::address::Address;
use super::near::Near;
use super::place;
use crate::git::Git;
use crate::git::failure;
use crate::git::objects::{MAX_OBJECT, Objects};

/// What a server on this machine is started with, so that it sends only what is asked for.
const UPLOAD_PACK: &str = "exec git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack";

/// How everything is fetched: quietly, without tags, and without tidying up afterwards.
const FETCH: [&str; 5] =
    ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"];

/// Which files come along when nothing is asked for but commits and trees.
const NONE: &str = "--filter=blob:none";

/// Which files come along with what is new since the last fetch: what is edited is hardly ever longer than this, and a
/// second connection takes longer than the few short files that were changed.
const SHORT: &str = "--filter=blob:limit=64k";

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
    near: Option<Near>,
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
        let lock = place::lock(folder.to_owned(), place.with_extension("lock")).await?;
        let near = address.local.as_deref().and_then(|local| Near::find(local, &address.branch));
        let plain = dress(Git::bare(&place));
        let plain = near.as_ref().map(Near::lend).into_iter().fold(plain, |plain, (name, path)| plain.with(name, path));
        let git = plain.clone().set("remote.origin.url", &address.url);
        let git = git.set("remote.origin.promisor", "true").set("remote.origin.partialclonefilter", "blob:none");
        let git = if address.local.is_some() { git.set("remote.origin.uploadpack", UPLOAD_PACK) } else { git };
        let cache = Self { address, git, plain, near, folder: place, _lock: lock };
        cache.prepare().await?;
        Ok(cache)
    }

    /// Makes the folder, or clears it of what others have left. One in which many packs have gathered begins anew: that takes
    /// no longer than it takes git to tidy up, and what was fetched for old versions goes.
    async fn prepare(&self) -> Result<(), Failure> {
        let found = place::format(&self.folder);
        let near = self.near.as_ref().and_then(Near::head).map(|head| format_of(&head));
        let wanted = near.or(found).unwrap_or("sha1");
        if found == Some(wanted) && !place::is_crowded(&self.folder) {
            place::sweep(self.folder.clone()).await
        } else {
            place::make(self.folder.clone(), wanted).await
        }
    }

    /// The ref in the cache that holds what was fetched of the branch.
    fn kept(&self) -> String {
        format!("refs/trunkline/heads/{}", self.address.branch)
    }

    /// Fetches the branch, unless it is near: its newest commit and trees the first time, later what is new. The head, and a
    /// conversation.
    ///
    /// # Errors
    /// [`Code::ManifestMissing`] when there is no such branch, [`Code::RepositoryUnusable`] when there is no repository,
    /// a fault when it cannot be reached now.
    pub(crate) async fn fetch(&self) -> Result<(Commit, Objects), Failure> {
        let mut objects = Objects::open(&self.plain)?;
        if let Some(head) = self.near.as_ref().and_then(Near::head) {
            return Ok((head, objects));
        }
        // Depth would make git ask for everything again, even when nothing is new.
        let known = self.head(&mut objects).await?.is_some();
        let arguments: &[&str] = if known { &[SHORT] } else { &[NONE, "--depth=1"] };
        match self.bring(arguments).await? {
            Brought::All => {}
            // Only an empty cache can learn which kind of ids its repository has.
            Brought::OtherIds(format) if !known => {
                place::make(self.folder.clone(), format).await?;
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

    /// A commit that was fetched before, and a conversation; nothing when it is not here.
    ///
    /// # Errors
    /// A fault when the cache is damaged.
    pub(crate) async fn at(&self, commit: &Commit) -> Result<Option<Objects>, Failure> {
        let mut objects = Objects::open(&self.plain)?;
        let found = objects.get(commit.as_str(), MAX_OBJECT).await?;
        Ok(found.is_some_and(|object| object.header.kind == "commit").then_some(objects))
    }

    /// Fetches more of the branch's history: `depth` commits of it.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub(crate) async fn deepen(&self, depth: usize) -> Result<(), Failure> {
        self.bring(&[NONE, &format!("--depth={depth}")]).await?;
        Ok(())
    }

    /// Whether the oldest commits here have parents that were not fetched.
    pub(crate) fn is_shallow(&self) -> bool {
        fs::metadata(self.folder.join("shallow")).is_ok_and(|file| file.len() > 0)
    }

    async fn bring(&self, arguments: &[&str]) -> Result<Brought, Failure> {
        let branch = &self.address.branch;
        let order = self.git.order("fetch").talks().args(FETCH).args(arguments.iter().copied());
        let order = order.args(["--", "origin", &format!("+refs/heads/{branch}:{}", self.kept())]);
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
        let order = git.order("fetch").talks().args(FETCH).args([NONE, "--stdin", "--", "origin"]);
        order.input(ids.join("\n") + "\n").output().await?;
        Ok(())
    }
}

/// The kind of ids that a commit's id is of. Source: <https://git-scm.com/docs/hash-function-transition>
fn format_of(commit: &Commit) -> &'static str {
    if commit.as_str().len() > 40 { "sha256" } else { "sha1" }
}
