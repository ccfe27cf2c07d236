//! A proxy that delays and counts: 10 ms each way, and a round trip when a connection is made, as on a network.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long a byte is under way.
const DELAY: Duration = Duration::from_millis(10);

/// What a request begins with.
const METHODS: &[&str] = &["GET /", "HEAD /", "PUT /", "POST /", "PATCH /", "DELETE /"];

/// What came by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The methods of HTTP requests, in order.
    pub(crate) requests: Vec<&'static str>,
    /// How many connections were made.
    pub(crate) connections: usize,
}

/// A running proxy; it ends with the program.
pub(crate) struct Proxy {
    /// Its own `host:port`.
    pub(crate) host: String,
    seen: Arc<Mutex<Seen>>,
}

impl Proxy {
    /// A proxy before `target`, a `host:port`.
    pub(crate) fn before(target: &str) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let host = listener.local_addr()?.to_string();
        let (target, seen) = (target.to_owned(), Arc::new(Mutex::new(Seen::default())));
        let counted = Arc::clone(&seen);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (target, counted) = (target.clone(), Arc::clone(&counted));
                thread::spawn(move || connect(near, &target, &counted));
            }
        });
        Ok(Self { host, seen })
    }

    /// What was seen since the last call.
    pub(crate) fn taken(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Carries one connection. When a side cannot be reached or goes away, the other one sees its connection end.
fn connect(near: TcpStream, target: &str, seen: &Arc<Mutex<Seen>>) {
    note(seen, |seen| seen.connections += 1);
    thread::sleep(DELAY * 2);
    let Ok(far) = TcpStream::connect(target) else { return };
    let (Ok(near_out), Ok(far_in)) = (near.try_clone(), far.try_clone()) else { return };
    if near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_err() {
        return;
    }
    thread::spawn(move || carry(far_in, near_out, |_| {}));
    let seen = Arc::clone(seen);
    // A client sends nothing before it has its answer, so a request begins where a read does.
    carry(near, far, move |bytes| {
        if let Some(method) = METHODS.iter().find(|method| bytes.starts_with(method.as_bytes())) {
            note(&seen, |seen| seen.requests.push(method.trim_end_matches([' ', '/'])));
        }
    });
}

fn note(seen: &Mutex<Seen>, what: impl FnOnce(&mut Seen)) {
    what(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Carries one direction: bytes are read as they come, and written when their time is over.
fn carry(mut from: TcpStream, to: TcpStream, mut look: impl FnMut(&[u8])) {
    let (sender, receiver): (Sender<(Instant, Vec<u8>)>, _) = channel();
    thread::spawn(move || deliver(to, &receiver));
    let mut buffer = vec![0; 256 << 10];
    while let Ok(read) = from.read(&mut buffer) {
        look(&buffer[..read]);
        if read == 0 || sender.send((Instant::now() + DELAY, buffer[..read].to_vec())).is_err() {
            break;
        }
    }
}

fn deliver(mut to: TcpStream, receiver: &Receiver<(Instant, Vec<u8>)>) {
    for (due, bytes) in receiver {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // It may be closed already.
    drop(to.shutdown(Shutdown::Write));
}
