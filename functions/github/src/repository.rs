//! A repository on GitHub, as the port has it.

use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use trunkline_core::ids::{Commit, TagName};
use trunkline_core::policy::Patterns;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::text::clean;
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::{Ask, Look, Repository};

use crate::blob::{BLOB, Blob};
use crate::chain::Source;
use crate::client::{self, Client};
use crate::graphql::{quoted, repository};
use crate::name::RepositoryName;
use crate::revisions::unknown;
use crate::trees::{Mode, Trees};
use crate::{export, failure, look, refs};

/// A repository on GitHub.
///
/// It is only read, save for the tags it is asked to make.
pub struct GitHubRepository {
    client: Arc<Client>,
    name: RepositoryName,
    trees: Trees,
}

impl GitHubRepository {
    /// The repository `name`.
    pub fn new(client: Arc<Client>, name: RepositoryName) -> Self {
        Self { client, name, trees: Trees::default() }
    }

    fn source(&self) -> Source<'_> {
        Source { client: &self.client, name: &self.name }
    }

    /// The commit that a tag is on, and whether the tag is there at all.
    async fn tagged(&self, tag: &TagName) -> Result<(bool, Option<Commit>), Failure> {
        let commit = refs::resolve(self.source(), &format!("refs/tags/{tag}")).await?;
        if commit.is_some() {
            return Ok((true, commit));
        }
        let path = format!("/repos/{}/git/ref/tags/{}", self.name, client::encoded(tag.as_str()));
        let answer = self.client.send(client::Ask::get(&self.name, path)).await?;
        Ok((answer.status == StatusCode::OK, None))
    }

    /// Whether a tag that could not be made, or of which nobody knows, is there as it should be.
    async fn settle(&self, commit: &Commit, tag: &TagName, otherwise: Failure) -> Result<(), Failure> {
        match self.tagged(tag).await? {
            (_, Some(other)) if other == *commit => Ok(()),
            (_, Some(other)) => Err(moved(tag, &format!("the commit {other}")).into()),
            (true, None) => Err(moved(tag, "something that is no commit").into()),
            (false, None) => Err(otherwise),
        }
    }
}

impl Repository for GitHubRepository {
    async fn look(&self, ask: &Ask) -> Result<Look, Failure> {
        look::look(self.source(), &self.trees, ask).await
    }

    async fn file(&self, commit: &Commit, path: &str, limit: usize) -> Result<Option<String>, Failure> {
        #[derive(Deserialize)]
        struct Data {
            repository: Shown,
        }
        #[derive(Deserialize)]
        struct Shown {
            object: Option<Object>,
        }
        #[derive(Deserialize)]
        struct Object {
            oid: Option<String>,
            file: Option<Entry>,
        }
        #[derive(Deserialize)]
        struct Entry {
            mode: u32,
            object: Option<Blob>,
        }
        let file = format!("file(path: {}) {{ mode object {{ {BLOB} }} }}", quoted(path));
        let object = format!("object(oid: {}) {{ ... on Commit {{ oid {file} }} }}", quoted(commit.as_str()));
        let query = format!("{{ {} {{ {object} }} }}", repository(&self.name));
        let data: Data = self.client.query(&self.name, &query, "contents: read").await?;
        let object = data.repository.object.filter(|object| object.oid.is_some()).ok_or_else(|| unknown(commit))?;
        let plain = |entry: &Entry| Mode::of(entry.mode).is_some_and(Mode::is_file);
        let Some(blob) = object.file.filter(plain).and_then(|entry| entry.object) else { return Ok(None) };
        let shown = clean(path, 200);
        let body = self.client.content(&self.name, blob, limit).await?.ok_or_else(|| {
            let message = format!("`{shown}` at {commit} is longer than {limit} bytes");
            Refusal::new(Code::InputTooLarge, message).help("it is read whole: make it shorter")
        })?;
        let text = String::from_utf8(body).map_err(|_| {
            Refusal::new(Code::InputMissing, format!("`{shown}` at {commit} is no text")).help("save it as UTF-8")
        })?;
        Ok(Some(text))
    }

    async fn export(&self, commit: &Commit, watch: &Patterns, into: &Path) -> Result<(), Failure> {
        export::export(self.source(), &self.trees, commit, watch, into).await
    }

    async fn resolve(&self, revision: &str) -> Result<Commit, Failure> {
        let refusal = || {
            Refusal::new(
                Code::UnknownRevision,
                format!("`{}` names no commit of `{}`", clean(revision, 100), self.name),
            )
            .help("give a commit id, a branch or a tag that was pushed")
        };
        if revision.is_empty() || revision.starts_with('-') || revision.chars().any(char::is_control) {
            return Err(refusal().into());
        }
        Ok(refs::resolve(self.source(), revision).await?.ok_or_else(refusal)?)
    }

    /// Makes a lightweight tag: one request. GitHub compares before it writes, so of two who make the same tag one is told of the
    /// other's; and when the answer is lost, looking tells.
    async fn tag(&self, commit: &Commit, tag: &TagName) -> Result<(), Failure> {
        let body = json!({ "ref": format!("refs/tags/{tag}"), "sha": commit.as_str() });
        let ask = client::Ask::post(&self.name, format!("/repos/{}/git/refs", self.name), &body);
        let answer = match self.client.send(ask).await {
            Ok(answer) => answer,
            Err(lost @ Failure::Fault(_)) => return self.settle(commit, tag, lost).await,
            Err(refused) => return Err(refused),
        };
        match answer.status {
            StatusCode::CREATED => Ok(()),
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => {
                let words = failure::words(&answer);
                if words.to_lowercase().contains("object does not exist") {
                    return Err(unknown(commit).into());
                }
                let beside = format!("the tag `{tag}` cannot be beside those that are there: {words}");
                let beside = Refusal::new(Code::TagMoved, beside)
                    .help("choose another name: a tag's name cannot be the folder of another's, and rules may bar it");
                self.settle(commit, tag, beside.into()).await
            }
            _ => Err(failure::explain(&self.client.who(), "the right to make a tag", &answer, "contents: write")),
        }
    }
}

fn moved(tag: &TagName, on: &str) -> Refusal {
    Refusal::new(Code::TagMoved, format!("the tag `{tag}` is already on {on}"))
        .help("a promotion tag names one commit for ever: choose another name")
}
