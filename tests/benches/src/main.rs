//! Measures Trunkline against the tools that do the same work. `scripts/bench` runs it.
//!
//! Every figure is a ratio from one run: the contestants take turns (A B A B …), medians are compared, and each result is
//! checked before its time counts. What is measured runs in a process of its own, ours too: this program starts itself as
//! a [`subject`]. Figures over a network are taken directly and through a proxy that delays ([`proxy`]).

mod commit;
mod content;
mod edit;
mod fold;
mod hook;
mod image;
mod ledger;
mod measure;
mod proxy;
mod receive;
mod registry;
mod retag;
mod stand;
mod start;
mod subject;
mod table;
mod zip;

use std::error::Error;
use std::process::ExitCode;

use stand::Stand;
use table::Row;

/// What everything here gives: a benchmark that cannot be trusted ends the run.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A benchmark: what it is called on the command line, and what measures it.
type Benchmark = (&'static str, fn(&Stand) -> Outcome<Vec<Row>>);

/// All of them, in the table's order.
const ALL: &[Benchmark] = &[
    ("retag", retag::rows),
    ("image", image::rows),
    ("zip", zip::rows),
    ("edit", edit::rows),
    ("commit", commit::rows),
    ("fold", fold::rows),
    ("receive", receive::rows),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match words.as_slice() {
        ["subject", name, rest @ ..] => subject::run(name, rest),
        ["measured", program, rest @ ..] => measure::inside(program, rest),
        names => bench(names),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the benchmarks that were named, or all, and prints and keeps the table.
fn bench(words: &[&str]) -> Outcome {
    let names: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("--")).collect();
    let known = |name: &&str| ALL.iter().any(|(other, _)| other == name);
    if let Some(wrong) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no benchmark `{wrong}`, only {}", all.join(", ")).into());
    }
    let stand = Stand::new(words.contains(&"--quick"))?;
    let mut rows = Vec::new();
    for (name, measure) in ALL.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        table::say(&format!("== {name}"));
        rows.extend(measure(&stand).map_err(|error| format!("{name}: {error}"))?);
    }
    table::finish(&rows)
}
