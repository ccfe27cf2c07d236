//! A tag on an index of two platforms with five layers each, on a real registry, against `skopeo copy --all`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::Outcome;
use crate::content::Dice;
use crate::measure::{Contestant, Figures, race};
use crate::proxy::Proxy;
use crate::registry::Registry;
use crate::stand::{Stand, shell, text};
use crate::subject;
use crate::table::Row;

/// The repository on the registry.
const NAME: &str = "shop/api";

/// What one layer holds, in bytes: ten of them are 96 MB.
const LAYER: usize = 9_600_000;

/// How many tags are put at once.
const TAGS: usize = 30;

/// The image that is tagged.
struct Tagged {
    registry: Registry,
    digest: String,
    /// A file with the index's bytes, as the build's record has them.
    record: String,
}

pub(crate) fn rows(stand: &Stand) -> Outcome<Vec<Row>> {
    let image = prepare(stand, &stand.folder("retag")?)?;
    let proxy = Proxy::before(&image.registry.host)?;
    let mut rows = Vec::new();
    for (link, host, counted) in
        [("plain", image.registry.host.clone(), None), ("10 ms", proxy.host.clone(), Some(&proxy))]
    {
        let one = one(stand, &image, &host, counted)?;
        let requests = |figures: &Figures, count| counted.is_none() || figures.seen.requests.len() == count;
        let (two, single) = (requests(&one[0], 2), requests(&one[1], 1));
        rows.push(Row::race(format!("retag, {link}"), &one[0], &one[2]).at_least(8.0, ", 2 requests", two));
        let what = format!("retag with the record's manifest, {link}");
        rows.push(Row::race(what, &one[1], &one[2]).at_least(8.0, ", 1 request", single));
        let many = many(stand, &image, &host, counted)?;
        rows.push(Row::race(format!("{TAGS} tags at once, {link}"), &many[0], &many[1]).at_least(20.0, "", true));
    }
    rows.push(again(stand, &image, &proxy)?);
    Ok(rows)
}

/// Pushes the image, with a tag that the peer copies from.
fn prepare(stand: &Stand, folder: &Path) -> Outcome<Tagged> {
    let registry = Registry::start(folder)?;
    let mut dice = Dice::new(1);
    let mut layers = Vec::new();
    for layer in 0..5 {
        for platform in ["linux-amd64", "linux-arm64"] {
            let place = folder.join(format!("export/{layer}/{platform}"));
            fs::create_dir_all(&place)?;
            fs::write(place.join("data"), dice.bytes(LAYER))?;
        }
        layers.push(json!({ "from": format!("{layer}/{{os}}-{{architecture}}"), "to": format!("/{layer}") }));
    }
    let recipe = json!({ "base": "scratch", "layers": layers, "platforms": ["linux/amd64", "linux/arm64"] });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let repository = format!("{}/{NAME}", registry.host);
    let image = runtime.block_on(subject::push(&repository, &recipe.to_string(), &folder.join("export")))?;
    let record = folder.join("manifest.json");
    fs::write(&record, &image.manifest.text)?;
    let tagged = Tagged { registry, digest: image.digest.to_string(), record: text(&record)?.to_owned() };
    let status = ours(stand, &tagged, &tagged.registry.host, "-", &["source"]).status()?;
    if status.success() { Ok(tagged) } else { Err("the image could not be tagged".into()) }
}

fn ours(stand: &Stand, image: &Tagged, host: &str, manifest: &str, tags: &[&str]) -> Command {
    let repository = format!("{host}/{NAME}");
    stand.subject("tag", &[&[repository.as_str(), &image.digest, manifest], tags].concat())
}

fn skopeo(host: &str, line: &str, tag: &str) -> Command {
    let copy = format!(
        "skopeo --insecure-policy copy --all --quiet --preserve-digests --src-tls-verify=false --dest-tls-verify=false \
         docker://{host}/{NAME}:source docker://{host}/{NAME}:"
    );
    shell(&line.replace("COPY ", &copy), &[tag])
}

/// One tag: without the manifest, with it, and the peer.
fn one(stand: &Stand, image: &Tagged, host: &str, proxy: Option<&Proxy>) -> Outcome<Vec<Figures>> {
    let delayed = proxy.is_some();
    let name = move |who: &str, round: usize| format!("{who}-{delayed}-{round}");
    let check = |who: &'static str| move |round| image.registry.expect(NAME, &name(who, round), &image.digest);
    let with = |who: &'static str, manifest: &'static str| {
        let manifest = if manifest == "-" { manifest.to_owned() } else { image.record.clone() };
        Contestant::new(move |round| Ok(ours(stand, image, host, &manifest, &[&name(who, round)])), check(who))
    };
    let peer = Contestant::new(move |round| Ok(skopeo(host, "exec COPY $1", &name("peer", round))), check("peer"));
    race(stand.rounds, proxy, &mut [with("ours", "-"), with("record", "record"), peer])
}

/// Thirty tags in one process, against the peer thirty times.
fn many(stand: &Stand, image: &Tagged, host: &str, proxy: Option<&Proxy>) -> Outcome<Vec<Figures>> {
    let delayed = proxy.is_some();
    let name = move |who: &str, round: usize, tag: usize| format!("{who}-{delayed}-{round}-{tag}");
    let check = |who: &'static str| {
        move |round| (1..=TAGS).try_for_each(|tag| image.registry.expect(NAME, &name(who, round, tag), &image.digest))
    };
    let mine = Contestant::new(
        |round| {
            let tags: Vec<String> = (1..=TAGS).map(|tag| name("many", round, tag)).collect();
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            Ok(ours(stand, image, host, "-", &tags))
        },
        check("many"),
    );
    let line = format!("for tag in $(seq {TAGS}); do COPY $1-$tag; done");
    let peer = Contestant::new(move |round| Ok(skopeo(host, &line, &format!("loop-{delayed}-{round}"))), check("loop"));
    race(if stand.quick { 1 } else { 3 }, proxy, &mut [mine, peer])
}

/// The same tag twice: the second time nothing is put.
fn again(stand: &Stand, image: &Tagged, proxy: &Proxy) -> Outcome<Row> {
    proxy.taken();
    let status = ours(stand, image, &proxy.host, "-", &["twice", "again"]).status()?;
    image.registry.expect(NAME, "twice", &image.digest)?;
    let requests = proxy.taken().requests;
    let puts = requests.iter().filter(|method| **method == "PUT").count();
    let met = status.success() && puts == 1 && requests.last() != Some(&"PUT");
    Ok(Row::fact("the same tag twice", requests.join(" "), "no second PUT", met))
}
