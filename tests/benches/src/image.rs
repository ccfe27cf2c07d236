//! An image of 50 MB, made and pushed, against `buildah bud` and `buildah push`; then the same again.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Outcome;
use crate::content::tree;
use crate::measure::{Contestant, Figures, race};
use crate::proxy::Proxy;
use crate::registry::Registry;
use crate::stand::{Stand, run, shell, text};
use crate::table::{Row, percent};

/// What the image holds: this many files, this many bytes.
const FILES: usize = 500;
const BYTES: usize = 50_000_000;

const RECIPE: &str = r#"{"base": "scratch", "layers": [{"from": "dist", "to": "/srv"}], "entrypoint": ["/srv/run"]}"#;

/// Makes the image and pushes it, in the peer's way. `$1` the folder, `$2` its own storage, `$3` the image's full name,
/// `$4` whether it may remember layers.
const PEER: &str = r#"
buildah="buildah --root $2/root --runroot $2/run --storage-driver vfs"
$buildah bud --isolation chroot $4 --quiet --tag "$3" "$1" >&2
$buildah push --quiet --tls-verify=false "$3" "docker://$3" >&2
"#;

/// Where the image is made.
struct Shop {
    folder: PathBuf,
    registry: Registry,
    proxy: Proxy,
    /// The digest of ours.
    digest: RefCell<String>,
    /// The size of its one layer, ours and the peer's.
    sizes: [Cell<u64>; 2],
}

pub(crate) fn rows(stand: &Stand) -> Outcome<Vec<Row>> {
    let folder = stand.folder("image")?;
    tree(&folder.join("export/dist"), FILES, BYTES)?;
    fs::write(folder.join("export/Dockerfile"), "FROM scratch\nCOPY dist /srv\nENTRYPOINT [\"/srv/run\"]\n")?;
    let registry = Registry::start(&folder)?;
    let proxy = Proxy::before(&registry.host)?;
    let shop = Shop { folder, registry, proxy, digest: RefCell::default(), sizes: Default::default() };
    let mut rows = Vec::new();
    for delayed in [false, true] {
        let link = if delayed { "10 ms" } else { "plain" };
        let made = shop.turns(stand, delayed, true)?;
        rows.push(Row::race(format!("image of 50 MB, {link}"), &made[0], &made[1]).at_least(5.0, "", true));
        let same = shop.turns(stand, delayed, false)?;
        let single = !delayed || same[0].seen.requests.len() == 1;
        let mut row =
            Row::race(format!("the same image again (layers remembered: the peer), {link}"), &same[0], &same[1]);
        (row.aim, row.met) = ("1 request".to_owned(), delayed.then_some(single));
        rows.push(row);
    }
    let [mine, theirs] = shop.sizes.map(Cell::into_inner);
    let size = percent(mine, theirs);
    rows.push(Row { what: "… size of its layer against `buildah`'s".to_owned(), ours: size, ..Row::default() });
    Ok(rows)
}

impl Shop {
    /// Lets both make the image: with something new in it each time, or always the same.
    fn turns(&self, stand: &Stand, delayed: bool, new: bool) -> Outcome<Vec<Figures>> {
        let host = if delayed { &self.proxy.host } else { &self.registry.host };
        let name = move |who: &str, round| {
            if new { format!("{who}/{delayed}-{round}") } else { format!("{who}/{delayed}-same") }
        };
        let fresh = move |who: &str, round: usize| -> Outcome {
            if new { Ok(fs::write(self.folder.join("export/dist/round"), name(who, round))?) } else { Ok(()) }
        };
        let mine = Contestant::new(
            move |round| {
                fresh("ours", round)?;
                let (export, into) = (self.folder.join("export"), self.folder.join("digest"));
                let repository = format!("{host}/{}", name("ours", round));
                self.aside(stand.subject("push", &[&repository, RECIPE, text(&export)?, text(&into)?]))
            },
            move |round| {
                let digest = fs::read_to_string(self.folder.join("digest"))?;
                self.registry.expect(&name("ours", round), &digest, &digest)?;
                let before = self.digest.replace(digest.clone());
                match (new, round) {
                    (true, 0) => self.holds(&format!("{}@{digest}", name("ours", round)), &self.sizes[0]),
                    (false, 1..) if before != digest => Err("the same image has another digest".into()),
                    _ => Ok(()),
                }
            },
        );
        let peer = Contestant::new(
            move |round| {
                fresh("peer", round)?;
                self.peer(&format!("{host}/{}", name("peer", round)), new)
            },
            move |round| {
                self.registry.digest(&name("peer", round), "latest")?;
                if new && round == 0 { self.holds(&name("peer", round), &self.sizes[1]) } else { Ok(()) }
            },
        );
        race(stand.rounds, delayed.then_some(&self.proxy), &mut [mine, peer])
    }

    /// Lets a command put its temporary files in memory too.
    fn aside(&self, mut command: Command) -> Outcome<Command> {
        let folder = self.folder.join("temporary");
        fs::create_dir_all(&folder)?;
        command.env("TMPDIR", folder);
        Ok(command)
    }

    fn peer(&self, name: &str, new: bool) -> Outcome<Command> {
        let storage = self.folder.join("storage");
        fs::create_dir_all(&storage)?;
        let layers = format!("--layers={}", !new);
        self.aside(shell(PEER, &[text(&self.folder.join("export"))?, text(&storage)?, name, &layers]))
    }

    /// Fails unless the one layer of an image on the registry holds what the folder does; notes its size.
    fn holds(&self, image: &str, size: &Cell<u64>) -> Outcome {
        let copy = self.folder.join("copy");
        drop(fs::remove_dir_all(&copy)); // there is none at first
        let from = format!("docker://{}/{image}", self.registry.host);
        let into = format!("dir:{}", text(&copy)?);
        run(Command::new("skopeo").args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false", &from, &into]))?;
        let manifest: Value = serde_json::from_str(&fs::read_to_string(copy.join("manifest.json"))?)?;
        let layer = manifest["layers"][0]["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:"));
        let layer = copy.join(layer.ok_or("the image has no layer")?);
        size.set(fs::metadata(&layer)?.len());
        unpacked(&layer, &copy.join("unpacked"))?;
        let (dist, srv) = (self.folder.join("export/dist"), copy.join("unpacked/srv"));
        run(Command::new("diff").args(["--recursive", "--brief", text(&dist)?, text(&srv)?])).map(drop)
    }
}

fn unpacked(archive: &Path, into: &Path) -> Outcome {
    fs::create_dir_all(into)?;
    run(Command::new("tar").args(["-xzf", text(archive)?, "-C", text(into)?])).map(drop)
}
