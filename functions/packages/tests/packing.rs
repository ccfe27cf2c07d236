//! Packing: the same bytes from the same files, readable by everybody, and nothing from outside the folder.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use tempfile::TempDir;
use trunkline_core::refusal::Code;
use trunkline_packages::{pack, unpack};
use trunkline_ports::artifacts::Progress;
use trunkline_ports::failure::Failure;

#[derive(Default)]
struct Amounts(Mutex<Vec<(u64, u64)>>);

impl Progress for Amounts {
    fn line(&self, _text: &str) {}
    fn amount(&self, done: u64, total: u64) {
        self.0.lock().unwrap().push((done, total));
    }
}

fn packed_by(folder: &Path, threads: usize) -> Result<Vec<u8>, Failure> {
    let zip = tempfile::NamedTempFile::new().unwrap();
    pack(folder, zip.as_file(), threads, &Amounts::default())?;
    Ok(fs::read(zip.path()).unwrap())
}

fn packed(folder: &Path) -> Vec<u8> {
    packed_by(folder, 2).unwrap()
}

#[track_caller]
fn refusal(folder: &Path) -> trunkline_core::refusal::Refusal {
    match packed_by(folder, 2) {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("not refused: {:?}", other.map(|bytes| bytes.len())),
    }
}

/// Bytes that no compressor shrinks.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A folder with one of everything.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for parts in ["lib/deep/er", "empty/inner", "bin"] {
        fs::create_dir_all(path.join(parts)).unwrap();
    }
    fs::write(path.join("index.html"), "<p>hello</p>".repeat(400)).unwrap();
    fs::write(path.join("lib/deep/er/noise"), noise(5000)).unwrap();
    fs::write(path.join("lib.txt"), "between lib/ and lib0").unwrap();
    fs::write(path.join("grüße – 你好.txt"), "names are UTF-8").unwrap();
    fs::write(path.join("empty.txt"), "").unwrap();
    fs::write(path.join("bin/run"), "#!/bin/sh\necho hello\n").unwrap();
    fs::set_permissions(path.join("bin/run"), Permissions::from_mode(0o711)).unwrap();
    symlink("../bin/run", path.join("lib/start")).unwrap();
    folder
}

