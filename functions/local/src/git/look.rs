//! What a repository shows that is not known yet.
//!
//! Nothing new costs one process, anything new three or four: branches and tags, first parents (again, of everything, when a
//! line was rewritten), and one conversation about the commits themselves. Their number never depends on how much is new.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use trunkline_core::ids::{Commit, TagName};
use trunkline_core::policy::Patterns;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::{Ask, LineLook, Look, TagLook};

use super::Git;
use super::chains::Chains;
use super::nearest::Nearest;
use super::objects::Objects;
use super::refs::{self, Tagged};
use super::revisions::Revisions;

/// The most commits that are told of a line that is new or was rewritten; of one that moved on, all are told.
const MAX_TOLD: usize = 1000;

/// A line before its commits are read.
struct Line {
    name: String,
    head: Commit,
    known: Option<Commit>,
}

/// What a line has that is new.
#[derive(Default)]
struct News {
    rewritten: bool,
    commits: Vec<Commit>,
    base: Option<Commit>,
}

/// Trunk's first parents.
#[derive(Default)]
struct Trunk {
    /// Newest first.
    order: Vec<Commit>,
    /// Where each of them stands: 0 is the head.
    positions: HashMap<Commit, usize>,
}

/// Looks.
///
/// # Errors
/// A refusal when it is no repository, or so shallow that one cannot tell what is new.
pub(crate) async fn look(git: &Git, ask: &Ask) -> Result<Look, Failure> {
    let refs = refs::read(git).await?;
    let lines = lines(refs.heads, ask);
    let is_new = |(tag, tagged): &(&TagName, &Tagged)| ask.tags.get(*tag) != Some(&tagged.commit);
    let new_tags: BTreeSet<TagName> = refs.tags.iter().filter(is_new).map(|(tag, _)| tag.clone()).collect();
    if new_tags.is_empty() && lines.iter().all(|line| line.known.as_ref() == Some(&line.head)) {
        let quiet = |line: Line| told(line, News::default(), Vec::new());
        return Ok(Look { lines: lines.into_iter().map(quiet).collect(), tags: plain(refs.tags) });
    }
    let (chains, whole) = chains(git, ask, &lines, !new_tags.is_empty()).await?;
    let head = lines.first().filter(|line| whole && line.name == ask.trunk).map(|line| &line.head);
    let trunk = head.map(|head| Trunk::new(&chains, head)).unwrap_or_default();
    let mut revisions = Revisions::new(Objects::open(git)?);

    let mut tags = plain(refs.tags);
    place(&mut tags, &new_tags, &lines, &chains, &trunk, &mut revisions.trees.objects).await?;
    let mut doubtful = new_tags.iter().any(|tag| tags[tag].lines.is_empty());

    let mut looks = Vec::new();
    for line in lines {
        let adopted = line.known.is_none() && line.name != ask.trunk;
        let news = news(&line, &chains, &trunk, adopted);
        doubtful |= news.rewritten || (adopted && news.base.is_none());
        let mut commits = Vec::new();
        for commit in &news.commits {
            commits.push(revisions.of(commit).await?);
        }
        looks.push(told(line, news, commits));
    }
    if doubtful {
        refuse_shallow(git).await?;
    }
    Ok(Look { lines: looks, tags })
}

impl Trunk {
    fn new(chains: &Chains, head: &Commit) -> Self {
        let order: Vec<Commit> = chains.walk(head).cloned().collect();
        let positions = order.iter().enumerate().map(|(position, commit)| (commit.clone(), position)).collect();
        Self { order, positions }
    }
}

/// Tells of each new tag which lines hold its commit, and what trunk has nearest to it.
async fn place(
    tags: &mut BTreeMap<TagName, TagLook>,
    new: &BTreeSet<TagName>,
    lines: &[Line],
    chains: &Chains,
    trunk: &Trunk,
    objects: &mut Objects,
) -> Result<(), Failure> {
    let commits: BTreeSet<Commit> = new.iter().map(|tag| tags[tag].commit.clone()).collect();
    let holders = holders(lines, chains, trunk, &commits);
    let mut nearest = Nearest::new(&trunk.positions);
    for tag in new {
        let Some(look) = tags.get_mut(tag) else { continue };
        look.lines = holders.get(&look.commit).cloned().unwrap_or_default();
        let position = nearest.of(objects, &look.commit).await?;
        look.nearest = position.and_then(|position| trunk.order.get(position).cloned());
    }
    Ok(())
}

/// Trunk, then release branches by name.
fn lines(mut heads: BTreeMap<String, Commit>, ask: &Ask) -> Vec<Line> {
    let patterns = Patterns(ask.release_branches.clone());
    let trunk = heads.remove_entry(&ask.trunk);
    let releases = heads.into_iter().filter(|(name, _)| patterns.matches(name));
    let line = |(name, head): (String, Commit)| Line { known: ask.heads.get(&name).cloned(), name, head };
    trunk.into_iter().chain(releases).map(line).collect()
}

