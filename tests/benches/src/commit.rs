//! One image in a manifest repository of 5,000 files, committed and pushed, against `git clone --depth=1`, `sed`,
//! `git commit` and `git push`: with a cache, and without one. Plain, the repository is on this machine, where we read it
//! as it lies; through the proxy it is git's own server's.

use std::cell::RefCell;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::edit;
use crate::measure::{Contestant, Figures, race};
use crate::proxy::Proxy;
use crate::stand::{Stand, run, shell, text};
use crate::table::Row;

/// How many files the repository has.
const FILES: usize = 5000;

/// The folder whose kustomization is edited.
const PLACE: &str = "apps/0042";

/// `$1` the repository, `$2` the clone, `$3` the digest.
const PEER: &str = r#"
git clone --quiet --depth=1 "$1" "$2"
cd "$2"
sed -i -e "/name: registry.example\/shop\/api /,/digest:/{s/newTag: .*/newTag: \"v2\"/;s/digest: .*/digest: $3/}" \
    apps/0042/kustomization.yaml
git commit --quiet --all --message "api to $3"
git push --quiet origin main
"#;

/// The repository, and who serves it.
struct Shop {
    folder: PathBuf,
    /// The newest commit that was seen.
    tip: RefCell<String>,
    daemon: Child,
    proxy: Proxy,
}

pub(crate) fn rows(stand: &Stand) -> Outcome<Vec<Row>> {
    let shop = Shop::open(stand.folder("commit")?)?;
    let mut rows = Vec::new();
    let path = text(&shop.bare())?.to_owned();
    let served = format!("git://{}/bare", shop.proxy.host);
    for (link, address, proxy) in [("plain", format!("file://{path}"), None), ("10 ms", served, Some(&shop.proxy))] {
        let taken = shop.turns(stand, &address, proxy)?;
        let cold = format!("one tag in {FILES} files, no cache, {link}");
        rows.push(Row::race(cold, &taken[0], &taken[2]).at_least(4.0, "", true));
        rows.push(Row::race(format!("… with a cache, {link}"), &taken[1], &taken[2]).at_least(4.0, "", true));
    }
    Ok(rows)
}

impl Shop {
    /// Makes the repository, with one commit, and serves it.
    fn open(folder: PathBuf) -> Outcome<Self> {
        let (bare, work) = (folder.join("bare"), folder.join("work"));
        git(&folder, &["init", "--quiet", "--bare", "--initial-branch=main", text(&bare)?])?;
        git(&folder, &["init", "--quiet", "--initial-branch=main", text(&work)?])?;
        edit::make(&work, FILES)?;
        git(&work, &["add", "--all"])?;
        git(&work, &["commit", "--quiet", "--message", "first"])?;
        git(&work, &["push", "--quiet", text(&bare)?, "main"])?;
        // As on every forge.
        git(&bare, &["config", "uploadpack.allowFilter", "true"])?;
        let tip = RefCell::new(git(&bare, &["rev-parse", "main"])?.trim().to_owned());
        let (daemon, host) = serve(&folder)?;
        Ok(Self { folder, tip, daemon, proxy: Proxy::before(&host)? })
    }

    fn bare(&self) -> PathBuf {
        self.folder.join("bare")
    }

    fn turns(&self, stand: &Stand, address: &str, proxy: Option<&Proxy>) -> Outcome<Vec<Figures>> {
        let networked = usize::from(proxy.is_some());
        // Each turn brings something else, whoever's it is.
        let digest = move |who: usize, round: usize| edit::digest(((round * 2) + networked) * 4 + who);
        let mine = |who: usize, cache: PathBuf, keep: bool| {
            Contestant::new(
                move |round| {
                    if !keep {
                        drop(fs::remove_dir_all(&cache)); // there is none at first
                    }
                    fs::create_dir_all(&cache)?;
                    let words = [address, text(&cache)?, PLACE, "v2", &digest(who, round)];
                    let mut command = stand.subject("commit", &words);
                    named(&mut command);
                    Ok(command)
                },
                move |round| self.moved(&digest(who, round)),
            )
        };
        let clone = self.folder.join("clone");
        let peer = Contestant::new(
            move |round| {
                drop(fs::remove_dir_all(&clone)); // there is none at first
                let mut command = shell(PEER, &[address, text(&clone)?, &digest(3, round)]);
                named(&mut command);
                Ok(command)
            },
            |round| self.moved(&digest(3, round)),
        );
        let cache = |name: &str| self.folder.join(name);
        let mut contestants = [mine(1, cache("cold"), false), mine(2, cache("warm"), true), peer];
        race(stand.rounds, proxy, &mut contestants)
    }

    /// Fails unless there is one new commit, which changed the one file, which has the digest.
    fn moved(&self, digest: &str) -> Outcome {
        let bare = self.bare();
        let history = git(&bare, &["log", "-2", "--format=%H", "main"])?;
        let changed = git(&bare, &["diff", "--name-only", "main~1", "main"])?;
        let file = git(&bare, &["show", &format!("main:{PLACE}/kustomization.yaml")])?;
        let commits: Vec<&str> = history.lines().collect();
        let before = self.tip.replace(commits[0].to_owned());
        if commits[1] != before || changed.trim() != format!("{PLACE}/kustomization.yaml") || !file.contains(digest) {
            return Err(format!("the push is not what it should be: {changed}\n{file}").into());
        }
        Ok(())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.daemon.kill());
        drop(self.daemon.wait());
    }
}

fn git(folder: &Path, words: &[&str]) -> Outcome<String> {
    let mut command = Command::new("git");
    command.args(words).current_dir(folder);
    named(&mut command);
    run(&mut command)
}

/// Commits need a name; who measures may not have told git theirs.
fn named(command: &mut Command) {
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@localhost");
    }
}

/// Starts git's own server before a folder of repositories, and waits until it listens.
fn serve(folder: &Path) -> Outcome<(Child, String)> {
    // Git's server cannot choose a port by itself.
    let host = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = Command::new(run(Command::new("git").arg("--exec-path"))?.trim().to_owned() + "/git-daemon");
    command.args(["--export-all", "--enable=receive-pack", "--reuseaddr", "--listen=127.0.0.1"]);
    command.arg(format!("--base-path={}", text(folder)?)).arg(format!("--port={}", host.port()));
    let daemon = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(host).is_err() {
        if Instant::now() > deadline {
            return Err("git's server does not listen".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((daemon, host.to_string()))
}
