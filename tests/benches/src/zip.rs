//! A zip of 5,000 files, 69 MB, against `zip -r` and Python's `zipfile`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::content::tree;
use crate::measure::{Contestant, Figures, race};
use crate::stand::{Stand, run, shell, text};
use crate::table::{Row, percent};

/// What is packed: this many files, this many bytes; and a tenth of them, to see whether memory grows.
const FILES: usize = 5000;
const BYTES: usize = 69_000_000;

const PYTHON: &str = "
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as archive:
    for folder, _, names in os.walk(sys.argv[1]):
        for name in names:
            path = os.path.join(folder, name)
            archive.write(path, os.path.relpath(path, sys.argv[1]))
";

pub(crate) fn rows(stand: &Stand) -> Outcome<Vec<Row>> {
    let folder = stand.folder("zip")?;
    let (large, small) = (folder.join("large"), folder.join("small"));
    tree(&large, FILES, BYTES)?;
    tree(&small, FILES / 10, BYTES / 10)?;
    let turns = turns(stand, &folder, &large)?;
    let tenth = race(1, None, &mut [ours(stand, &folder, &small, FILES / 10)])?;
    let (mine, theirs) = (folder.join("ours.zip"), folder.join("zip.zip"));
    let (size, other) = (fs::metadata(mine)?.len(), fs::metadata(theirs)?.len());
    let mib = |figures: &Figures| format!("{:.1} MiB", figures.peak / 1024.0);
    let mut memory =
        Row::fact("… peak memory; a tenth of it", mib(&turns[0]), "flat", turns[0].peak < 1.5 * tenth[0].peak);
    memory.peer = mib(&tenth[0]);
    Ok(vec![
        Row::race("zip of 5,000 files against `zip -r`", &turns[0], &turns[1]).at_least(3.0, "", true),
        Row::race("… against Python's zipfile", &turns[0], &turns[2]).at_least(3.0, "", true),
        Row::fact("… size against `zip -r`", percent(size, other), "≤ 100 %", size <= other),
        memory,
    ])
}

fn turns(stand: &Stand, folder: &Path, tree: &Path) -> Outcome<Vec<Figures>> {
    let fresh = |name: &str| -> Outcome<PathBuf> {
        let path = folder.join(name);
        drop(fs::remove_file(&path)); // `zip` would add to the one of the round before
        Ok(path)
    };
    let zip = Contestant::new(
        |_| {
            Ok(shell(
                "cd \"$1\" && exec zip --quiet --recurse-paths \"$2\" .",
                &[text(tree)?, text(&fresh("zip.zip")?)?],
            ))
        },
        |_| whole(&folder.join("zip.zip"), FILES),
    );
    let python = Contestant::new(
        |_| {
            let mut command = Command::new("python3");
            command.args(["-c", PYTHON, text(tree)?, text(&fresh("python.zip")?)?]);
            Ok(command)
        },
        |_| whole(&folder.join("python.zip"), FILES),
    );
    race(stand.rounds, None, &mut [ours(stand, folder, tree, FILES), zip, python])
}

fn ours<'a>(stand: &'a Stand, folder: &'a Path, tree: &'a Path, files: usize) -> Contestant<'a> {
    Contestant::new(
        move |_| {
            drop(fs::remove_dir_all(folder.join("store"))); // there is none at first
            Ok(stand.subject("pack", &[text(tree)?, text(&folder.join("store"))?]))
        },
        move |_| {
            if files == FILES {
                fs::copy(packed(folder)?, folder.join("ours.zip"))?;
            }
            whole(&packed(folder)?, files)
        },
    )
}

/// The one package in the store.
fn packed(folder: &Path) -> Outcome<PathBuf> {
    let mut entries = fs::read_dir(folder.join("store/site"))?;
    Ok(entries.next().ok_or("no package was made")??.path())
}

/// Fails unless a zip is sound and has so many files.
fn whole(archive: &Path, files: usize) -> Outcome {
    run(Command::new("unzip").args(["-tqq", text(archive)?]))?;
    let list = run(Command::new("unzip").args(["-Z1", text(archive)?]))?;
    let found = list.lines().filter(|name| !name.ends_with('/')).count();
    if found == files { Ok(()) } else { Err(format!("a zip of {files} files holds {found}").into()) }
}
