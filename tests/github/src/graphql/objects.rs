//! Refs, the four kinds of objects behind them, and entries of trees.

use std::cell::OnceCell;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};

use super::connection::{History, Parents};
use super::root::{arguments, error, text};
use crate::git::{Commit, Git, Person};

/// How much of a file's text is told, in bytes. GitHub cuts too; it does not say where.
const MAX_TEXT: usize = 512_000;

/// A branch or a tag.
pub(crate) struct Ref<'s> {
    git: &'s Git,
    full: String,
    oid: String,
    kind: String,
    prefix: String,
}

impl<'s> Ref<'s> {
    pub(crate) fn new(git: &'s Git, (full, oid, kind): (String, String, String), prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { full.split_inclusive('/').take(2).collect() } else { prefix.to_owned() };
        Self { git, full, oid, kind, prefix }
    }
}

impl ObjectValue for Ref<'_> {
    fn type_name(&self) -> &'static str {
        "Ref"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "name" => Ok(ResolvedValue::leaf(self.full.strip_prefix(&self.prefix).unwrap_or(&self.full))),
            "prefix" => Ok(ResolvedValue::leaf(self.prefix.as_str())),
            "target" => Ok(ResolvedValue::object(Object {
                git: self.git,
                oid: self.oid.clone(),
                kind: self.kind.clone(),
                commit: OnceCell::new(),
            })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// A git object of any kind.
pub(crate) struct Object<'s> {
    git: &'s Git,
    oid: String,
    kind: String,
    commit: OnceCell<Commit>,
}

impl<'s> Object<'s> {
    pub(crate) fn new(git: &'s Git, oid: String) -> Self {
        let kind = git.kind(&oid).unwrap_or_default();
        Self { git, oid, kind, commit: OnceCell::new() }
    }

    pub(crate) fn of_commit(git: &'s Git, commit: Commit) -> Self {
        Self { git, oid: commit.oid.clone(), kind: "commit".to_owned(), commit: commit.into() }
    }

    fn commit(&self) -> Result<&Commit, FieldError> {
        if self.commit.get().is_none() {
            let read = self.git.log(&[&self.oid], 0, 1).pop().ok_or_else(|| error("a commit cannot be read"))?;
            drop(self.commit.set(read));
        }
        self.commit.get().ok_or_else(|| error("a commit cannot be read"))
    }

    fn of_a_commit<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let commit = self.commit()?;
        match info.field_name() {
            "message" => Ok(ResolvedValue::leaf(commit.message.as_str())),
            "committedDate" => Ok(ResolvedValue::leaf(commit.committer.date.as_str())),
            "author" => Ok(ResolvedValue::object(Actor(commit.author.clone()))),
            "tree" => Ok(ResolvedValue::object(Object::new(self.git, commit.tree.clone()))),
            "parents" => Ok(ResolvedValue::object(Parents::new(self.git, &commit.parents, &arguments(info))?)),
            "history" => Ok(ResolvedValue::object(History::new(self.git, &self.oid, &arguments(info))?)),
            "file" => {
                let given = arguments(info);
                Ok(ResolvedValue::nullable_object(Entry::find(self.git, &self.oid, text(&given["path"]))))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }

    fn of_a_tag<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let body = self.git.text(&["cat-file", "-p", &self.oid]).unwrap_or_default();
        let header = |name: &str| body.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        match info.field_name() {
            "target" => {
                let oid = header("object ").ok_or_else(|| error("a tag without an object"))?;
                Ok(ResolvedValue::object(Object::new(self.git, oid)))
            }
            "tagger" => Ok(ResolvedValue::nullable_object(header("tagger ").and_then(|line| {
                let (name, rest) = line.split_once(" <")?;
                let (email, _) = rest.split_once('>')?;
                Some(Actor(Person { name: name.to_owned(), email: email.to_owned(), date: String::new() }))
            }))),
            _ => Err(self.unknown_field_error(info)),
        }
    }

    fn of_a_blob<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let body = self.git.ask(&["cat-file", "blob", &self.oid]).unwrap_or_default();
        let plain = std::str::from_utf8(&body).ok().filter(|text| !text.contains('\0'));
        match info.field_name() {
            "byteSize" => Ok(ResolvedValue::leaf(body.len())),
            "isBinary" => Ok(ResolvedValue::leaf(plain.is_none())),
            "isTruncated" => Ok(ResolvedValue::leaf(body.len() > MAX_TEXT)),
            "text" => {
                let cut = plain.map(|text| &text[..text.floor_char_boundary(MAX_TEXT)]);
                Ok(cut.map_or_else(ResolvedValue::null, ResolvedValue::leaf))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        match self.kind.as_str() {
            "commit" => "Commit",
            "tag" => "Tag",
            "tree" => "Tree",
            _ => "Blob",
        }
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match (info.field_name(), self.kind.as_str()) {
            ("oid", _) => Ok(ResolvedValue::leaf(self.oid.as_str())),
            (_, "commit") => self.of_a_commit(info),
            (_, "tag") => self.of_a_tag(info),
            (_, "blob") => self.of_a_blob(info),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// Who made a commit or a tag.
struct Actor(Person);

impl ObjectValue for Actor {
    fn type_name(&self) -> &'static str {
        "GitActor"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "name" => Ok(ResolvedValue::leaf(self.0.name.as_str())),
            "email" => Ok(ResolvedValue::leaf(self.0.email.as_str())),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// A file or folder of a commit.
struct Entry<'s> {
    git: &'s Git,
    mode: u32,
    kind: String,
    oid: String,
}

impl<'s> Entry<'s> {
    fn find(git: &'s Git, commit: &str, path: &str) -> Option<Self> {
        let line = git.text(&["ls-tree", "-z", commit, "--", path])?;
        let (head, found) = line.trim_end_matches('\0').split_once('\t')?;
        let mut words = head.split(' ');
        let mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let (kind, oid) = (words.next()?.to_owned(), words.next()?.to_owned());
        (found == path).then_some(Self { git, mode, kind, oid })
    }
}

impl ObjectValue for Entry<'_> {
    fn type_name(&self) -> &'static str {
        "TreeEntry"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "mode" => Ok(ResolvedValue::leaf(self.mode)),
            "type" => Ok(ResolvedValue::leaf(self.kind.as_str())),
            "oid" => Ok(ResolvedValue::leaf(self.oid.as_str())),
            // A submodule's commit is in another repository.
            "object" if self.kind == "commit" => Ok(ResolvedValue::null()),
            "object" => Ok(ResolvedValue::object(Object::new(self.git, self.oid.clone()))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
