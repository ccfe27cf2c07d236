//! What a repository shows that is not known yet.
//!
//! Nothing new costs one question (one more for each further hundred tags). A few new commits cost one request each besides, for
//! their trees; histories are asked for a hundred commits at a time, and only as far back as what is new needs.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_core::fact::Revision;
use trunkline_core::ids::{Commit, TagName};
use trunkline_core::policy::Patterns;
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::{Ask, LineLook, Look, TagLook};

use crate::chain::{Chain, Source};
use crate::graph::Graph;
use crate::place::{Lines, Release};
use crate::refs::{self, Tagged};
use crate::revisions;
use crate::trees::Trees;

/// The most commits that are told of a line that is new or was rewritten; of one that moved on, all are told.
const MAX_TOLD: usize = 1000;

/// Of how many tags it is told where they are when a project is adopted, the youngest first. Tags from before are history, in which
/// nobody looks for a commit to deploy, and to place thousands of them would take as many requests.
const MAX_ADOPTED: usize = 100;

/// A line before its commits are read.
struct Line {
    name: String,
    head: Commit,
    known: Option<Commit>,
}

/// What a line has that is new, oldest first.
#[derive(Default)]
struct News {
    rewritten: bool,
    commits: Vec<Commit>,
    base: Option<Commit>,
}

/// Looks.
///
/// # Errors
/// As [`Client::query`](crate::client::Client::query).
pub(crate) async fn look(source: Source<'_>, trees: &Trees, ask: &Ask) -> Result<Look, Failure> {
    let refs = refs::read(source, ask).await?;
    let mut graph = Graph::default();
    graph.add(refs.newest)?;
    let lines = lines(refs.heads, ask);
    let is_new = |(tag, tagged): &(&TagName, &Tagged)| ask.tags.get(*tag) != Some(&tagged.commit);
    let new_tags: BTreeSet<TagName> = refs.tags.iter().filter(is_new).map(|(tag, _)| tag.clone()).collect();
    let mut tags = plain(refs.tags);

    // What will be needed in any case is asked for at once.
    let moved = lines.iter().filter(|line| line.known.as_ref() != Some(&line.head) || !new_tags.is_empty());
    let heads: Vec<Commit> = moved.map(|line| line.head.clone()).collect();
    graph.ensure(source.client, source.name, &heads).await?;
    graph.ensure_alone(source.client, source.name, new_tags.iter().map(|tag| &tags[tag].commit)).await?;

    let mut walked = Lines { name: ask.trunk.clone(), ..Lines::default() };
    if let Some(trunk) = lines.first().filter(|line| line.name == ask.trunk) {
        walked.trunk = Chain::new(&trunk.head);
    }
    let mut all = Vec::new();
    for line in &lines {
        all.push(news(line, &mut walked, &mut graph, source, ask).await?);
    }
    if !new_tags.is_empty() {
        let adopted = !ask.heads.contains_key(&ask.trunk);
        let placed = if adopted { youngest(new_tags, &tags, &graph) } else { new_tags };
        place(&mut tags, &placed, &lines, &mut walked, &mut graph, source).await?;
    }
    let commits: Vec<Commit> = all.iter().flat_map(|news| &news.commits).cloned().collect();
    let revisions = revisions::tell(source, trees, &graph, &commits, refs.policy).await?;
    let told = lines.into_iter().zip(all).map(|(line, news)| told(line, news, &revisions));
    Ok(Look { lines: told.collect(), tags })
}

/// Trunk, then release branches by name.
fn lines(mut heads: BTreeMap<String, Commit>, ask: &Ask) -> Vec<Line> {
    let patterns = Patterns(ask.release_branches.clone());
    let trunk = heads.remove_entry(&ask.trunk);
    let releases = heads.into_iter().filter(|(name, _)| patterns.matches(name));
    let line = |(name, head): (String, Commit)| Line { known: ask.heads.get(&name).cloned(), name, head };
    trunk.into_iter().chain(releases).map(line).collect()
}

/// Tags with what every look tells of them.
fn plain(tags: BTreeMap<TagName, Tagged>) -> BTreeMap<TagName, TagLook> {
    let look = |tagged: Tagged| TagLook { commit: tagged.commit, by: tagged.by, lines: Vec::new(), nearest: None };
    tags.into_iter().map(|(tag, tagged)| (tag, look(tagged))).collect()
}

