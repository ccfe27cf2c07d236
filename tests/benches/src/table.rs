//! The table: one row for each figure, printed and kept in a file.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::Outcome;
use crate::measure::Figures;

/// One figure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// What was done, against whom.
    pub(crate) what: String,
    /// What it took us.
    pub(crate) ours: String,
    /// What it took the peer.
    pub(crate) peer: String,
    /// The peer's time through ours.
    pub(crate) wall: Option<f64>,
    /// The peer's processor time through ours.
    pub(crate) cpu: Option<f64>,
    /// Requests and connections, ours and the peer's.
    pub(crate) requests: String,
    /// What issue 2 asks for.
    pub(crate) aim: String,
    /// Whether it is so; nothing when nothing is asked for.
    pub(crate) met: Option<bool>,
}

impl Row {
    /// A race between us and a peer.
    pub(crate) fn race(what: impl Into<String>, ours: &Figures, peer: &Figures) -> Self {
        let took = |figures: &Figures| format!("{} ({} cpu)", seconds(figures.wall), seconds(figures.cpu));
        let count = |figures: &Figures| format!("{}/{}", figures.seen.requests.len(), figures.seen.connections);
        let network = ours.seen.connections + peer.seen.connections > 0;
        Self {
            what: what.into(),
            ours: took(ours),
            peer: took(peer),
            wall: Some(peer.wall / ours.wall),
            cpu: Some(peer.cpu / ours.cpu),
            requests: if network { format!("{} : {}", count(ours), count(peer)) } else { String::new() },
            ..Self::default()
        }
    }

    /// The same row with an aim: the ratio of times is at least `least`, and `more` holds besides.
    pub(crate) fn at_least(mut self, least: f64, and: &str, more: bool) -> Self {
        self.aim = format!("≥ {least}×{and}");
        self.met = Some(self.wall.is_some_and(|wall| wall >= least) && more);
        self
    }

    /// A row that says something that is no race.
    pub(crate) fn fact(what: impl Into<String>, ours: impl Into<String>, aim: impl Into<String>, met: bool) -> Self {
        Self { what: what.into(), ours: ours.into(), aim: aim.into(), met: Some(met), ..Self::default() }
    }
}

/// Seconds for people: three figures.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        small if small < 1e-3 => format!("{:.1} µs", small * 1e6),
        small if small < 0.1 => format!("{:.1} ms", small * 1e3),
        small if small < 1.0 => format!("{:.0} ms", small * 1e3),
        large => format!("{large:.2} s"),
    }
}

/// A part of a whole, which is not 0.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    format!("{}.{} %", part * 100 / whole, part * 1000 / whole % 10)
}

/// Prints the table, and keeps it in `bench/table.md` of the target folder.
pub(crate) fn finish(rows: &[Row]) -> Outcome {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let ratio = |ratio: Option<f64>| ratio.map(|ratio| format!("{ratio:.1}×")).unwrap_or_default();
    let mut text = format!(
        "Medians of turns taken one after another; load at the end: {}. Requests/connections: ours : peer's.\n\n\
         | what | ours | peer | wall | cpu | requests | aim | met |\n|---|---|---|---|---|---|---|---|\n",
        load.join(" ")
    );
    for row in rows {
        let met = row.met.map_or("", |met| if met { "yes" } else { "**no**" });
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {met} |",
            row.what,
            row.ours,
            row.peer,
            ratio(row.wall),
            ratio(row.cpu),
            row.requests,
            row.aim
        )?;
    }
    print(&text)?;
    let me = std::env::current_exe()?;
    let target = me.parent().and_then(Path::parent).ok_or("this program is not in a target folder")?;
    std::fs::create_dir_all(target.join("bench"))?;
    Ok(std::fs::write(target.join("bench/table.md"), text)?)
}

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Outcome {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// Says to standard error what goes on; that nobody listens is no failure.
pub(crate) fn say(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}