/// As few first parents as tell what is new, and whether they are all there are.
///
/// Tags and new release branches may be anywhere, so they need all. A line that moved on needs those after its known head; if
/// that one is not met, the line was rewritten and all are needed after all.
async fn chains(git: &Git, ask: &Ask, lines: &[Line], tags: bool) -> Result<(Chains, bool), Failure> {
    let moved: Vec<&Line> = lines.iter().filter(|line| line.known.as_ref() != Some(&line.head)).collect();
    let foreign = moved.iter().any(|line| line.known.is_none() && line.name != ask.trunk);
    if !tags && !foreign {
        let moved: Vec<(&Commit, &Commit)> =
            moved.iter().filter_map(|line| Some((&line.head, line.known.as_ref()?))).collect();
        let (heads, known) = (moved.iter().map(|(head, _)| *head), moved.iter().map(|(_, known)| *known));
        let chains = if moved.is_empty() { Chains::default() } else { Chains::load(git, heads, known).await? };
        if moved.iter().all(|(head, known)| chains.since(head, known).is_some()) {
            return Ok((chains, false));
        }
    }
    let heads = lines.iter().flat_map(|line| [Some(&line.head), line.known.as_ref()]).flatten();
    Ok((Chains::load(git, heads, []).await?, true))
}

fn news(line: &Line, chains: &Chains, trunk: &Trunk, adopted: bool) -> News {
    match &line.known {
        None if adopted => newest(chains, &line.head, |commit| trunk.positions.contains_key(commit)),
        None => News { commits: vec![line.head.clone()], ..News::default() },
        Some(known) if *known == line.head => News { base: Some(known.clone()), ..News::default() },
        Some(known) => {
            let onward = chains.since(&line.head, known);
            let onward = onward.map(|commits| News { rewritten: false, commits, base: Some(known.clone()) });
            onward.unwrap_or_else(|| {
                let common = chains.common(&line.head, known);
                News { rewritten: true, ..newest(chains, &line.head, |commit| Some(commit) == common.as_ref()) }
            })
        }
    }
}

/// The newest commits of a line down to the first that `ends` it, oldest first.
fn newest(chains: &Chains, head: &Commit, ends: impl Fn(&Commit) -> bool) -> News {
    let mut news = News::default();
    for commit in chains.walk(head) {
        if ends(commit) || news.commits.len() == MAX_TOLD {
            news.base = Some(commit.clone());
            break;
        }
        news.commits.push(commit.clone());
    }
    news.commits.reverse();
    news
}

fn told(line: Line, news: News, commits: Vec<trunkline_core::fact::Revision>) -> LineLook {
    let base = news.base.or(line.known.filter(|known| *known == line.head));
    LineLook { name: line.name, head: line.head, rewritten: news.rewritten, commits, base }
}

/// Tags with what every look tells of them.
fn plain(tags: BTreeMap<TagName, Tagged>) -> BTreeMap<TagName, TagLook> {
    let look = |tagged: Tagged| TagLook { commit: tagged.commit, by: tagged.by, lines: Vec::new(), nearest: None };
    tags.into_iter().map(|(tag, tagged)| (tag, look(tagged))).collect()
}

/// The lines whose first parents hold each commit. A release branch is walked down to trunk only: what trunk has below the
/// fork, the branch has too.
fn holders<'a>(
    lines: &[Line],
    chains: &Chains,
    trunk: &Trunk,
    commits: &'a BTreeSet<Commit>,
) -> BTreeMap<&'a Commit, Vec<String>> {
    let mut holders: BTreeMap<&Commit, Vec<String>> = commits.iter().map(|commit| (commit, Vec::new())).collect();
    for line in lines {
        let mut fork = usize::MAX;
        for commit in chains.walk(&line.head) {
            if let Some(position) = trunk.positions.get(commit) {
                fork = *position;
                break;
            }
            if let Some(names) = holders.get_mut(commit) {
                names.push(line.name.clone());
            }
        }
        let below = |commit: &Commit| trunk.positions.get(commit).is_some_and(|position| *position >= fork);
        for (_, names) in holders.iter_mut().filter(|(commit, _)| below(commit)) {
            names.push(line.name.clone());
        }
    }
    holders
}

/// # Errors
/// [`Code::RepositoryUnusable`] when the repository holds only the newest part of its history.
async fn refuse_shallow(git: &Git) -> Result<(), Failure> {
    let answer = git.order("rev-parse").arg("--is-shallow-repository").output().await?;
    if answer.trim_ascii() != b"true" {
        return Ok(());
    }
    let message = "the repository is shallow: what is missing may be what would tell whether a line was rewritten or where a tag is";
    let help = "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` where a workflow checks out";
    Err(Refusal::new(Code::RepositoryUnusable, message).help(help).into())
}