/// Those tags whose commits are the youngest, if there are too many.
fn youngest(new: BTreeSet<TagName>, tags: &BTreeMap<TagName, TagLook>, graph: &Graph) -> BTreeSet<TagName> {
    let mut new: Vec<TagName> = new.into_iter().collect();
    new.sort_by_key(|tag| std::cmp::Reverse(graph.get(&tags[tag].commit).map(|said| said.time)));
    new.truncate(MAX_ADOPTED);
    new.into_iter().collect()
}

async fn news(
    line: &Line,
    walked: &mut Lines,
    graph: &mut Graph,
    source: Source<'_>,
    ask: &Ask,
) -> Result<News, Failure> {
    let is_trunk = line.name == ask.trunk;
    let Some(known) = &line.known else {
        if is_trunk {
            return Ok(News { commits: vec![line.head.clone()], ..News::default() });
        }
        let Release { mut own, fork } = walked.release(&line.head, MAX_TOLD, graph, source).await?;
        own.reverse();
        return Ok(News { rewritten: false, commits: own, base: fork.map(|(commit, _)| commit) });
    };
    if *known == line.head {
        return Ok(News { base: Some(known.clone()), ..News::default() });
    }
    let mut own = Chain::new(&line.head);
    let chain = if is_trunk { &mut walked.trunk } else { &mut own };
    // Only a commit whose time is known can be looked for. One that was thrown away is not there any more.
    if !chain.positions.contains_key(known) {
        chain.extend(graph, source).await?;
        if !chain.positions.contains_key(known) {
            graph.ensure(source.client, source.name, [known]).await?;
        }
    }
    if let Some(position) = chain.find(known, graph, source).await? {
        return Ok(News { rewritten: false, commits: newest(chain, position), base: Some(known.clone()) });
    }
    let common = common(chain, known, graph, source).await?;
    let position = common.unwrap_or(usize::MAX).min(MAX_TOLD);
    while chain.order.len() <= position && !chain.ended() {
        chain.extend(graph, source).await?;
    }
    Ok(News { rewritten: true, commits: newest(chain, position), base: chain.order.get(position).cloned() })
}

/// The commits before a position, oldest first.
fn newest(chain: &Chain, position: usize) -> Vec<Commit> {
    chain.order.iter().take(position).rev().cloned().collect()
}

/// Where the newest commit stands that is a first parent of both, walking both side by side.
async fn common(
    chain: &mut Chain,
    known: &Commit,
    graph: &mut Graph,
    source: Source<'_>,
) -> Result<Option<usize>, Failure> {
    let mut other = Chain::new(known);
    loop {
        other.extend(graph, source).await?;
        // Once two lines meet they are one, so the first that is met is the newest.
        if let Some(position) = chain.order.iter().position(|commit| other.positions.contains_key(commit)) {
            return Ok(Some(position));
        }
        if (chain.ended() && other.ended()) || chain.order.len() > MAX_TOLD {
            return Ok(None);
        }
        chain.extend(graph, source).await?;
    }
}

/// Tells of each new tag which lines hold its commit, and what trunk has nearest to it.
async fn place(
    tags: &mut BTreeMap<TagName, TagLook>,
    new: &BTreeSet<TagName>,
    lines: &[Line],
    walked: &mut Lines,
    graph: &mut Graph,
    source: Source<'_>,
) -> Result<(), Failure> {
    let trunk = walked.name.clone();
    for line in lines.iter().filter(|line| line.name != trunk) {
        let release = walked.release(&line.head, usize::MAX, graph, source).await?;
        walked.releases.insert(line.name.clone(), release);
    }
    for tag in new {
        let Some(look) = tags.get_mut(tag) else { continue };
        look.lines = walked.holding(&look.commit, graph, source).await?;
        look.nearest = walked.nearest(&look.commit, graph, source).await?;
    }
    Ok(())
}

fn told(line: Line, news: News, revisions: &BTreeMap<Commit, Revision>) -> LineLook {
    let commits = news.commits.iter().filter_map(|commit| revisions.get(commit).cloned()).collect();
    LineLook { name: line.name, head: line.head, rewritten: news.rewritten, commits, base: news.base }
}
