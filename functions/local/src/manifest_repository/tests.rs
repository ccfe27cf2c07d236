//! Manifest repositories, on real ones.

mod near;
mod race;
mod undo;
mod version;
mod write;

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use trunkline_contract::deployment::{commit, digest, mark, piece};
use trunkline_core::deployment::{Destination, Piece, Unit};
use trunkline_core::ids::Commit;
use trunkline_ports::failure::Failure;
use trunkline_ports::targets::{Put, Sight, Targets as _, Version};

use super::ManifestRepository;
use crate::git::fixture::{Fixture, apart};

/// A kustomization with comments, odd blanks and another image.
const KUSTOMIZATION: &str = "# who owns this: the shop team\nresources:\n  - deployment.yaml\nimages:\n  - name: shop/api   # ours\n    newTag: \"old\"\n  - name: shop/other\n    newTag: '1'\n";

/// A manifest repository that is bare, somebody's clone of it, and a folder with the cache.
struct Shop {
    bare: Fixture,
    clone: Fixture,
    cache: TempDir,
    /// Git is led to the bare repository from here. It is fetched from, as if it were on another machine.
    far: TempDir,
}

impl Shop {
    /// One commit with `files` on `main`.
    fn new(files: &[(&str, &str)]) -> Self {
        Self::of("sha1", files)
    }

    /// One whose ids are of a kind.
    fn of(format: &str, files: &[(&str, &str)]) -> Self {
        let format = format!("--object-format={format}");
        let (bare, clone) = (Fixture::init(&["--bare", &format]), Fixture::init(&[&format]));
        let far = tempfile::tempdir().unwrap();
        std::fs::write(far.path().join(".git"), format!("gitdir: {}\n", bare.path.display())).unwrap();
        let shop = Self { bare, clone, cache: tempfile::tempdir().unwrap(), far };
        shop.clone.git(&["remote", "add", "origin", shop.bare.path.to_str().unwrap()]);
        shop.by_hand("first", files);
        shop
    }

    /// One with the usual kustomization.
    fn usual() -> Self {
        Self::new(&[("apps/stage/kustomization.yaml", KUSTOMIZATION), ("README", "x")])
    }

    /// What somebody else pushes.
    fn by_hand(&self, subject: &str, files: &[(&str, &str)]) -> Commit {
        if !self.bare.git(&["branch"]).is_empty() {
            self.clone.git(&["fetch", "--quiet", "origin"]);
            self.clone.git(&["reset", "--quiet", "--hard", "origin/main"]);
        }
        for (path, text) in files {
            self.clone.write(path, text);
        }
        let commit = self.clone.commit(subject);
        self.clone.git(&["push", "--quiet", "origin", "main"]);
        commit
    }

    /// The adapter under test. Its root is the cache's folder, where nobody told git a name.
    fn targets(&self) -> ManifestRepository {
        let mut targets = ManifestRepository::new(self.cache.path(), self.cache.path());
        targets.git = apart;
        targets
    }

    fn unit(&self, digest: u8) -> Unit {
        self.unit_of(vec![piece("api", r#"{"kustomize": "apps/stage"}"#, digest)])
    }

    fn unit_of(&self, pieces: Vec<Piece>) -> Unit {
        let repository = self.far.path().to_str().unwrap().to_owned();
        let destination = Destination::Manifests { repository, branch: "main".to_owned() };
        Unit { destination, environment: "stage".parse().unwrap(), commit: commit(), pieces }
    }

    /// Looks, then puts on what it saw.
    async fn put(&self, unit: &Unit, number: u64) -> Put {
        let seen = self.targets().look(unit).await.unwrap();
        self.targets().put(unit, &seen.version, &mark(number)).await.unwrap()
    }

    /// Looks, then undoes on what it saw.
    async fn undo(&self, unit: &Unit, number: u64) -> Result<Put, Failure> {
        let seen = self.targets().look(unit).await.unwrap();
        self.targets().undo(unit, &seen.version, &mark(number)).await
    }

    async fn look(&self, unit: &Unit) -> Sight {
        self.targets().look(unit).await.unwrap()
    }

    /// A hook that the bare repository runs.
    fn hook(&self, name: &str, script: &str) {
        let hook = self.bare.path.join("hooks").join(name);
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// A file as the branch has it.
    fn file(&self, path: &str) -> String {
        self.bare.git(&["show", &format!("main:{path}")])
    }

    fn count(&self) -> usize {
        self.bare.git(&["rev-list", "--count", "main"]).parse().unwrap()
    }

    /// The only folder in the cache.
    fn cached(&self) -> PathBuf {
        let mut folders =
            std::fs::read_dir(self.cache.path().join("manifests")).unwrap().map(|entry| entry.unwrap().path());
        folders.find(|path| path.is_dir()).unwrap()
    }
}

fn gone() -> Version {
    Version("1".repeat(40))
}

/// The same unit in another repository.
fn moved_to(repository: &str, unit: Unit) -> Unit {
    let destination = Destination::Manifests { repository: repository.to_owned(), branch: "main".to_owned() };
    Unit { destination, ..unit }
}

/// How many files with this ending a cache's packs have.
fn packs(cached: &Path, ending: &str) -> usize {
    let files = std::fs::read_dir(cached.join("objects/pack")).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == ending)).count()
}

/// A refusal's code and message, or the fault, in one line.
fn said(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => format!("{}: {}", refusal.code, refusal.message),
        Failure::Fault(fault) => format!("fault: {}", fault.message),
    }
}
