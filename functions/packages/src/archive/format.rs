//! The zip format, as far as it is written here: no comments, no times, no extra field but the one for large numbers.
//!
//! Source: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

use std::fs::File;
use std::io::{Error, Seek, SeekFrom, Write};

use super::compress::{Method, Packed};
use super::list::{Content, Item};
use super::{Output, number, output};

/// The value of a 32-bit field whose number stands in the extra field for large ones.
const LARGE: u32 = u32::MAX;

/// The value of a 16-bit field whose number stands in the large end record.
const MANY: u16 = u16::MAX;

/// 1980-01-01, the first day a zip can hold: years since 1980, month and day in 7, 4 and 5 bits.
const FIRST_DAY: u16 = (1 << 5) | 1;

/// Bit 11 of the flags: the name is UTF-8.
const UTF_8: u16 = 1 << 11;

/// The version that reads plain entries, and that which reads large ones.
const PLAIN: u16 = 20;
const ZIP64: u16 = 45;

/// In the upper byte of "made by": modes are Unix's.
const UNIX: u16 = 3 << 8;

/// What both headers of an entry say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) method: Method,
    pub(super) crc: u32,
    /// Before and after compression, in bytes.
    pub(super) plain: u64,
    pub(super) packed: u64,
}

/// What the directory at the end says of an entry.
struct Written {
    name: String,
    mode: u32,
    is_folder: bool,
    sizes: Sizes,
    offset: u64,
}

/// Writes an archive, entry by entry.
pub(super) struct Writer<'a> {
    pub(super) output: Output<'a>,
    offset: u64,
    entries: Vec<Written>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(file: &'a File) -> Self {
        Self { output: output(file), offset: 0, entries: Vec::new() }
    }

    /// Writes an entry whose bytes are ready.
    pub(super) fn entry(&mut self, item: &Item, packed: &Packed) -> Result<(), Error> {
        let Packed { method, crc, size: plain, bytes } = packed;
        let sizes = Sizes { method: *method, crc: *crc, plain: *plain, packed: bytes.len() as u64 };
        local_header(&mut self.output, &item.name, &sizes, is_large(item))?;
        self.output.write_all(bytes)?;
        self.wrote(item, sizes);
        Ok(())
    }

    /// Leaves room for the header of an entry whose sizes are not known yet; gives where its bytes begin.
    pub(super) fn begin(&mut self, item: &Item) -> Result<u64, Error> {
        let unknown = Sizes { method: Method::Stored, crc: 0, plain: 0, packed: 0 };
        local_header(&mut self.output, &item.name, &unknown, is_large(item))?;
        self.output.stream_position()
    }

    /// Writes the header that room was left for, and goes on after the entry's bytes.
    pub(super) fn complete(&mut self, item: &Item, sizes: Sizes) -> Result<(), Error> {
        self.output.seek(SeekFrom::Start(self.offset))?;
        local_header(&mut self.output, &item.name, &sizes, is_large(item))?;
        self.output.seek_relative(sizes.packed.cast_signed())?;
        self.wrote(item, sizes);
        Ok(())
    }

    fn wrote(&mut self, item: &Item, sizes: Sizes) {
        let (name, mode, offset) = (item.name.clone(), item.mode(), self.offset);
        self.offset += local_length(&name, is_large(item)) + sizes.packed;
        self.entries.push(Written { name, mode, is_folder: item.content == Content::Folder, sizes, offset });
    }

    /// Writes the directory and the end.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        let mut length = 0;
        for entry in &self.entries {
            let header = entry.header();
            length += header.len() as u64;
            self.output.write_all(&header)?;
        }
        self.output.write_all(&end(self.entries.len() as u64, length, self.offset))?;
        self.output.flush()
    }
}

/// Whether an entry's sizes may need 64 bits. Decided by the length as listed, since the header comes before the bytes;
/// what deflate does not shrink is stored, so nothing grows beyond it.
fn is_large(item: &Item) -> bool {
    item.size() >= u64::from(LARGE)
}

fn local_length(name: &str, large: bool) -> u64 {
    30 + name.len() as u64 + if large { 20 } else { 0 }
}

/// Source: 4.3.7 and, for large sizes, 4.5.3.
fn local_header(output: &mut impl Write, name: &str, sizes: &Sizes, large: bool) -> Result<(), Error> {
    output.write_all(b"PK\x03\x04")?;
    number(output, if large { ZIP64 } else { PLAIN }.to_le_bytes())?;
    common(output, sizes, if large { LARGE } else { low(sizes.packed) }, if large { LARGE } else { low(sizes.plain) })?;
    number(output, length(name.len()).to_le_bytes())?;
    number(output, if large { 20_u16 } else { 0 }.to_le_bytes())?;
    output.write_all(name.as_bytes())?;
    if large { output.write_all(&extra(&[sizes.plain, sizes.packed])) } else { Ok(()) }
}

/// The fields that both headers have in the same order.
fn common(output: &mut impl Write, sizes: &Sizes, packed: u32, plain: u32) -> Result<(), Error> {
    number(output, UTF_8.to_le_bytes())?;
    number(output, (sizes.method as u16).to_le_bytes())?;
    number(output, 0_u16.to_le_bytes())?;
    number(output, FIRST_DAY.to_le_bytes())?;
    number(output, sizes.crc.to_le_bytes())?;
    number(output, packed.to_le_bytes())?;
    number(output, plain.to_le_bytes())
}

