//! Sums taken while bytes pass by, so that nothing is read twice or held in memory.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};
use trunkline_core::ids::Digest;

/// The digest of `bytes`.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    Digest::from_sum(Sha256::digest(bytes).into())
}

/// The digest and length of all that `reader` gives.
pub(crate) fn digest_of_all(reader: &mut impl Read) -> io::Result<(Digest, u64)> {
    let mut sum = Summing::new(io::sink());
    io::copy(reader, &mut sum)?;
    let (_, digest, size) = sum.finish();
    Ok((digest, size))
}

/// A writer that knows the digest and the length of what went through it.
pub(crate) struct Summing<W> {
    inner: W,
    sum: Sum,
}

impl<W: Write> Summing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, sum: Sum::default() }
    }

    /// The writer behind, the digest and the length in bytes.
    pub(crate) fn finish(self) -> (W, Digest, u64) {
        let (digest, size) = self.sum.finish();
        (self.inner, digest, size)
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.add(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A running sum, for bytes that come in pieces.
#[derive(Default)]
pub(crate) struct Sum {
    hasher: Sha256,
    size: u64,
}

impl Sum {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    pub(crate) fn finish(self) -> (Digest, u64) {
        (Digest::from_sum(self.hasher.finalize().into()), self.size)
    }
}
