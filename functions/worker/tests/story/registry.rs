//! A real `docker-registry` on a port that the system chooses, killed when dropped.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::http;

pub(crate) struct Registry {
    child: Child,
    _folder: TempDir,
    /// Its `host:port`.
    pub(crate) host: String,
}

impl Registry {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let (file, root) = (folder.path().join("config.yml"), folder.path().join("data"));
        let storage = format!("storage: {{filesystem: {{rootdirectory: '{}'}}}}", root.display());
        fs::write(&file, format!("version: 0.1\nlog: {{level: info}}\n{storage}\nhttp: {{addr: '127.0.0.1:0'}}\n"))
            .unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::piped()).env_remove("OTEL_TRACES_EXPORTER");
        let mut child = command.spawn().expect("this test needs `docker-registry`: scripts/setup installs it");
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let host = log.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, after) = line.split_once("listening on ")?;
            Some(after.split(['"', ',', ' ']).next().unwrap().to_owned())
        });
        // Read on, or the registry stops when the pipe is full.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, _folder: folder, host: host.expect("docker-registry ended before it listened") }
    }

    /// The digest of the image `shop/api` that has a tag; nothing when none has it.
    pub(crate) fn digest(&self, tag: &str) -> Option<String> {
        let accept =
            [("accept", "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json")];
        let answer = http::send(&self.host, "HEAD", &format!("/v2/shop/api/manifests/{tag}"), &accept, "");
        let digest = answer
            .head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("docker-content-digest: ").map(str::to_owned));
        digest.filter(|_| answer.status == 200)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