impl Written {
    /// Source: 4.3.12.
    fn header(&self) -> Vec<u8> {
        let large = [self.sizes.plain, self.sizes.packed, self.offset].map(|value| value >= u64::from(LARGE));
        let values = [self.sizes.plain, self.sizes.packed, self.offset];
        let extras: Vec<u64> = values.into_iter().filter(|value| *value >= u64::from(LARGE)).collect();
        let version = if extras.is_empty() { PLAIN } else { ZIP64 };
        let extra = if extras.is_empty() { Vec::new() } else { extra(&extras) };
        let [plain, packed, offset] = [0, 1, 2].map(|at| if large[at] { LARGE } else { low(values[at]) });
        let attributes = (self.mode << 16) | if self.is_folder { 0x10 } else { 0 };

        let mut header = b"PK\x01\x02".to_vec();
        let mut put = |bytes: &[u8]| header.extend_from_slice(bytes);
        put(&(UNIX | version).to_le_bytes());
        put(&version.to_le_bytes());
        put(&UTF_8.to_le_bytes());
        put(&(self.sizes.method as u16).to_le_bytes());
        put(&0_u16.to_le_bytes());
        put(&FIRST_DAY.to_le_bytes());
        put(&self.sizes.crc.to_le_bytes());
        put(&packed.to_le_bytes());
        put(&plain.to_le_bytes());
        put(&length(self.name.len()).to_le_bytes());
        put(&length(extra.len()).to_le_bytes());
        // No comment, the first disk, no internal attributes.
        put(&[0; 6]);
        put(&attributes.to_le_bytes());
        put(&offset.to_le_bytes());
        put(self.name.as_bytes());
        put(&extra);
        header
    }
}

/// The end of the archive, in its large form first when a number does not fit. Source: 4.3.14 to 4.3.16.
fn end(entries: u64, directory: u64, offset: u64) -> Vec<u8> {
    let mut end = Vec::new();
    let many = entries >= u64::from(MANY);
    if many || directory >= u64::from(LARGE) || offset >= u64::from(LARGE) {
        end.extend_from_slice(b"PK\x06\x06");
        end.extend_from_slice(&44_u64.to_le_bytes());
        end.extend_from_slice(&(UNIX | ZIP64).to_le_bytes());
        end.extend_from_slice(&ZIP64.to_le_bytes());
        end.extend_from_slice(&[0; 8]);
        for value in [entries, entries, directory, offset] {
            end.extend_from_slice(&value.to_le_bytes());
        }
        end.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        end.extend_from_slice(&(offset + directory).to_le_bytes());
        end.extend_from_slice(&1_u32.to_le_bytes());
    }
    end.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries).unwrap_or(MANY);
    end.extend_from_slice(&count.to_le_bytes());
    end.extend_from_slice(&count.to_le_bytes());
    end.extend_from_slice(&low(directory).to_le_bytes());
    end.extend_from_slice(&low(offset).to_le_bytes());
    end.extend_from_slice(&[0; 2]);
    end
}

/// The extra field for large numbers. Source: 4.5.3.
fn extra(values: &[u64]) -> Vec<u8> {
    let mut extra = 1_u16.to_le_bytes().to_vec();
    extra.extend_from_slice(&length(values.len() * 8).to_le_bytes());
    extra.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    extra
}

/// A number in 32 bits, or the mark that it stands elsewhere.
fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(LARGE)
}

/// A length in 16 bits; names were checked when they were listed.
fn length(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    #[test]
    fn more_entries_than_the_old_format_counts_are_read_by_others() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = Writer::new(file.as_file());
        for number in 0..65_536 {
            let item =
                Item { name: format!("{number:05}"), path: PathBuf::new(), content: Content::Link(String::new()) };
            let packed = Packed { method: Method::Stored, crc: 0, size: 0, bytes: Vec::new() };
            writer.entry(&item, &packed).unwrap();
        }
        writer.finish().unwrap();
        let script = "import sys, zipfile; n = zipfile.ZipFile(sys.argv[1]).namelist(); print(len(n), n[-1])";
        let output = Command::new("python3").args(["-c", script]).arg(file.path()).output();
        let output = output.expect("this test needs `python3` on PATH");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "65536 65535\n");
        let status = Command::new("unzip").arg("-tqq").arg(file.path()).status();
        assert!(status.expect("this test needs `unzip` on PATH").success());
    }

    /// The numbers of a header, without the file that would need them.
    #[test]
    fn sizes_and_offsets_beyond_32_bits_stand_in_the_extra_field() {
        let sizes = Sizes { method: Method::Stored, crc: 0, plain: 5 << 32, packed: 7 };
        let entry = Written { name: "a".to_owned(), mode: 0o100_644, is_folder: false, sizes, offset: 3 << 32 };
        let header = entry.header();
        assert_eq!(header[20..28], [7, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(header[42..47], [255, 255, 255, 255, b'a']);
        assert_eq!(header[47..], extra(&[5 << 32, 3 << 32]));
        assert_eq!(end(1, 100, 3 << 32).len(), 56 + 20 + 22);
        assert_eq!(end(1, 100, 200).len(), 22);
    }
}
