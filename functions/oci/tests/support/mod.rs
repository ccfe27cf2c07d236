//! What the tests share: exports to build from, orders, and the programs they need.

pub(crate) mod proxy;
pub(crate) mod registry;
pub(crate) mod stand;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use trunkline_core::ids::{Commit, Digest, Time};
use trunkline_core::policy::Build;
use trunkline_oci::{Images, Options, Patience};
use trunkline_ports::artifacts::{Image, ImageOrder, Images as _, Progress, Watcher};
use trunkline_ports::credentials::Anonymous;
use trunkline_ports::failure::Failure;

/// A commit's time: 2026-11-20T12:00:00Z.
pub(crate) const CREATED: Time = Time(1_795_176_000_000);

/// A folder to build from.
pub(crate) struct Export(TempDir);

impl Export {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// The files that most tests build from.
    pub(crate) fn site() -> Self {
        let export = Self::new();
        export
            .file("dist/index.html", "<h1>shop</h1>")
            .file("dist/css/a.css", "a {}")
            .program("bin/linux-amd64/serve", "#!/bin/sh\n");
        export.program("bin/linux-arm64/serve", "#!/bin/sh\n# arm\n");
        export
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn program(&self, name: &str, content: &str) -> &Self {
        self.file(name, content);
        fs::set_permissions(self.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
        self
    }

    pub(crate) fn link(&self, name: &str, target: &str) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }
}

/// Images whose store is a folder that goes with them.
pub(crate) struct Store {
    pub(crate) folder: TempDir,
    pub(crate) images: Images,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self::with(Options { credentials: Arc::new(Anonymous), ..options() })
    }

    pub(crate) fn with(options: Options) -> Self {
        let folder = TempDir::new().unwrap();
        let options = Options { folder: folder.path().to_owned(), ..options };
        Self { images: Images::new(folder.path().join("images"), options), folder }
    }

    pub(crate) fn layout(&self, repository: &str) -> PathBuf {
        self.folder.path().join("images").join(repository)
    }

    /// Builds `recipe` (YAML's JSON form) from `export` into `repository`.
    pub(crate) async fn build(&self, repository: &str, export: &Export, recipe: Value) -> Result<Image, Failure> {
        build(&self.images, repository, export.path(), recipe).await
    }
}

pub(crate) async fn build(images: &Images, repository: &str, export: &Path, recipe: Value) -> Result<Image, Failure> {
    let build: Build = serde_json::from_value(recipe).unwrap();
    let commit: Commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let order = ImageOrder {
        repository,
        build: &build,
        export,
        commit: &commit,
        created: CREATED,
        version: commit.short(12),
        source: Some("https://git.example/shop"),
    };
    images.build(&order, &silent()).await
}

/// Options with which tests do not wait.
pub(crate) fn options() -> Options {
    let patience = Patience {
        attempts: 3,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(1500),
        silence: Duration::from_secs(20),
    };
    Options {
        folder: PathBuf::from("."),
        plain: BTreeSet::new(),
        in_store: true,
        credentials: Arc::new(Anonymous),
        patience,
    }
}

/// The recipe that most tests build.
pub(crate) fn recipe() -> Value {
    serde_json::json!({ "base": "scratch", "layers": [{ "from": "dist", "to": "/srv/www" }], "entrypoint": ["/serve"] })
}

/// The recipe of an image for two platforms.
pub(crate) fn two_platforms() -> Value {
    serde_json::json!({
        "base": "scratch",
        "layers": [{ "from": "dist", "to": "/srv/www" }, { "from": "bin/{os}-{architecture}", "to": "/" }],
        "entrypoint": ["/serve"],
        "platforms": ["linux/amd64", "linux/arm64"],
    })
}

/// A watcher that remembers lines.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) Mutex<Vec<String>>);

impl Progress for Lines {
    fn line(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }

    fn amount(&self, done: u64, total: u64) {
        assert!(done <= total);
    }
}

pub(crate) fn silent() -> Watcher {
    Arc::new(Lines::default())
}

/// Runs a program that the test needs, and gives what it printed.
#[track_caller]
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("this test needs `{program}` on the PATH: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a test again in a process with another environment, and gives `true` there: a process's own cannot be changed safely.
pub(crate) fn rerun(test: &str, environment: &[(&str, &str)]) -> bool {
    rerun_after(":", test, environment)
}

/// The same, after a line of shell.
pub(crate) fn rerun_after(line: &str, test: &str, environment: &[(&str, &str)]) -> bool {
    const AGAIN: &str = "TRUNKLINE_TEST_AGAIN";
    if std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let script = format!("{line}; exec \"$0\" --exact 'suite::{test}'");
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(AGAIN, "1")
        .envs(environment.iter().copied());
    let ended = command.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&ended.stderr));
    false
}

/// Writes a program: a shell script.
pub(crate) fn program(folder: &TempDir, name: &str, script: &str) {
    let path = folder.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A blob or manifest of a layout, as JSON.
pub(crate) fn json(layout: &Path, digest: &str) -> Value {
    let path = layout.join("blobs").join(digest.replace(':', "/"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The configuration of an image for one platform.
pub(crate) fn config(layout: &Path, digest: &Digest) -> Value {
    let manifest = json(layout, digest.as_str());
    json(layout, manifest["config"]["digest"].as_str().unwrap())
}

/// Every blob of a layout, sorted.
pub(crate) fn blobs(layout: &Path) -> Vec<String> {
    let found = fs::read_dir(layout.join("blobs/sha256")).unwrap();
    let mut names: Vec<String> = found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A failure as people see it.
pub(crate) fn shown(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => format!("refused, {}: {refusal}", refusal.code),
        Failure::Fault(fault) if fault.again => format!("fault that may pass: {fault}"),
        Failure::Fault(fault) => format!("fault that stays: {fault}"),
    }
}
