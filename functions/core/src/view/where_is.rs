//! Where one commit is, and how it came there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::history::history;
use super::{Line, Moment, Outstanding, ago, brief};
use crate::decide::{decide, words};
use crate::fact::Entry;
use crate::ids::{Commit, Digest, ImageTag, Name, TagName, Time};
use crate::plan::{SHORT, subject};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::state::{Build, State};

/// Where a commit is: the answer of `trunkline where`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhereIs {
    /// The commit.
    pub commit: Commit,
    /// The first line of its message.
    pub subject: String,
    /// Its author: `Name <address>`.
    pub author: String,
    /// When it was committed.
    pub committed: Moment,
    /// The line it is on; nothing when a rewrite left it behind.
    pub line: Option<String>,
    /// The git tags that name it.
    pub tags: Vec<TagName>,
    /// What it is made of, as far as it is there.
    pub artifacts: BTreeMap<Name, Made>,
    /// What is not there yet: to be built, or to be recorded.
    pub missing: Vec<Name>,
    /// The environments that run it.
    pub environments: Vec<Name>,
    /// Whether it is barred.
    pub yanked: Option<Yanked>,
    /// What is outstanding for it.
    pub outstanding: Vec<Outstanding>,
    /// What the ledger tells of it, oldest first.
    pub history: Vec<Line>,
    #[serde(skip)]
    now: Time,
}

/// An artifact of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The digest of its bytes.
    pub digest: Digest,
    /// The commit it was built from: an earlier one when what it watches did not change; nothing when it was recorded.
    pub built_from: Option<Commit>,
    /// The tags its image has.
    pub tags: Vec<ImageTag>,
}

/// A bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Yanked {
    /// The commit that is yanked: this one, or another whose bytes it carries.
    pub commit: Commit,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// Where `commit` is at `now`; `entries` are the ledger's, for its history.
///
/// # Errors
/// [`Code::NotOnLine`](crate::refusal::Code) when it was never seen on a line.
pub fn where_is(
    state: &State,
    policy: &Policy,
    commit: &Commit,
    now: Time,
    entries: &[Entry],
) -> Result<WhereIs, Refusal> {
    let Some(known) = state.revisions.get(commit) else { return Err(words::unobserved(commit)) };
    let contents = state.contents(commit);
    let digests: BTreeSet<Digest> = contents.artifacts.values().map(|bytes| bytes.digest.clone()).collect();
    let names = |tag: &&crate::state::Tag| tag.commit == *commit && !tag.gone;
    let tags: Vec<TagName> = state.tags.iter().filter(|(_, tag)| names(tag)).map(|(name, _)| name.clone()).collect();
    let runs =
        |here: &crate::state::Environment| here.current().is_some_and(|current| current.deploy.commit == *commit);
    // As the policy orders them, then those it no longer has.
    let gone = state.environments.keys().filter(|name| !policy.environments.contains_key(*name));
    let environments = policy.environments.keys().chain(gone);
    let environments = environments.filter(|name| state.environments.get(*name).is_some_and(runs)).cloned();
    let failed = contents.failed.iter().map(|(name, _)| name);
    let missing = contents.unbuilt.iter().chain(&contents.unrecorded).chain(failed).cloned();
    let yanked = state.bar(commit).map(|(yanked, yank)| Yanked {
        commit: yanked.clone(),
        reason: yank.reason.clone(),
        by: yank.by.clone(),
        at: Moment(yank.at),
    });
    Ok(WhereIs {
        commit: commit.clone(),
        subject: known.revision.subject.clone(),
        author: known.revision.author.clone(),
        committed: Moment(known.revision.time),
        line: known.line.clone(),
        outstanding: outstanding(state, policy, commit, &tags, now),
        tags,
        artifacts: made(state, commit),
        missing: missing.collect(),
        environments: environments.collect(),
        yanked,
        history: history(entries, commit, &digests),
        now,
    })
}

fn made(state: &State, commit: &Commit) -> BTreeMap<Name, Made> {
    let mut made = BTreeMap::new();
    let keys = state.revisions.get(commit).map(|known| &known.revision.keys);
    for (name, bytes) in state.contents(commit).artifacts {
        let build = keys.and_then(|keys| keys.get(&name)).and_then(|key| state.build(&name, key));
        let built_from = match build {
            Some(Build::Done { commit, bytes: built, .. }) if built.digest == bytes.digest => Some(commit.clone()),
            _ => None,
        };
        let tags = bytes.repository.as_ref().and_then(|repository| state.image_tags.get(repository));
        let tags = tags.into_iter().flatten().filter(|(_, digest)| **digest == bytes.digest);
        let tags = tags.map(|(tag, _)| tag.clone()).collect();
        made.insert(name, Made { digest: bytes.digest, built_from, tags });
    }
    made
}

/// What the plan leaves open for the commit: by its own name, or by those of its tags.
fn outstanding(state: &State, policy: &Policy, commit: &Commit, tags: &[TagName], now: Time) -> Vec<Outstanding> {
    let mut subjects = BTreeSet::from([format!("commit {}", commit.short(SHORT))]);
    for name in policy.environments.keys() {
        subjects.insert(subject(name, commit, None));
        subjects.extend(tags.iter().map(|tag| subject(name, commit, Some(tag))));
    }
    let built = format!("from {}", commit.short(SHORT));
    let all = Outstanding::of(&decide(state, policy, now)).into_iter();
    let mine = |of: &str| subjects.contains(of) || of.starts_with("build of ") && of.ends_with(&built);
    all.filter(|open| open.subject().is_some_and(mine)).collect()
}

impl fmt::Display for WhereIs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |names: &[Name]| names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
        writeln!(formatter, "{} {}", self.commit, self.subject)?;
        let age = ago(self.now, self.committed.0);
        writeln!(formatter, "by {}, {} ({age})", self.author, self.committed)?;
        match &self.line {
            Some(line) => write!(formatter, "on {line}")?,
            None => formatter.write_str("on no line any more")?,
        }
        let tags: Vec<&str> = self.tags.iter().map(TagName::as_str).collect();
        writeln!(formatter, "{}{}", if tags.is_empty() { "" } else { ", tagged " }, tags.join(", "))?;
        for (name, made) in &self.artifacts {
            write!(formatter, "  {name} {}", brief(&made.digest))?;
            match &made.built_from {
                Some(from) if *from == self.commit => formatter.write_str(", built from it")?,
                Some(from) => write!(formatter, ", built from {}", from.short(SHORT))?,
                None => formatter.write_str(", recorded")?,
            }
            let tags: Vec<&str> = made.tags.iter().map(ImageTag::as_str).collect();
            writeln!(formatter, "{}{}", if tags.is_empty() { "" } else { ", tagged " }, tags.join(", "))?;
        }
        if !self.missing.is_empty() {
            writeln!(formatter, "  not there: {}", names(&self.missing))?;
        }
        let runs = if self.environments.is_empty() { "nowhere".to_owned() } else { names(&self.environments) };
        writeln!(formatter, "runs in: {runs}")?;
        if let Some(yanked) = &self.yanked {
            let which = if yanked.commit == self.commit { "" } else { " with " };
            let other = if which.is_empty() { "" } else { yanked.commit.short(SHORT) };
            writeln!(formatter, "yanked{which}{other}: {} ({}, {})", yanked.reason, yanked.by, yanked.at)?;
        }
        self.outstanding.iter().try_for_each(|open| write!(formatter, "{open}"))?;
        self.history.iter().try_for_each(|line| writeln!(formatter, "{}", line.at(self.now)))
    }
}
