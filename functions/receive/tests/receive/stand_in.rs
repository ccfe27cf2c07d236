//! A stand-in for AWS that fails as it is told: for what no real server does on demand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What comes back.
#[derive(Clone)]
pub(crate) enum Reply {
    /// This status and this body.
    Says(u16, &'static str),
    /// The connection ends without a word.
    Cut,
    /// The beginning of an answer, and then nothing.
    Stuck,
}

/// A request that came.
#[derive(Clone)]
pub(crate) struct Seen {
    /// The operation, or the path.
    pub(crate) what: String,
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The detail of the event that is put on the bus.
    pub(crate) fn detail(&self) -> Value {
        serde_json::from_str(self.json()["Entries"][0]["Detail"].as_str().unwrap()).unwrap()
    }
}

#[derive(Default)]
struct Book {
    replies: VecDeque<Reply>,
    seen: Vec<Seen>,
    secrets: Vec<String>,
}

/// The server. Without a reply to give, it does what AWS would do.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) endpoint: String,
    book: Arc<Mutex<Book>>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stand_in = Self { endpoint, book: Arc::default() };
        let server = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(stream));
            }
        });
        stand_in
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// What the next requests get.
    pub(crate) fn next(&self, replies: &[Reply]) {
        self.book().replies.extend(replies.iter().cloned());
    }

    /// What Secrets Manager has: the current secret, and the one before it.
    pub(crate) fn secrets(&self, secrets: &[&str]) {
        self.book().secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    }

    /// What came since this was asked last.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.book().seen)
    }

    /// The operations that came since this or [`Self::seen`] was asked last.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.what).collect()
    }

    async fn serve(self, mut stream: TcpStream) {
        while let Some(seen) = request(&mut stream).await {
            let reply = self.reply(&seen);
            self.book().seen.push(seen);
            match reply {
                Reply::Says(status, body) => say(&mut stream, status, body).await,
                Reply::Cut => return,
                Reply::Stuck => {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    fn reply(&self, seen: &Seen) -> Reply {
        let mut book = self.book();
        if let Some(reply) = book.replies.pop_front() {
            return reply;
        }
        if seen.what != "secretsmanager.GetSecretValue" {
            return Reply::Says(200, r#"{"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}"#);
        }
        let place = usize::from(seen.json()["VersionStage"] == "AWSPREVIOUS");
        match book.secrets.get(place) {
            Some(secret) => Reply::Says(200, format!(r#"{{"SecretString": "{secret}"}}"#).leak()),
            None => Reply::Says(400, r#"{"__type": "ResourceNotFoundException"}"#),
        }
    }
}

/// One request of a connection; nothing when it ends.
async fn request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let header = |name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let length: usize = header("content-length").unwrap_or_default().parse().unwrap_or(0);
    while bytes.len() < head + length {
        stream.read_buf(&mut bytes).await.unwrap();
    }
    let path = text.split(' ').nth(1).unwrap().to_owned();
    let authorization = header("authorization").unwrap_or_default();
    Some(Seen { what: header("x-amz-target").unwrap_or(path), authorization, body: bytes.split_off(head) })
}

async fn say(stream: &mut TcpStream, status: u16, body: &str) {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}
