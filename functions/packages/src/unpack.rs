//! Taking a zip apart without trusting it.
//!
//! Nothing is written outside the folder, over anything, or through a link; and nothing grows beyond what the zip says of it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;

use libdeflater::Crc;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use rawzip::{CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;

use crate::archive::stays_inside;
use crate::failure::fault;

/// The most entries a zip may have: ten times what the largest sites hold.
const MOST_ENTRIES: u64 = 1_000_000;

/// The most bytes a zip may hold (16 GiB): a zip of a few kilobytes can claim any number.
const MOST_BYTES: u64 = 16 << 30;

/// The longest target of a link, in bytes. Source: `PATH_MAX` in <https://man7.org/linux/man-pages/man7/path_resolution.7.html>
const LONGEST_TARGET: u64 = 4096;

/// Unpacks `zip` into the folder `into`, which may hold other things already.
///
/// Files get the mode 0755 or 0644, whatever else the zip asks for, and the umask is applied.
///
/// # Errors
/// [`Code::ArtifactChanged`] when it is no whole zip, [`Code::PathEscapes`] when a name or a link leads out of the folder or two
/// entries have one place, [`Code::InputTooLarge`] when it holds more than can be meant; a fault when writing fails.
/// What was written until then stays.
pub fn unpack(zip: &Path, into: &Path) -> Result<(), Failure> {
    let file = File::open(zip).map_err(|error| fault("opening", zip, &error))?;
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(|error| unreadable(zip, &error))?;
    let entries = list(zip, &archive, &mut buffer)?;
    let mut unpacking = Unpacking { zip, into, archive: &archive, folders: BTreeSet::new() };
    // Links last: until then nothing can be written through one.
    let (links, others): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.kind == Kind::Link);
    for entry in others.into_iter().chain(links) {
        unpacking.entry(entry)?;
    }
    Ok(())
}

/// One entry, as far as it has been checked.
struct Entry {
    name: String,
    kind: Kind,
    deflated: bool,
    size: u64,
    crc: u32,
    place: ZipArchiveEntryWayfinder,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File { executable: bool },
    Folder,
    Link,
}

/// All entries, when all of them can be unpacked.
fn list(zip: &Path, archive: &ZipArchive<FileReader>, buffer: &mut [u8]) -> Result<Vec<Entry>, Failure> {
    let mut records = archive.entries(buffer);
    let (mut entries, mut bytes) = (Vec::new(), 0_u64);
    while let Some(record) = records.next_entry().map_err(|error| unreadable(zip, &error))? {
        let path = record.file_path();
        let name = confined(zip, path.as_bytes())?;
        let kind = match record.mode().value() & 0o170_000 {
            0o120_000 => Kind::Link,
            _ if record.is_dir() => Kind::Folder,
            0 | 0o100_000 => Kind::File { executable: record.mode().permissions() & 0o100 != 0 },
            _ => return Err(unusable(zip, &format!("holds `{name}`, which is neither file nor folder nor link"))),
        };
        let deflated = match record.compression_method() {
            CompressionMethod::STORE => false,
            CompressionMethod::DEFLATE => true,
            _ => return Err(unusable(zip, &format!("holds `{name}` in a form other than deflate"))),
        };
        if record.flags().is_encrypted() {
            return Err(unusable(zip, &format!("holds `{name}` encrypted")));
        }
        let size = record.uncompressed_size_hint();
        bytes = bytes.saturating_add(size);
        if entries.len() as u64 >= MOST_ENTRIES || bytes > MOST_BYTES || (kind == Kind::Link && size > LONGEST_TARGET) {
            let message = format!("`{}` holds more than a package can: {bytes} bytes at `{name}`", zip.display());
            return Err(Refusal::new(Code::InputTooLarge, message)
                .help("make sure that it is the package you mean")
                .into());
        }
        entries.push(Entry { name, kind, deflated, size, crc: record.crc32(), place: record.wayfinder() });
    }
    if entries.len() as u64 == archive.entries_hint() {
        return Ok(entries);
    }
    Err(unusable(zip, &format!("holds {} entries and says {}", entries.len(), archive.entries_hint())))
}

/// A name that stays in the folder. Nothing is made of a name that does not: a zip with one is not what it says it is.
fn confined(zip: &Path, name: &[u8]) -> Result<String, Failure> {
    let shown = String::from_utf8_lossy(name).escape_default().to_string();
    let text = std::str::from_utf8(name).ok().map(|text| text.strip_suffix('/').unwrap_or(text));
    let legal = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
    match text.filter(|text| text.split('/').all(legal)) {
        Some(text) => Ok(text.to_owned()),
        None => Err(escapes(zip, &format!("holds the name `{shown}`, which does not stay in its folder"))),
    }
}

struct Unpacking<'a> {
    zip: &'a Path,
    into: &'a Path,
    archive: &'a ZipArchive<FileReader>,
    /// Folders that are known to be real ones.
    folders: BTreeSet<String>,
}

