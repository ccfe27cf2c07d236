//! The receiver: processor time for each delivery, against its hashing and reading alone and against Node with
//! `@octokit/webhooks`; and start, memory and size, against the smallest Lambdas in Rust and in Node.
//!
//! Deliveries are measured up to the hand-over and from there to the answer: all but the request to the bus, which Node
//! would make too. So each is a repeat of one that was handed over before anybody measured.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::Outcome;
use crate::measure::{Contestant, Figures, race};
use crate::stand::{Stand, text};
use crate::start::{self, Started};
use crate::table::{Row, seconds};

/// The webhook's secret.
pub(crate) const SECRET: &str = "It's a Secret to Everybody";

/// The variable that says where `scripts/bench` installed the peers.
const PEERS: &str = "TRUNKLINE_BENCH_NODE";

pub(crate) fn rows(stand: &Stand) -> Outcome<Vec<Row>> {
    let folder = stand.folder("receive")?;
    let mut rows = deliveries(stand, &folder, "25 KB", 25_000, 20_000)?;
    rows.extend(deliveries(stand, &folder, "1 MB", 1_000_000, 500)?);
    rows.extend(starts(stand, &folder)?);
    Ok(rows)
}

/// So many deliveries of so many bytes, by three contestants.
fn deliveries(stand: &Stand, folder: &Path, size: &str, bytes: usize, times: u32) -> Outcome<Vec<Row>> {
    let times = if stand.quick { times / 10 } else { times };
    let event = folder.join(format!("{bytes}.json"));
    fs::write(&event, self::event(bytes)?.to_string())?;
    let (event, count) = (text(&event)?, times.to_string());
    let ours = |name: &'static str| {
        let words = [event, &count];
        Contestant::new(move |_| Ok(stand.subject(name, &words)), |_| Ok(()))
    };
    let node = || -> Outcome<Command> {
        let mut node = Command::new("node");
        node.arg(peers()?.join("webhooks.cjs")).args([event, &count, SECRET]);
        Ok(node)
    };
    let mut contestants = [ours("receive"), ours("webhook"), Contestant::new(move |_| node(), |_| Ok(()))];
    let taken = race(stand.rounds, None, &mut contestants)?;
    let each = |figures: &Figures| figures.cpu / f64::from(times);
    let took: Vec<f64> = taken.iter().map(each).collect();
    let row = |what: &str, peer: f64, aim: &str, met: bool| Row {
        what: format!("a delivery of {size}, against {what}"),
        ours: seconds(took[0]),
        peer: seconds(peer),
        cpu: Some(peer / took[0]),
        aim: aim.to_owned(),
        met: Some(met),
        ..Row::default()
    };
    Ok(vec![
        row("hashing and reading alone", took[1], "≥ 0.67×", took[0] <= 1.5 * took[1]),
        row("node, @octokit/webhooks", took[2], "≥ 2.5×", took[2] >= 2.5 * took[0]),
    ])
}

/// From the start of a process to its first request for work; memory then; the size of the zip.
fn starts(stand: &Stand, folder: &Path) -> Outcome<Vec<Row>> {
    let me = std::env::current_exe()?;
    let release = me.parent().ok_or("this program is in no folder")?;
    let (ours, hello) = (release.join("receive"), release.join("examples/hello"));
    let node = peers()?.join("hello.cjs");
    let program = |path: &Path| Command::new(path);
    let in_node = || {
        let mut command = Command::new("node");
        command.arg(&node);
        command
    };
    let rounds = stand.rounds * 4;
    let taken = start::race(rounds, &[&|| program(&ours), &|| program(&hello), &in_node])?;
    let [us, rust, js] = &taken[..] else { return Err("three contestants start".into()) };
    let row = |what: &str, peer: &Started, aim: &str, met: bool| Row {
        what: format!("start to first request for work, against {what}"),
        ours: us.to_string(),
        peer: peer.to_string(),
        wall: Some(peer.wall / us.wall),
        aim: aim.to_owned(),
        met: Some(met),
        ..Row::default()
    };
    let zip = zipped(&ours, folder)?;
    let size = format!("{:.2} MB (program {:.2} MB)", megabytes(zip), megabytes(fs::metadata(&ours)?.len()));
    let smallest = format!("{:.2} MB", megabytes(zipped(&hello, folder)?));
    Ok(vec![
        row("a hello in Rust", rust, "≥ 0.67×", us.wall <= 1.5 * rust.wall),
        row("a hello in Node", js, "≥ 40×", js.wall >= 40.0 * us.wall),
        Row {
            peer: smallest,
            ..Row::fact("the receiver's zip, against a hello in Rust", size, "≤ 1.2 MB", zip <= 1_200_000)
        },
    ])
}

