//! What a commit is for the ledger: who made it, and what its artifacts are built from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use trunkline_core::fact::Revision;
use trunkline_core::ids::{Commit, Key, Name};
use trunkline_core::key::{self, File};
use trunkline_core::policy::{FILE, MAX_BYTES, Policy};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use crate::blob::Blob;
use crate::chain::Source;
use crate::graph::{Graph, PolicyFile};
use crate::trees::{Entry, Mode, Trees};

/// How many trees are asked for side by side; GitHub wants no more than a hundred requests at once.
const TOGETHER: usize = 8;

/// What a policy says of one tree's artifacts.
#[derive(Clone, Debug, Default)]
struct Keys {
    built: BTreeMap<Name, Key>,
    adopted: Vec<Name>,
}

/// A policy, or why there is none.
type Read = Result<Arc<Policy>, Refusal>;

/// The commits as the ledger keeps them, in the order they were given. What they share is read once.
///
/// # Errors
/// As [`Client::send`](crate::client::Client::send). A policy that cannot be read is no error: the revision says so.
pub(crate) async fn tell(
    source: Source<'_>,
    trees: &Trees,
    graph: &Graph,
    commits: &[Commit],
    head: Option<Blob>,
) -> Result<BTreeMap<Commit, Revision>, Failure> {
    let said = |commit: &Commit| graph.get(commit).ok_or_else(|| unknown(commit));
    let mut files = BTreeMap::new();
    for commit in commits {
        let said = said(commit)?;
        files.insert(said.tree.clone(), said.policy.clone());
    }
    let policies = policies(source, files.values().flatten(), head).await?;
    let policy = |file: &Option<PolicyFile>| policy(file.as_ref(), &policies);
    let mut found = Vec::new();
    for (tree, file) in &files {
        let policy = policy(file);
        found.push(async move { Ok::<_, Failure>((tree.clone(), keys(source, trees, tree, policy).await?)) });
    }
    let found = stream::iter(found).buffer_unordered(TOGETHER);
    let keys: HashMap<String, Result<Keys, Refusal>> = found.try_collect().await?;
    let mut revisions = BTreeMap::new();
    for commit in commits {
        let said = said(commit)?;
        let (keys, refused) = match keys.get(&said.tree).cloned().unwrap_or_else(|| Ok(Keys::default())) {
            Ok(keys) => (keys, None),
            Err(refusal) => (Keys::default(), Some(refusal)),
        };
        let revision = Revision {
            commit: commit.clone(),
            time: said.time,
            author: said.author.clone(),
            subject: said.subject.clone(),
            keys: keys.built,
            adopted: keys.adopted,
            refused,
        };
        revisions.insert(commit.clone(), revision);
    }
    Ok(revisions)
}

/// Reads every policy once. Trunk's newest is `head`: it came with the first question.
async fn policies<'a>(
    source: Source<'_>,
    files: impl Iterator<Item = &'a PolicyFile>,
    head: Option<Blob>,
) -> Result<HashMap<String, Read>, Failure> {
    let plain = |file: &&PolicyFile| Mode::of(file.mode).is_some_and(Mode::is_file);
    let mut ids: BTreeSet<String> = files.filter(plain).map(|file| file.oid.clone()).collect();
    let mut texts = BTreeMap::new();
    if let Some(head) = head.filter(|head| ids.remove(&head.oid)) {
        let oid = head.oid.clone();
        texts.insert(oid, source.client.content(source.name, head, MAX_BYTES).await?);
    }
    texts.extend(source.client.contents(source.name, &ids, MAX_BYTES).await?);
    let read = |body: Option<Vec<u8>>| {
        let refusal = |what: String| Refusal::new(Code::PolicyInvalid, format!("`{FILE}` {what}"));
        let body = body.ok_or_else(|| refusal(format!("is longer than {MAX_BYTES} bytes")))?;
        let text = String::from_utf8(body).map_err(|_| refusal("is not UTF-8".to_owned()))?;
        Policy::parse(&text).map(Arc::new)
    };
    Ok(texts.into_iter().map(|(id, body)| (id, read(body))).collect())
}

fn policy(file: Option<&PolicyFile>, policies: &HashMap<String, Read>) -> Read {
    let missing = || {
        Refusal::new(Code::PolicyMissing, format!("there is no `{FILE}` at the root of this commit"))
            .help("`trunkline init` writes one; commit it")
    };
    file.and_then(|file| policies.get(&file.oid)).cloned().unwrap_or_else(|| Err(missing()))
}

async fn keys(source: Source<'_>, trees: &Trees, tree: &str, policy: Read) -> Result<Result<Keys, Refusal>, Failure> {
    let policy = match policy {
        Ok(policy) => policy,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let entries = trees.list(source, tree).await?;
    // Matching every path with every pattern takes long enough to hold up everything else.
    let made = tokio::task::spawn_blocking(move || {
        let files: Vec<File> = entries.iter().filter_map(Entry::file).collect();
        Keys { built: key::keys(&policy, &files), adopted: key::adopted(&policy) }
    });
    let made = made.await.map_err(|error| Fault::passing(format!("a worker's thread ended early: {error}")))?;
    Ok(Ok(made))
}

/// There is no such commit.
pub(crate) fn unknown(commit: &Commit) -> Refusal {
    Refusal::new(Code::UnknownRevision, format!("the commit {commit} is not in this repository")).help("push it first")
}
