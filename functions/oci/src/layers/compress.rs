//! Compression that uses all cores and whose bytes do not depend on how many there are.
//!
//! Gzip: the archive is cut into blocks of 1 MiB, each becomes a gzip member of its own by libdeflate, and members are
//! written in order. A gzip file is any number of members one after another, which is how the lazily pulled eStargz layers
//! are made too, so every runtime reads it. Source: RFC 1952 §2.2,
//! <https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md>

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use libdeflater::{CompressionLvl, Compressor as Deflate};
use trunkline_core::policy::Compression;

/// The size of a gzip member's content, in bytes. It is part of what gives a layer its digest: never change it lightly.
const BLOCK: usize = 1024 * 1024;

/// Libdeflate's level, as much a part of a layer's digest. With 2, layers are as large as those `buildah` writes by default:
/// 1.1 % smaller of Python packages, 1.5 % smaller of programs, 2.9 % larger of Node packages (179 MB together). With 4 they
/// would be another 1.7 % smaller, and take 1.2 to 1.4 times as long.
const GZIP_LEVEL: i32 = 2;

/// Zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// The most threads that compress one layer: others are being made beside it.
const MAX_THREADS: usize = 8;

/// How many blocks may be under way for each thread: enough that none of them waits on a machine that has other work too,
/// where whoever gives them out has to wait for its turn.
const AHEAD: usize = 4;

/// A writer that compresses.
pub(super) enum Compressor<W: Write> {
    Gzip(Gzip<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    pub(super) fn new(sink: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::Gzip => Self::Gzip(Gzip::new(sink)?),
            Compression::Zstd => Self::Zstd(zstd::Encoder::new(sink, ZSTD_LEVEL)?),
        })
    }

    /// Writes what is left, and gives the writer behind back.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Gzip(gzip) => gzip.finish(),
            Self::Zstd(zstd) => zstd.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(gzip) => gzip.write(bytes),
            Self::Zstd(zstd) => zstd.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Blocks on their way to threads, and members on their way back, in order.
pub(super) struct Gzip<W> {
    sink: W,
    block: Vec<u8>,
    jobs: Sender<Job>,
    waiting: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    threads: usize,
}

struct Job {
    block: Vec<u8>,
    answer: Sender<io::Result<Vec<u8>>>,
}

impl<W: Write> Gzip<W> {
    fn new(sink: W) -> io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let level =
            CompressionLvl::new(GZIP_LEVEL).map_err(|_| io::Error::other("libdeflate does not know the level"))?;
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = Arc::clone(&queue);
            // The thread ends when the writer is dropped and with it the channel's other end.
            thread::Builder::new().name("gzip".to_owned()).spawn(move || work(&queue, Deflate::new(level)))?;
        }
        Ok(Self { sink, block: Vec::with_capacity(BLOCK), jobs, waiting: VecDeque::new(), threads })
    }

    fn send(&mut self) -> io::Result<()> {
        let (answer, receiver) = channel();
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        self.jobs.send(Job { block, answer }).map_err(|_| io::Error::other("the compressing threads are gone"))?;
        self.waiting.push_back(receiver);
        if self.waiting.len() > AHEAD * self.threads { self.receive() } else { Ok(()) }
    }

    fn receive(&mut self) -> io::Result<()> {
        let Some(receiver) = self.waiting.pop_front() else { return Ok(()) };
        let member = receiver.recv().map_err(|_| io::Error::other("a compressing thread is gone"))??;
        self.sink.write_all(&member)
    }

    fn finish(mut self) -> io::Result<W> {
        if !self.block.is_empty() {
            self.send()?;
        }
        while !self.waiting.is_empty() {
            self.receive()?;
        }
        Ok(self.sink)
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() == BLOCK {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn work(queue: &Mutex<Receiver<Job>>, mut deflate: Deflate) {
    // Used again for each block: members are much smaller than the room that must be there for them.
    let mut room = Vec::new();
    loop {
        let job = queue.lock().ok().and_then(|queue| queue.recv().ok());
        let Some(Job { block, answer }) = job else { return };
        room.resize(deflate.gzip_compress_bound(block.len()).max(room.len()), 0);
        let made = deflate.gzip_compress(&block, &mut room);
        let member = made.map(|size| room[..size].to_vec()).map_err(|error| io::Error::other(error.to_string()));
        // Nobody waits for it when writing has failed meanwhile, and that failure is told.
        drop(answer.send(member));
    }
}