#[expect(clippy::cast_precision_loss, reason = "a few megabytes, to two figures")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The size of the zip of a program.
fn zipped(program: &Path, folder: &Path) -> Outcome<u64> {
    let zip = folder.join("program.zip");
    drop(fs::remove_file(&zip)); // there is none at first
    crate::stand::run(Command::new("zip").args(["-q", "-j", "-9", text(&zip)?, text(program)?]))?;
    Ok(fs::metadata(&zip)?.len())
}

fn peers() -> Outcome<PathBuf> {
    Ok(std::env::var(PEERS).map_err(|_| format!("{PEERS} is not set: run scripts/bench"))?.into())
}

/// The event of a signed push whose body has about so many bytes, shaped as GitHub's are: many short texts.
fn event(bytes: usize) -> Outcome<Value> {
    let url = "https://api.github.com/repos/acme/shop";
    let commit = |number: usize| {
        let id = format!("{number:040x}");
        let who = json!({"name": "Mona Lisa", "email": "mona@github.example", "username": "mona"});
        json!({
            "id": id, "tree_id": id, "distinct": true, "message": format!("Change the {number}th thing\n\nIt was \"odd\"."),
            "timestamp": "2025-10-09T10:53:20+02:00", "url": format!("{url}/commit/{id}"), "author": who, "committer": who,
            "added": [], "removed": [], "modified": ["api/src/main.rs", format!("web/src/page{number}.ts")],
        })
    };
    let owner =
        json!({"login": "acme", "id": 9, "node_id": "MDQ6VXNlcjk=", "url": "https://api.github.com/users/acme"});
    let mut repository = json!({"id": 7, "node_id": "R_7", "name": "shop", "full_name": "acme/shop", "owner": owner});
    for name in ["forks", "keys", "teams", "hooks", "events", "branches", "tags", "blobs", "trees", "statuses", "pulls"]
    {
        repository[format!("{name}_url")] = json!(format!("{url}/{name}{{/sha}}"));
    }
    let mut body = json!({
        "ref": "refs/heads/main", "before": "a".repeat(40), "after": "b".repeat(40), "repository": repository,
        "sender": owner, "installation": {"id": 5}, "created": false, "deleted": false, "forced": false, "base_ref": null,
        "compare": format!("{url}/compare/a...b"), "commits": [], "head_commit": commit(0),
    });
    let each = commit(0).to_string().len() + 1;
    let many = bytes.saturating_sub(body.to_string().len()) / each;
    body["commits"] = (1..=many).map(commit).collect();
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(body.as_bytes());
    let mut signature = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(signature, "{byte:02x}")?;
    }
    let headers = json!({
        "content-type": "application/json", "user-agent": "GitHub-Hookshot/1234567", "accept": "*/*",
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "x-github-event": "push", "x-github-hook-id": "17",
        "x-github-hook-installation-target-id": "7", "x-github-hook-installation-target-type": "repository",
        "x-hub-signature-256": signature, "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https",
        "x-amzn-trace-id": "Root=1-5e66d96f-7491f09xmpl79d18acf3d050", "host": "x.lambda-url.us-east-1.on.aws",
    });
    let http =
        json!({"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "GitHub"});
    Ok(json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": headers,
        "requestContext": {"accountId": "anonymous", "http": http, "requestId": "r", "timeEpoch": 1_760_000_000_000_i64},
        "body": body, "isBase64Encoded": false,
    }))
}
