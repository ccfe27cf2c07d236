//! Making an archive: list, compress in parallel, write in order.

mod compress;
mod format;
mod list;
mod stream;
mod window;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use trunkline_ports::artifacts::Progress;
use trunkline_ports::failure::Failure;

use crate::failure::fault;
use format::Writer;
pub(crate) use list::stays_inside;
use list::{Content, Item, list};
use window::in_order;

/// Up to this size in bytes (16 MiB) a file is read and compressed whole; a larger one is streamed.
///
/// The compressor for whole files is twice as fast. The bound is part of the format: changing it changes the bytes of every
/// package that holds a file between the two.
pub(crate) const WHOLE: u64 = 16 << 20;

/// Writes a zip of all that is in `folder` to the empty file `into`, with `threads` threads beside this one.
///
/// The bytes depend on names, contents, links and executable bits only.
///
/// # Errors
/// [`Code::InputMissing`](trunkline_core::refusal::Code) when there is no such folder or nothing in it,
/// [`Code::PathEscapes`](trunkline_core::refusal::Code) when a link leads out of it, and
/// [`Code::BuildFailed`](trunkline_core::refusal::Code) when something is neither file, folder nor link, or has a name that a
/// zip cannot hold; a fault when reading or writing fails.
pub fn pack(folder: &Path, into: &File, threads: usize, progress: &dyn Progress) -> Result<(), Failure> {
    let items = list(folder)?;
    let total = items.iter().map(Item::size).sum();
    let mut writer = Writer::new(into);
    let mut done = 0;
    in_order(&items, threads, |item, packed| {
        match packed {
            Some(packed) => writer.entry(item, &packed).map_err(|error| fault("writing", folder, &error))?,
            None => stream::entry(&mut writer, item, &mut |amount| progress.amount(done + amount, total))?,
        }
        done += item.size();
        progress.amount(done, total);
        Ok(())
    })?;
    writer.finish().map_err(|error| fault("writing a zip of", folder, &error))
}

/// Buffered so that headers cost no system call each.
type Output<'a> = BufWriter<&'a File>;

/// How many bytes are gathered before they are written (1 MiB).
const BUFFER: usize = 1 << 20;

fn output(file: &File) -> Output<'_> {
    BufWriter::with_capacity(BUFFER, file)
}

/// Writes numbers as a zip holds them: lowest byte first.
fn number<const SIZE: usize>(output: &mut impl Write, bytes: [u8; SIZE]) -> Result<(), std::io::Error> {
    output.write_all(&bytes)
}

/// Whether a file is streamed, since it is too large to be held whole.
fn is_streamed(item: &Item) -> bool {
    matches!(item.content, Content::File { size, .. } if size > WHOLE)
}