impl Unpacking<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        if entry.kind == Kind::Folder {
            return self.folder(&entry.name);
        }
        if let Some((folder, _)) = entry.name.rsplit_once('/') {
            self.folder(folder)?;
        }
        let path = self.into.join(&entry.name);
        match entry.kind {
            Kind::File { executable } => self.file(entry, &path, executable),
            _ => self.link(entry, &path),
        }
    }

    /// Makes a folder and those above it. One that is there must be a folder and no link to one.
    fn folder(&mut self, name: &str) -> Result<(), Failure> {
        let ends = name.match_indices('/').map(|(end, _)| end).chain([name.len()]);
        for part in ends.map(|end| &name[..end]) {
            if self.folders.contains(part) {
                continue;
            }
            let path = self.into.join(part);
            match fs::create_dir(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    let metadata = fs::symlink_metadata(&path).map_err(|error| fault("reading", &path, &error))?;
                    if !metadata.is_dir() {
                        return Err(self.twice(part));
                    }
                }
                Err(error) => return Err(fault("making", &path, &error)),
            }
            self.folders.insert(part.to_owned());
        }
        Ok(())
    }

    fn file(&self, entry: &Entry, path: &Path, executable: bool) -> Result<(), Failure> {
        let mode = if executable { 0o755 } else { 0o644 };
        let mut file = match OpenOptions::new().write(true).create_new(true).mode(mode).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(self.twice(&entry.name)),
            Err(error) => return Err(fault("writing", path, &error)),
        };
        self.copy(entry, &mut file, path)
    }

    fn link(&self, entry: &Entry, path: &Path) -> Result<(), Failure> {
        let mut target = Vec::new();
        self.copy(entry, &mut target, path)?;
        let target = String::from_utf8(target).ok().filter(|target| stays_inside(&entry.name, target));
        let Some(target) = target else {
            return Err(escapes(self.zip, &format!("holds the link `{}`, which leads out of its folder", entry.name)));
        };
        match symlink(target, path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(self.twice(&entry.name)),
            Err(error) => Err(fault("writing", path, &error)),
        }
    }

    /// Writes an entry's bytes, which must be as many as it says and have its check sum.
    fn copy(&self, entry: &Entry, output: &mut impl Write, path: &Path) -> Result<(), Failure> {
        let found = self.archive.get_entry(entry.place).map_err(|error| unreadable(self.zip, &error))?;
        let mut output = Counted { output, crc: Crc::new(), left: entry.size };
        let copied =
            if entry.deflated { inflated(found.reader(), &mut output) } else { plain(found.reader(), &mut output) };
        match copied {
            Ok(()) if output.left == 0 && output.crc.sum() == entry.crc => Ok(()),
            Ok(()) => Err(unusable(self.zip, &format!("holds `{}` with a wrong check sum", entry.name))),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(unusable(self.zip, &format!("holds `{}` broken: {error}", entry.name)))
            }
            Err(error) => Err(fault("writing", path, &error)),
        }
    }

    fn twice(&self, name: &str) -> Failure {
        escapes(self.zip, &format!("holds `{name}`, and something is at its place already"))
    }
}

/// Output that takes no more than was announced, and sums it up.
struct Counted<'a, W> {
    output: &'a mut W,
    crc: Crc,
    left: u64,
}

impl<W: Write> Counted<'_, W> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.left =
            self.left.checked_sub(bytes.len() as u64).ok_or_else(|| broken("it is longer than the zip says"))?;
        self.crc.update(bytes);
        self.output.write_all(bytes)
    }
}

fn plain<W: Write>(mut input: impl Read, output: &mut Counted<W>) -> Result<(), Error> {
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(()),
            read => output.take(&buffer[..read])?,
        }
    }
}

fn inflated<W: Write>(mut input: impl Read, output: &mut Counted<W>) -> Result<(), Error> {
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let (mut buffer, mut plain) = (vec![0; RECOMMENDED_BUFFER_SIZE], vec![0; RECOMMENDED_BUFFER_SIZE]);
    loop {
        let read = input.read(&mut buffer)?;
        let mut rest = &buffer[..read];
        loop {
            let result = inflate(&mut state, rest, &mut plain, MZFlush::None);
            rest = &rest[result.bytes_consumed..];
            output.take(&plain[..result.bytes_written])?;
            match result.status {
                Ok(MZStatus::StreamEnd) => return Ok(()),
                // More may be waiting inside when the buffer was filled.
                Ok(_) if result.bytes_written == plain.len() || !rest.is_empty() => {}
                Ok(_) => break,
                Err(_) if rest.is_empty() && read > 0 && result.bytes_written == 0 => break,
                Err(_) => return Err(broken("it is no deflate stream")),
            }
        }
        if read == 0 {
            return Err(broken("it ends too early"));
        }
    }
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::InvalidData, why)
}

fn unreadable(zip: &Path, error: &rawzip::Error) -> Failure {
    unusable(zip, &format!("cannot be read as a zip: {error}"))
}

fn unusable(zip: &Path, what: &str) -> Failure {
    Refusal::new(Code::ArtifactChanged, format!("`{}` {what}", zip.display()))
        .help("build the package again; if another tool made it, have that write plain deflated zips")
        .into()
}

fn escapes(zip: &Path, what: &str) -> Failure {
    Refusal::new(Code::PathEscapes, format!("`{}` {what}", zip.display()))
        .help("nothing is unpacked beside its folder or over another file; see who made this zip")
        .into()
}