#[track_caller]
fn run(program: &str, arguments: &[&str], zip: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(zip).output();
    let output = output.unwrap_or_else(|error| panic!("this test needs `{program}` on PATH: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_bytes_do_not_depend_on_times_rights_order_or_threads() {
    let first = folder();
    let bytes = packed(first.path());
    for threads in [1, 2, 8] {
        assert_eq!(packed_by(first.path(), threads).unwrap(), bytes, "{threads} threads");
    }
    let second = tempfile::tempdir().unwrap();
    let zip = tempfile::NamedTempFile::new().unwrap();
    fs::write(zip.path(), &bytes).unwrap();
    unpack(zip.path(), second.path()).unwrap();
    for name in ["lib.txt", "index.html"] {
        let path = second.path().join(name);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(SystemTime::now() - Duration::from_hours(99))
            .unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(second.path().join("bin/run"), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(packed(second.path()), bytes);
}

/// If this fails after a compressor was updated, every package gets a new digest: say so in the changelog.
#[test]
fn the_bytes_are_those_they_have_always_been() {
    let zip = packed(folder().path());
    assert_snapshot!(format!("{} bytes, {:08x}", zip.len(), libdeflater::crc32(&zip)), @"5925 bytes, fdb78a89");
}

#[test]
fn info_zip_reads_it() {
    let zip = tempfile::NamedTempFile::new().unwrap();
    fs::write(zip.path(), packed(folder().path())).unwrap();
    run("unzip", &["-tq"], zip.path());
    let list = run("unzip", &["-Z", "-s"], zip.path());
    let shown: Vec<&str> = list.lines().filter(|line| line.contains("80-Jan-01")).map(|line| &line[..11]).collect();
    assert_eq!(shown.len(), 8, "{list}");
    assert!(list.contains("-rwxr-xr-x") && list.contains("lrwxrwxrwx") && list.contains("drwxr-xr-x"), "{list}");
}

#[test]
fn python_reads_it() {
    let zip = tempfile::NamedTempFile::new().unwrap();
    fs::write(zip.path(), packed(folder().path())).unwrap();
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(*z.namelist(), sep='\\n')";
    assert_snapshot!(run("python3", &["-c", script], zip.path()), @r"
    bin/run
    empty.txt
    empty/inner/
    grüße – 你好.txt
    index.html
    lib.txt
    lib/deep/er/noise
    lib/start
    ");
}

#[test]
fn what_was_packed_comes_out_again() {
    let source = folder();
    let (zip, into) = (tempfile::NamedTempFile::new().unwrap(), tempfile::tempdir().unwrap());
    fs::write(zip.path(), packed(source.path())).unwrap();
    unpack(zip.path(), into.path()).unwrap();
    let status =
        Command::new("diff").args(["-r", "--no-dereference"]).arg(source.path()).arg(into.path()).status().unwrap();
    assert!(status.success());
    let mode = |name: &str| fs::metadata(into.path().join(name)).unwrap().permissions().mode() & 0o100;
    assert_eq!((mode("bin/run"), mode("lib.txt")), (0o100, 0));
    assert_eq!(fs::read_link(into.path().join("lib/start")).unwrap(), Path::new("../bin/run"));
}

#[test]
fn a_file_too_large_to_be_held_is_streamed_and_stored_when_deflate_does_not_help() {
    let (source, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let half = noise(9 << 20);
    fs::write(source.path().join("noise"), [&half[..], &noise(9 << 20)[1..]].concat()).unwrap();
    fs::write(source.path().join("text"), "twenty bytes of text\n".repeat(1 << 20)).unwrap();
    fs::write(source.path().join("zero"), vec![0; (16 << 20) + (256 << 10)]).unwrap();
    fs::write(source.path().join("~last"), "small").unwrap();
    let bytes = packed(source.path());
    assert_eq!(packed_by(source.path(), 8).unwrap(), bytes);
    assert!(bytes.len() < 19 << 20, "{}", bytes.len());
    let zip = tempfile::NamedTempFile::new().unwrap();
    fs::write(zip.path(), bytes).unwrap();
    run("unzip", &["-tq"], zip.path());
    unpack(zip.path(), into.path()).unwrap();
    assert!(Command::new("diff").arg("-r").args([source.path(), into.path()]).status().unwrap().success());
}

#[test]
fn progress_is_told_up_to_the_end() {
    let (source, zip) = (folder(), tempfile::NamedTempFile::new().unwrap());
    let amounts = Arc::new(Amounts::default());
    pack(source.path(), zip.as_file(), 2, &*amounts).unwrap();
    let amounts = amounts.0.lock().unwrap();
    assert!(amounts.is_sorted() && amounts.len() == 8, "{amounts:?}");
    assert_eq!(amounts.last().unwrap().0, amounts.last().unwrap().1);
}

#[test]
fn a_link_that_leads_out_is_refused_by_name() {
    for target in ["/etc/passwd", "../secret", "lib/../../secret"] {
        let source = folder();
        symlink(target, source.path().join("out")).unwrap();
        let refusal = refusal(source.path());
        assert_eq!(refusal.code, Code::PathEscapes);
        assert!(refusal.message.contains("`out`") && refusal.message.contains(target), "{refusal}");
    }
}

#[test]
fn what_is_neither_file_nor_folder_nor_link_is_refused_by_name() {
    let source = folder();
    let _socket = UnixListener::bind(source.path().join("lib/listening")).unwrap();
    assert_snapshot!(refusal(source.path()), @r"
    `lib/listening` is a socket, which cannot be packed
    help: leave it out of what the package is made of
    ");
}

#[test]
fn names_that_readers_would_understand_differently_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    for name in [&b"a\\b"[..], b"latin-\xe9"] {
        let source = folder();
        fs::write(source.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
        assert_eq!(refusal(source.path()).code, Code::BuildFailed);
    }
}

#[test]
fn a_folder_without_files_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(refusal(empty.path()).code, Code::InputMissing);
    fs::create_dir(empty.path().join("inner")).unwrap();
    assert_eq!(refusal(empty.path()).code, Code::InputMissing);
    assert_eq!(refusal(&empty.path().join("nowhere")).code, Code::InputMissing);
}

#[test]
fn a_link_that_leads_nowhere_is_packed_as_a_link() {
    let source = folder();
    symlink("nowhere", source.path().join("dangling")).unwrap();
    symlink("loop", source.path().join("loop")).unwrap();
    assert!(packed_by(source.path(), 2).is_ok());
}
