//! A stand-in for a registry or token service that answers what a test wants, also what no good server would.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request that came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What is done about it.
pub(crate) enum Reply {
    /// The bytes of a whole answer.
    Bytes(Vec<u8>),
    /// The connection is cut without an answer.
    Cut,
    /// No answer ever comes.
    Silence,
}

/// A running stand-in.
pub(crate) struct Stand {
    pub(crate) host: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Stand {
    pub(crate) async fn start(answer: impl Fn(&str, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer, own) = (Arc::clone(&requests), Arc::new(answer), host.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, own.clone(), Arc::clone(&seen), Arc::clone(&answer)));
            }
        });
        Self { host, requests }
    }

    pub(crate) fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.host)
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer with a body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes())
}

async fn serve(
    stream: TcpStream,
    own: String,
    seen: Arc<Mutex<Vec<Request>>>,
    answer: Arc<impl Fn(&str, &Request) -> Reply>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        seen.lock().unwrap().push(request.clone());
        match answer(&own, &request) {
            Reply::Bytes(bytes) => stream.write_all(&bytes).await.unwrap(),
            Reply::Cut => return,
            Reply::Silence => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |wanted: &str| {
        let found =
            lines.iter().filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let line = lines.first()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Request { line, authorization: header("authorization"), body })
}
