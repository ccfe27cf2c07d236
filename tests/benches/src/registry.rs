//! A real `docker-registry` with its files in memory, on a port that the system chooses, ended when dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Outcome;

/// What a client says it can read.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// A running registry.
pub(crate) struct Registry {
    child: Child,
    /// Its `host:port`.
    pub(crate) host: String,
}

impl Registry {
    pub(crate) fn start(folder: &Path) -> Outcome<Self> {
        let file = folder.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: '{}'}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n",
            folder.join("registry").display()
        );
        std::fs::write(&file, text)?;
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::piped()).env_remove("OTEL_TRACES_EXPORTER");
        let mut child = command.spawn().map_err(|error| format!("`docker-registry` cannot be started: {error}"))?;
        let mut log = BufReader::new(child.stderr.take().ok_or("no log")?).lines();
        let host = log.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, after) = line.split_once("listening on ")?;
            after.split(['"', ',', ' ']).next().map(str::to_owned)
        });
        // Read on, or the registry stops when the pipe is full.
        std::thread::spawn(move || log.for_each(drop));
        Ok(Self { child, host: host.ok_or("docker-registry ended before it listened")? })
    }

    /// The digest that a tag or digest stands for.
    pub(crate) fn digest(&self, repository: &str, reference: &str) -> Outcome<String> {
        let mut stream = TcpStream::connect(&self.host)?;
        let path = format!("/v2/{repository}/manifests/{reference}");
        let host = &self.host;
        write!(stream, "HEAD {path} HTTP/1.1\r\nhost: {host}\r\naccept: {ACCEPT}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let header = |line: &str| Some(line.split_once(": ")?.1.to_owned());
        let found = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("docker-content-digest:"));
        found.and_then(header).ok_or_else(|| format!("{path}: {}", answer.lines().next().unwrap_or_default()).into())
    }

    /// Fails unless a tag stands for a digest.
    pub(crate) fn expect(&self, repository: &str, reference: &str, digest: &str) -> Outcome {
        let found = self.digest(repository, reference)?;
        if found == digest { Ok(()) } else { Err(format!("{repository}:{reference} is {found}, not {digest}").into()) }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
