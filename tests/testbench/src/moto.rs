//! A moto of one's own: started on a free port, ended when it is dropped or its starter dies.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// How many objects one answer lists: fewer than AWS's thousand, so that a test need not make so many to see a second page.
pub const PAGE: u64 = 20;

/// A running moto.
pub struct Moto {
    child: Child,
    /// Its `host:port`.
    pub host: String,
}

impl Moto {
    /// Starts one, and waits until it listens.
    pub fn start() -> Self {
        let launcher = concat!(env!("CARGO_MANIFEST_DIR"), "/launch_moto.py");
        let mut command = Command::new(python());
        command.arg(launcher).stdin(Stdio::piped()).stdout(Stdio::piped()).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("MOTO_S3_DEFAULT_MAX_KEYS", PAGE.to_string());
        let mut child = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().expect("moto ended before it listened: see its message above");
        Self { child, host: format!("127.0.0.1:{port}") }
    }

    /// Its address, as `AWS_ENDPOINT_URL` wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Makes a bucket, with versions or without.
    pub fn bucket(&self, name: &str, versions: bool) {
        self.ask("PUT", &format!("/{name}"), "");
        if versions {
            let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
            self.ask("PUT", &format!("/{name}?versioning"), on);
        }
    }

    /// The answer to a request that nobody signed, which moto does not mind.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let (host, length) = (&self.host, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        answer
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python that `scripts/testbench up` made, beside what cargo built.
fn python() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let found = test.ancestors().map(|folder| folder.join("testbench/python/bin/python3")).find(|path| path.exists());
    found.expect("this test needs moto: run `scripts/testbench up`")
}
