//! The archive as it comes in: gzip, tar, and of each file whether it is the commit's.

use std::collections::HashMap;
use std::io::{Error, Read, Write as _};

use bytes::{Buf as _, Bytes};
use flate2::read::MultiGzDecoder;
use tokio::sync::mpsc;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::links::Links;

use super::MAX_LINK;
use super::write::{Folder, fault};
use crate::blob::{self, Sum};
use crate::trees::{Entry, Mode};

/// How much is written at once, in bytes.
const PIECE: usize = 64 << 10;

/// Pieces that come from the network, as one stream.
struct Pieces {
    order: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        while self.piece.is_empty() {
            match self.order.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = into.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

/// Writes what the archive rightly holds of `wanted`; what it did not, and the links. At most `most` bytes are unpacked.
pub(super) fn unpack(
    order: mpsc::Receiver<Bytes>,
    mut folder: Folder,
    wanted: Vec<Entry>,
    most: u64,
) -> Result<(Folder, Vec<Entry>, Links), Failure> {
    let mut links = Links::default();
    let mut open: HashMap<Vec<u8>, Entry> =
        wanted.into_iter().map(|entry| (entry.path.clone().into_bytes(), entry)).collect();
    let stream = MultiGzDecoder::new(Pieces { order, piece: Bytes::new() }).take(most);
    let mut archive = tar::Archive::new(stream);
    for item in archive.entries().map_err(|error| broken(&error))? {
        if open.is_empty() {
            break;
        }
        let mut item = item.map_err(|error| broken(&error))?;
        // Everything is in one folder, which has the commit's name.
        let path = item.path_bytes().into_owned();
        let Some(slash) = path.iter().position(|byte| *byte == b'/') else { continue };
        let path = path[slash + 1..].to_vec();
        let Some(entry) = open.get(&path) else { continue };
        let kind = item.header().entry_type();
        let right = if kind.is_symlink() && entry.mode() == Some(Mode::Link) {
            let target = item.link_name_bytes().map(|target| target.to_vec()).unwrap_or_default();
            let right = target.len() as u64 <= MAX_LINK && blob::id(&target) == entry.id;
            if right {
                links.insert(path.clone(), target);
            }
            right
        } else if kind.is_file() && entry.mode().is_some_and(Mode::is_file) && item.size() == entry.size {
            write(&mut folder, &mut item, entry)?
        } else {
            false
        };
        if right {
            open.remove(&path);
        }
    }
    let mut missing: Vec<Entry> = open.into_values().collect();
    missing.sort_by(|left, right| left.path.cmp(&right.path));
    Ok((folder, missing, links))
}

/// Writes a file; whether it is the commit's. One that is not is taken away again.
fn write(folder: &mut Folder, item: &mut impl Read, entry: &Entry) -> Result<bool, Failure> {
    let (mut file, place) = folder.file(entry.path.as_bytes(), entry.mode() == Some(Mode::Executable))?;
    let mut sum = Sum::new(entry.size);
    let mut piece = vec![0; PIECE];
    loop {
        let length = item.read(&mut piece).map_err(|error| broken(&error))?;
        if length == 0 {
            break;
        }
        sum.update(&piece[..length]);
        file.write_all(&piece[..length]).map_err(|error| fault("writing", &place, &error))?;
    }
    let right = sum.id() == entry.id;
    if !right {
        drop(file);
        std::fs::remove_file(&place).map_err(|error| fault("removing", &place, &error))?;
    }
    Ok(right)
}

fn broken(error: &Error) -> Failure {
    Fault::passing(format!("GitHub's archive cannot be unpacked: {error}")).into()
}
