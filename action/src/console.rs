//! Progress, to the standard error: spinners and bars on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use trunkline_core::fact::Fact;
use trunkline_core::plan::{Action, Plan};
use trunkline_core::view::tell::{purpose, tell};
use trunkline_ports::artifacts::{Progress, Watcher};
use trunkline_ports::failure::Fault;
use trunkline_ports::work::Report;

use crate::answer::note;

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(120);

/// What a run says while it goes on, and the facts that it wrote.
pub(crate) struct Console {
    /// On a terminal: everything that moves.
    bars: Option<MultiProgress>,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// What this run wrote, in order.
    recorded: Vec<Fact>,
    /// The spinner of each claim of ours.
    spinners: BTreeMap<u64, ProgressBar>,
    /// The newest claim of each lane.
    claims: BTreeMap<String, u64>,
    /// What was said last about waiting, so that it is said once.
    waits: String,
}

impl Console {
    /// A console for the standard error as it is.
    pub(crate) fn new() -> Arc<Self> {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Arc::new(Self { bars, shown: Mutex::default() })
    }

    /// What this run wrote to the ledger.
    pub(crate) fn recorded(&self) -> Vec<Fact> {
        self.shown().recorded.clone()
    }

    /// Says something, above whatever moves.
    pub(crate) fn say(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| note(text)),
            None => note(text),
        }
    }

    /// One who watches long work called `what`.
    pub(crate) fn watcher(&self, what: &str) -> Watcher {
        Arc::new(Watch { what: what.to_owned(), bars: self.bars.clone(), bar: Mutex::default() })
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spin(&self, number: u64, what: &str) {
        let Some(bars) = &self.bars else { return };
        let spinner = bars.add(ProgressBar::new_spinner().with_style(style("{spinner} {wide_msg}")));
        spinner.set_message(what.lines().next().unwrap_or_default().to_owned());
        spinner.enable_steady_tick(TURN);
        self.shown().spinners.insert(number, spinner);
    }

    fn stop(&self, number: u64) {
        if let Some(spinner) = self.shown().spinners.remove(&number) {
            spinner.finish_and_clear();
        }
    }
}

impl Report for Console {
    fn begin(&self, action: &Action) {
        let lane = action.claim.lane();
        let number = action.open.or_else(|| self.shown().claims.get(&lane).copied());
        let what = purpose(&action.claim);
        let undo = if action.undo.is_some() { "undo: " } else { "" };
        if self.bars.is_none() {
            note(&format!("begin: {undo}{what}"));
        }
        if let Some(number) = number {
            self.spin(number, &format!("{undo}{what}"));
        }
    }

    fn recorded(&self, number: u64, facts: &[Fact]) {
        self.shown().recorded.extend_from_slice(facts);
        for fact in facts {
            match fact {
                Fact::Started { claim, .. } => {
                    self.shown().claims.insert(claim.lane(), number);
                    continue;
                }
                Fact::Waiting { claim, .. } => self.stop(*claim),
                Fact::Leased { .. } => continue,
                _ => {}
            }
            if let Some(claim) = fact.ends() {
                self.stop(claim);
            }
            self.say(&format!("  {}", tell(fact).replace('\n', "\n    ")));
        }
    }

    fn fault(&self, action: &Action, fault: &Fault) {
        self.say(&format!("fault: {}: {}", purpose(&action.claim), fault.message));
    }

    fn waits(&self, plan: &Plan) {
        let waits: Vec<String> =
            plan.waiting.iter().map(|waiting| format!("… {}: {}", waiting.subject, waiting.why)).collect();
        let waits = waits.join("\n");
        let new = std::mem::replace(&mut self.shown().waits, waits.clone()) != waits;
        if new && !waits.is_empty() {
            self.say(&waits);
        }
    }
}

/// Shows what one long work says of itself.
struct Watch {
    what: String,
    bars: Option<MultiProgress>,
    /// Made when there is something to show.
    bar: Mutex<Option<ProgressBar>>,
}

impl Watch {
    fn with_bar(&self, show: impl FnOnce(&ProgressBar)) {
        let Some(bars) = &self.bars else { return };
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        show(bar.get_or_insert_with(|| bars.add(ProgressBar::new_spinner().with_prefix(self.what.clone()))));
    }
}

impl Progress for Watch {
    fn line(&self, text: &str) {
        if self.bars.is_none() {
            return note(&format!("  {} | {text}", self.what));
        }
        self.with_bar(|bar| {
            bar.set_style(style("{prefix} | {wide_msg}"));
            bar.set_message(text.to_owned());
        });
    }

    fn amount(&self, done: u64, total: u64) {
        self.with_bar(|bar| {
            if bar.length() != Some(total) {
                bar.set_style(style("{prefix} {bar:30} {bytes}/{total_bytes}"));
                bar.set_length(total);
            }
            bar.set_position(done);
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // Our own templates are well formed; if one were not, the default shows as much.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
