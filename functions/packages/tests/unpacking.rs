//! Unpacking: a zip may say anything; what it does is nothing but files, folders and links inside.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use trunkline_core::refusal::Code;
use trunkline_packages::unpack;
use trunkline_ports::failure::Failure;

/// A zip that Python made: `body` gets `z`, the open file, and `info(name, mode)`.
fn zip(body: &str) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.zip");
    let script = format!(
        "import sys, zipfile, warnings\nwarnings.simplefilter('ignore')\n\
         def info(name, mode):\n    i = zipfile.ZipInfo(name); i.external_attr = mode << 16; i.create_system = 3; return i\n\
         with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:\n    {body}\n"
    );
    let status = Command::new("python3").args(["-c", &script]).arg(&path).status();
    assert!(status.expect("this test needs `python3` on PATH").success());
    (folder, path)
}

fn code(zip: &Path, into: &Path) -> Code {
    match unpack(zip, into) {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// The code of the refusal of a zip, which must have left nothing outside its folder.
#[track_caller]
fn refused(body: &str) -> Code {
    let (_folder, zip) = zip(body);
    let around = tempfile::tempdir().unwrap();
    let into = around.path().join("a/b/into");
    fs::create_dir_all(&into).unwrap();
    let code = code(&zip, &into);
    let outside =
        Command::new("find").arg(around.path()).args(["-not", "-path", "*/a/b/into*", "-type", "f"]).output().unwrap();
    assert!(outside.stdout.is_empty(), "{}", String::from_utf8_lossy(&outside.stdout));
    code
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../out", "a/../../out", "/tmp/out", "a//b", "./a", "..", "a\\\\..\\\\b", "C:\\\\x"] {
        assert_eq!(refused(&format!("z.writestr('{name}', 'x')")), Code::PathEscapes, "{name}");
    }
}

#[test]
fn links_that_lead_out_are_refused() {
    for target in ["/etc", "../..", "x/../../y"] {
        assert_eq!(
            refused(&format!("z.writestr(info('a/link', 0o120777), '{target}')")),
            Code::PathEscapes,
            "{target}"
        );
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let body = "z.writestr(info('d', 0o120777), 'e'); z.writestr('d/x', 'x')";
    assert_eq!(refused(body), Code::PathEscapes);
    // A link that was there before the zip came.
    let (_folder, zip) = zip("z.writestr('d/x', 'x')");
    let (into, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), into.path().join("d")).unwrap();
    assert_eq!(code(&zip, into.path()), Code::PathEscapes);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn nothing_is_written_over_anything() {
    assert_eq!(refused("z.writestr('a', 'x'); z.writestr('a', 'y')"), Code::PathEscapes);
    let (_folder, zip) = zip("z.writestr('a', 'x')");
    let into = tempfile::tempdir().unwrap();
    fs::write(into.path().join("a"), "mine").unwrap();
    assert_eq!(code(&zip, into.path()), Code::PathEscapes);
    assert_eq!(fs::read_to_string(into.path().join("a")).unwrap(), "mine");
}

#[test]
fn a_zip_that_claims_too_much_is_refused_before_anything_is_written() {
    let (_folder, path) = zip("z.writestr('a', 'x' * 1000)");
    let mut bytes = fs::read(&path).unwrap();
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[directory + 24..directory + 28].copy_from_slice(&10_u32.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let into = tempfile::tempdir().unwrap();
    assert_eq!(code(&path, into.path()), Code::ArtifactChanged, "longer than it says");
    let many = "[z.writestr(str(n), '') for n in range(5)]\n    for i in z.infolist(): i.file_size = 0xfffffff0";
    assert_eq!(refused(many), Code::InputTooLarge);
}

#[test]
fn broken_zips_are_refused() {
    let (_folder, path) = zip("z.writestr('a', 'hello ' * 1000); z.writestr('b', 'hello ' * 1000)");
    let whole = fs::read(&path).unwrap();
    let data = 30 + 1 + 5;
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    for broken in
        [whole[..whole.len() / 2].to_vec(), vec![], b"no zip at all".to_vec(), flipped(data), flipped(data + 3)]
    {
        fs::write(&path, broken).unwrap();
        assert_eq!(code(&path, tempfile::tempdir().unwrap().path()), Code::ArtifactChanged);
    }
}

#[test]
fn special_files_and_other_forms_are_refused() {
    assert_eq!(refused("z.writestr(info('pipe', 0o010644), '')"), Code::ArtifactChanged);
    assert_eq!(refused("z.writestr('a', 'x' * 99, zipfile.ZIP_LZMA)"), Code::ArtifactChanged);
}

#[test]
fn rights_are_those_of_plain_files() {
    let (_folder, zip) = zip("z.writestr(info('setuid', 0o104777), 'x'); z.writestr(info('open', 0o100666), 'x')");
    let into = tempfile::tempdir().unwrap();
    unpack(&zip, into.path()).unwrap();
    let mode = |name: &str| fs::metadata(into.path().join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("setuid") & !0o022, mode("open") & !0o022), (0o755, 0o644));
    assert_eq!((mode("setuid") & 0o022, mode("open") & 0o022), (0, 0));
}

#[test]
fn zips_of_other_tools_come_out_whole() {
    let source = tempfile::tempdir().unwrap();
    fs::create_dir_all(source.path().join("d/e")).unwrap();
    fs::write(source.path().join("d/e/text"), "line\n".repeat(100_000)).unwrap();
    fs::write(source.path().join("small"), "s").unwrap();
    std::os::unix::fs::symlink("d/e", source.path().join("link")).unwrap();
    let zip = source.path().join("../made-by-info-zip.zip").with_file_name(format!("{}.zip", std::process::id()));
    let status = Command::new("zip").args(["-rqy"]).arg(&zip).arg(".").current_dir(source.path()).status();
    assert!(status.expect("this test needs `zip` on PATH").success());
    let into = tempfile::tempdir().unwrap();
    let unpacked = unpack(&zip, into.path());
    fs::remove_file(&zip).unwrap();
    unpacked.unwrap();
    let same =
        Command::new("diff").args(["-r", "--no-dereference"]).args([source.path(), into.path()]).status().unwrap();
    assert!(same.success());
}
