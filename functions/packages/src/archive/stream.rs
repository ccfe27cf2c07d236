//! A file that is too large to be held, compressed as it is read.

use std::fs::File;
use std::io::{Error, Read, Seek, SeekFrom, Write};

use libdeflater::Crc;
use miniz_oxide::deflate::CompressionLevel;
use miniz_oxide::deflate::core::CompressorOxide;
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use trunkline_ports::failure::Failure;

use super::Output;
use super::compress::Method;
use super::format::{Sizes, Writer};
use super::list::Item;
use crate::failure::{fault, passing};

/// How much is read at a time, in bytes (256 KiB). Always that much, so that it cannot show in the result.
const CHUNK: usize = 256 << 10;

/// Writes one file as an entry; `amount` is told how many of its bytes are done.
pub(super) fn entry(writer: &mut Writer, item: &Item, amount: &mut dyn FnMut(u64)) -> Result<(), Failure> {
    let failed = |error| fault("packing", &item.path, &error);
    let mut file = File::open(&item.path).map_err(failed)?;
    let start = writer.begin(item).map_err(failed)?;
    let (crc, plain, mut packed) = deflated(&mut file, &mut writer.output, amount).map_err(failed)?;
    if plain != item.size() {
        return Err(passing(format_args!("`{}` was changed while it was packed", item.path.display())));
    }
    let mut method = Method::Deflated;
    if packed >= plain {
        stored(&mut file, &mut writer.output, start, plain).map_err(failed)?;
        (method, packed) = (Method::Stored, plain);
    }
    writer.complete(item, Sizes { method, crc, plain, packed }).map_err(failed)
}

/// Deflates a file; gives the check sum, the bytes read and the bytes written.
fn deflated(file: &mut File, output: &mut Output, amount: &mut dyn FnMut(u64)) -> Result<(u32, u64, u64), Error> {
    let level = CompressionLevel::DefaultLevel;
    let mut compressor = Box::new(CompressorOxide::with_format_and_level(DataFormat::Raw, level));
    let (mut crc, mut plain, mut packed) = (Crc::new(), 0, 0);
    let (mut input, mut buffer) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let read = fill(file, &mut input)?;
        let flush = if read < CHUNK { MZFlush::Finish } else { MZFlush::None };
        crc.update(&input[..read]);
        plain += read as u64;
        let mut rest = &input[..read];
        loop {
            let result = deflate(&mut compressor, rest, &mut buffer, flush);
            rest = &rest[result.bytes_consumed..];
            packed += result.bytes_written as u64;
            output.write_all(&buffer[..result.bytes_written])?;
            match result.status {
                Ok(MZStatus::StreamEnd) => return Ok((crc.sum(), plain, packed)),
                Ok(_) if rest.is_empty() && flush == MZFlush::None && result.bytes_written < CHUNK => break,
                Ok(_) => {}
                // Nothing was left to do: the buffer had been filled by the very last of it.
                Err(MZError::Buf) if rest.is_empty() && flush == MZFlush::None => break,
                Err(error) => return Err(Error::other(format!("deflate stopped: {error:?}"))),
            }
        }
        amount(plain);
    }
}

/// Writes a file as it is over what deflate made of it.
fn stored(file: &mut File, output: &mut Output, start: u64, size: u64) -> Result<(), Error> {
    file.rewind()?;
    output.seek(SeekFrom::Start(start))?;
    output.get_ref().set_len(start)?;
    let copied = std::io::copy(&mut file.take(size), output)?;
    if copied == size { Ok(()) } else { Err(Error::other("it became shorter meanwhile")) }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
