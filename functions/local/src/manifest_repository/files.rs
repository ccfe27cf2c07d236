//! The manifests that a unit's pieces are in, as they are at a commit.

use std::collections::HashMap;

use trunkline_core::deployment::{Piece, Unit};
use trunkline_core::ids::Commit;
use trunkline_manifests::{Candidates, MAX_BYTES, Spot, readable};
use trunkline_ports::failure::{Failure, Fault};

use super::address::Address;
use super::cache::Cache;
use crate::git::commit;
use crate::git::objects::{MAX_OBJECT, Objects};
use crate::git::tree::{Entry, Mode, Trees};

/// Files of a manifest repository.
#[derive(Debug)]
pub(crate) struct Files {
    cache: Cache,
    trees: Trees,
}

impl Files {
    /// The files of a cache, read by a conversation with it.
    pub(crate) fn new(cache: Cache, objects: Objects) -> Self {
        Self { cache, trees: Trees::new(objects) }
    }

    /// The cache that they are in.
    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Each piece of a unit with its file, as it is at `commit`.
    ///
    /// # Errors
    /// As [`Candidates::choose`] and [`readable`].
    pub(crate) async fn spots<'a>(&mut self, commit: &Commit, unit: &'a Unit) -> Result<Vec<Spot<'a>>, Failure> {
        let object = self.trees.objects.get(commit.as_str(), MAX_OBJECT).await?;
        let said = object.and_then(|object| object.body).and_then(|body| commit::read(&body));
        let root = said.ok_or_else(|| Fault::passing(format!("the commit {commit} was not fetched")))?.tree;
        let mut entries = Vec::new();
        for piece in &unit.pieces {
            entries.push((piece, self.locate(&root, piece).await?));
        }
        let texts = self.texts(entries.iter().map(|(_, entry)| entry.id.clone()).collect()).await?;
        let spot = |(piece, entry): (&'a Piece, Entry)| {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            let text = readable(&path, texts.get(&entry.id).cloned().flatten())?;
            Ok(Spot { piece, path, executable: entry.mode == Mode::Executable, id: entry.id, text })
        };
        entries.into_iter().map(spot).collect()
    }

    /// The file that a piece is in; `path` of the entry is the whole path.
    async fn locate(&mut self, root: &str, piece: &Piece) -> Result<Entry, Failure> {
        let elsewhere = || Fault::lasting(format!("`{}` is not deployed to a manifest", piece.artifact));
        let candidates = Candidates::of(piece).ok_or_else(elsewhere)?;
        let mut found = Vec::new();
        for path in &candidates.files {
            if let Some(entry) = self.trees.find(root, path).await?.filter(|entry| entry.mode != Mode::Folder) {
                let plain = entry.mode.is_file();
                found.push((Entry { path: path.clone().into_bytes(), ..entry }, plain));
            }
        }
        let Address { branch, shown, .. } = &self.cache.address;
        Ok(candidates.choose(found, &format!("branch `{branch}` of `{shown}`"))?)
    }

    /// The content of files by id, nothing for one that is too long. What was not fetched yet is fetched at once.
    async fn texts(&mut self, ids: Vec<String>) -> Result<HashMap<String, Option<Vec<u8>>>, Failure> {
        let mut texts = HashMap::new();
        let mut missing = Vec::new();
        for id in ids {
            match self.trees.objects.get(&id, MAX_BYTES).await? {
                Some(object) => drop(texts.insert(id, object.body)),
                None => missing.push(id),
            }
        }
        if missing.is_empty() {
            return Ok(texts);
        }
        self.cache.bring_objects(&missing).await?;
        for id in missing {
            let object = self.trees.objects.get(&id, MAX_BYTES).await?;
            let object = object.ok_or_else(|| Fault::passing(format!("the object {id} was not fetched")))?;
            texts.insert(id, object.body);
        }
        Ok(texts)
    }
}
