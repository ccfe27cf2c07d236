//! Files by the id that git gives their content: what GitHub sends is held to it.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use serde::Deserialize;
use trunkline_core::text::clean;
use trunkline_ports::failure::{Failure, Fault};

use crate::client::{Ask, Client, RAW};
use crate::graphql::{quoted, repository};
use crate::name::RepositoryName;

/// What is asked of a blob.
pub(crate) const BLOB: &str = "... on Blob { oid byteSize text isTruncated }";

/// How many files are asked for in one question.
const TOGETHER: usize = 50;

/// A file's content as GraphQL tells it: not at all when it is binary, and not whole when it is long.
/// All of it is empty when what was asked for is there, but no file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Blob {
    pub(crate) oid: String,
    byte_size: usize,
    text: Option<String>,
    is_truncated: bool,
}

/// The sum by which git knows a file's content, while it comes in.
pub(crate) struct Sum(Context);

impl Sum {
    /// Of a file of `size` bytes. Source: "object storage" in <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>
    pub(crate) fn new(size: u64) -> Self {
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        context.update(format!("blob {size}\0").as_bytes());
        Self(context)
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The id, if that was the content.
    pub(crate) fn id(self) -> String {
        let digest = self.0.finish();
        let digits = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
    }
}

/// The id of a file with this content.
pub(crate) fn id(content: &[u8]) -> String {
    let mut sum = Sum::new(content.len() as u64);
    sum.update(content);
    sum.id()
}

impl Blob {
    /// The content, when the text is all of it and unchanged: GitHub tells text in other encodings as UTF-8.
    fn content(self) -> Option<Vec<u8>> {
        let text = self.text.filter(|_| !self.is_truncated)?.into_bytes();
        (id(&text) == self.oid).then_some(text)
    }
}

impl Client {
    /// What a blob holds; nothing when that is more than `limit` bytes. What GraphQL does not tell rightly is fetched.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub(crate) async fn content(
        &self,
        name: &RepositoryName,
        blob: Blob,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if blob.byte_size > limit {
            return Ok(None);
        }
        let oid = blob.oid.clone();
        match blob.content() {
            Some(content) => Ok(Some(content)),
            None => self.raw(name, &oid, limit).await.map(Some),
        }
    }

    /// A file's own bytes.
    ///
    /// # Errors
    /// As [`send`](Self::send); a fault when they are not what the id stands for.
    pub(crate) async fn raw(&self, name: &RepositoryName, oid: &str, limit: usize) -> Result<Vec<u8>, Failure> {
        let path = format!("/repos/{name}/git/blobs/{oid}");
        let answer = self.send(Ask { accept: RAW, limit, ..Ask::get(name, path) }).await?;
        if answer.status != StatusCode::OK {
            return Err(crate::failure::explain(&self.who(), "a file", &answer, "contents: read"));
        }
        if id(&answer.body) != oid {
            return Err(Fault::passing(format!("GitHub sent other bytes than those of {}", clean(oid, 64))).into());
        }
        Ok(answer.body.to_vec())
    }

    /// Several files by their ids, in as few questions as possible; nothing for those of more than `limit` bytes.
    ///
    /// # Errors
    /// As [`send`](Self::send); a fault when one is not there.
    pub(crate) async fn contents(
        &self,
        name: &RepositoryName,
        ids: &BTreeSet<String>,
        limit: usize,
    ) -> Result<BTreeMap<String, Option<Vec<u8>>>, Failure> {
        #[derive(Deserialize)]
        struct Data {
            repository: BTreeMap<String, Option<Blob>>,
        }
        let ids: Vec<&String> = ids.iter().collect();
        let mut contents = BTreeMap::new();
        for some in ids.chunks(TOGETHER) {
            let fields = some
                .iter()
                .enumerate()
                .map(|(number, id)| format!("b{number}: object(oid: {}) {{ {BLOB} }}", quoted(id)));
            let query = format!("{{ {} {{ {} }} }}", repository(name), fields.collect::<Vec<_>>().join(" "));
            let data: Data = self.query(name, &query, "contents: read").await?;
            for blob in data.repository.into_values() {
                let file = blob.filter(|blob| !blob.oid.is_empty());
                let blob = file.ok_or_else(|| Fault::passing("GitHub has not got a file that a tree names"))?;
                let oid = blob.oid.clone();
                contents.insert(oid, self.content(name, blob, limit).await?);
            }
        }
        Ok(contents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_id_that_git_gives_it() {
        // `printf 'hello\n' | git hash-object --stdin`
        assert_eq!(id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn text_that_was_changed_on_the_way_is_not_the_content() {
        let blob = |text: &str, is_truncated| Blob {
            oid: "ce013625030ba8dba906f756967f9e9ca394464a".to_owned(),
            byte_size: 6,
            text: Some(text.to_owned()),
            is_truncated,
        };
        assert!(blob("hello\n", false).content().is_some());
        assert!(blob("hello\n", true).content().is_none());
        assert!(blob("hell\u{f6}\n", false).content().is_none());
    }
}
