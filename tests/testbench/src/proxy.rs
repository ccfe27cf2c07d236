//! A proxy that writes down every request and spoils the answers that a test wants spoilt.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Where every bucket is, as spoilt answers say: the real ones say where a bucket is to whoever asked elsewhere.
pub const REGION: &str = "eu-west-3";

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its method and path: `GET /bucket/key`.
    pub line: String,
    /// What it asks for, where the path does not say it: `PutImage`.
    pub action: String,
    /// Its length in bytes, without the head.
    pub length: usize,
}

/// What is done about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is passed on, and so is the answer.
    Pass,
    /// It is passed on, and the answer is lost.
    LoseAnswer,
    /// It is passed on, and only so many bytes of the answer come back.
    CutAnswer(usize),
    /// It is never passed on; the connection ends.
    Cut,
    /// It is answered with this status and code instead.
    Answer(u16, &'static str),
}

/// A running proxy.
pub struct Proxy {
    /// Its `host:port`.
    pub host: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

type Hook = Arc<Mutex<dyn FnMut(&Request) -> Step + Send>>;

impl Proxy {
    /// A proxy before `target` that does with each request what `hook` says.
    pub async fn before(target: &str, hook: impl FnMut(&Request) -> Step + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let hook: Hook = Arc::new(Mutex::new(hook));
        let (target, noted) = (target.to_owned(), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (target, noted, hook) = (target.clone(), Arc::clone(&noted), Arc::clone(&hook));
                tokio::spawn(async move {
                    // A client that goes away is not the proxy's trouble.
                    let _ = serve(stream, &target, &noted, &hook).await;
                });
            }
        });
        Self { host, seen }
    }

    /// Its address, as `AWS_ENDPOINT_URL` wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The requests since the last call.
    pub fn taken(&self) -> Vec<Request> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    /// What the requests since the last call asked for.
    pub fn actions(&self) -> Vec<String> {
        self.taken().into_iter().map(|request| request.action).collect()
    }

    /// The methods and paths of the requests since the last call, without their queries.
    pub fn lines(&self) -> Vec<String> {
        self.taken().into_iter().map(|request| request.line.split('?').next().unwrap().to_owned()).collect()
    }
}

/// One request for each connection: the answer says that it ends, and so does the connection.
async fn serve(stream: TcpStream, target: &str, seen: &Mutex<Vec<Request>>, hook: &Hook) -> std::io::Result<()> {
    let mut near = BufReader::new(stream);
    let Some((head, request)) = read(&mut near).await? else { return Ok(()) };
    let mut body = vec![0; request.length];
    near.read_exact(&mut body).await?;
    seen.lock().unwrap().push(request.clone());
    let step = (hook.lock().unwrap())(&request);
    if let Step::Answer(status, code) = step {
        let text = if request.action.is_empty() {
            format!("<Error><Code>{code}</Code><Message>so the test wants it</Message></Error>")
        } else {
            format!("{{\"__type\":\"{code}\",\"message\":\"so the test wants it\"}}")
        };
        let length = text.len();
        let head = format!(
            "HTTP/1.1 {status} Spoilt\r\nx-amz-bucket-region: {REGION}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        return near.write_all((head + &text).as_bytes()).await;
    }
    if step == Step::Cut {
        return Ok(());
    }
    let mut far = TcpStream::connect(target).await?;
    far.write_all(head.as_bytes()).await?;
    far.write_all(&body).await?;
    let mut answer = Vec::new();
    far.read_to_end(&mut answer).await?;
    match step {
        Step::LoseAnswer => Ok(()),
        Step::CutAnswer(length) => near.write_all(&answer[..length.min(answer.len())]).await,
        _ => near.write_all(&answer).await,
    }
}

/// A request's head as it is passed on, and what is written down of it.
async fn read(near: &mut BufReader<TcpStream>) -> std::io::Result<Option<(String, Request)>> {
    let (mut head, mut line, mut action, mut length) = (String::new(), String::new(), String::new(), 0);
    loop {
        let mut next = String::new();
        if near.read_line(&mut next).await? == 0 {
            return Ok(None);
        }
        if line.is_empty() {
            line = next.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
        }
        match next.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
            Some((name, value)) if name == "content-length" => length = value.parse().unwrap_or_default(),
            Some((name, value)) if name == "x-amz-target" => {
                value.rsplit('.').next().unwrap_or_default().clone_into(&mut action);
            }
            // The client waits for this before it sends the body.
            Some((name, _)) if name == "expect" => {
                near.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
                continue;
            }
            Some((name, _)) if name == "connection" => continue,
            _ => {}
        }
        if next == "\r\n" {
            head.push_str("connection: close\r\n\r\n");
            return Ok(Some((head, Request { line, action, length })));
        }
        head.push_str(&next);
    }
}
