//! A real `docker-registry`, on a port that the system chooses, killed when dropped.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A running registry.
pub(crate) struct Registry {
    child: Child,
    folder: TempDir,
    /// Its `host:port`.
    pub(crate) host: String,
}

impl Registry {
    pub(crate) fn start() -> Self {
        Self::configured(true, "")
    }

    /// A registry with more in its configuration file, and deletion allowed or not.
    pub(crate) fn configured(delete: bool, more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("config.yml");
        let root = folder.path().join("data");
        let text = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: '{}'}}, delete: {{enabled: {delete}}}}}\n\
             http: {{addr: '127.0.0.1:0'}}\n{more}",
            root.display()
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::piped()).env_remove("OTEL_TRACES_EXPORTER");
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("this test needs `docker-registry` on the PATH: {error}"));
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let host = log.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, after) = line.split_once("listening on ")?;
            Some(after.split(['"', ',', ' ']).next().unwrap().to_owned())
        });
        // Read on, or the registry stops when the pipe is full.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, folder, host: host.expect("docker-registry ended before it listened") }
    }

    /// A repository on it, as a policy names it.
    pub(crate) fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.host)
    }

    /// Every file below its data whose path holds `part`.
    pub(crate) fn holds(&self, part: &str) -> bool {
        let mut folders = vec![self.folder.path().join("data")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.to_string_lossy().contains(part) {
                    return true;
                }
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        false
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
