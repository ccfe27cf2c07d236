//! A proxy that counts: it passes bytes on and writes down each request's first line.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A proxy in front of a registry.
pub(crate) struct Proxy {
    pub(crate) host: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (target, seen) = (target.to_owned(), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&target).await.unwrap();
                tokio::spawn(pass(near, far, Arc::clone(&seen)));
            }
        });
        Self { host, requests }
    }

    /// The requests since the last call, digests cut short.
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

async fn pass(near: TcpStream, far: TcpStream, seen: Arc<Mutex<Vec<String>>>) {
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut far_in, &mut near_out).await });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = near_in.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        note(&buffer[..read], &seen);
        if far_out.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}

/// A client sends nothing before it has its answer, so a request begins where a read does.
fn note(bytes: &[u8], seen: &Mutex<Vec<String>>) {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let Some(line) = std::str::from_utf8(line).ok().and_then(|line| line.strip_suffix(" HTTP/1.1")) else { return };
    let known = ["GET ", "HEAD ", "PUT ", "POST ", "DELETE ", "PATCH "].iter().any(|method| line.starts_with(method));
    if known {
        seen.lock().unwrap().push(line.to_owned());
    }
}
