//! The proof that an edit did what it was to do: the tree before, the changes that were meant, the tree after.

use std::collections::BTreeMap;

use crate::tree::{Kind, Node, Tree};

/// What an edit means to change.
#[derive(Default)]
pub(crate) struct Intent {
    /// By node, its new value.
    pub(crate) values: BTreeMap<usize, String>,
    /// By map and the position of an entry, the entries that come right after it.
    pub(crate) added: BTreeMap<(usize, usize), Vec<(String, String)>>,
}

impl Intent {
    /// Whether `after` is `before` with these changes and nothing else.
    ///
    /// Values, quoting, anchors, tags, the notation of maps and the order of everything are compared.
    pub(crate) fn shows(&self, before: &Tree, after: &Tree) -> bool {
        before.documents.len() == after.documents.len()
            && before.documents.iter().zip(&after.documents).all(|(before, after)| self.same(before, after))
    }

    fn same(&self, before: &Node, after: &Node) -> bool {
        if before.anchor != after.anchor || before.tag != after.tag {
            return false;
        }
        match (&before.kind, &after.kind) {
            (Kind::Scalar(old, old_style), Kind::Scalar(new, style)) => match self.values.get(&before.id) {
                Some(value) => *value == **new && after.is_text(),
                None => old == new && old_style == style,
            },
            (Kind::Alias(old), Kind::Alias(new)) => old == new,
            (Kind::List(old), Kind::List(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.same(old, new))
            }
            (Kind::Map(old_style, old), Kind::Map(style, new)) => {
                old_style == style && self.same_entries(before.id, old, new)
            }
            _ => false,
        }
    }

    fn same_entries(&self, map: usize, old: &[(Node, Node)], new: &[(Node, Node)]) -> bool {
        let mut new = new.iter();
        for (position, (key, value)) in old.iter().enumerate() {
            let kept =
                new.next().is_some_and(|(new_key, new_value)| self.same(key, new_key) && self.same(value, new_value));
            let mut added = self.added.get(&(map, position)).into_iter().flatten();
            if !kept || !added.all(|(name, text)| new.next().is_some_and(|entry| is_new(entry, name, text))) {
                return false;
            }
        }
        new.next().is_none()
    }
}

/// Whether an entry is the one that was added.
fn is_new((key, value): &(Node, Node), name: &str, text: &str) -> bool {
    let bare = |node: &Node| node.anchor == 0 && node.tag.is_none();
    key.scalar() == Some(name) && value.scalar() == Some(text) && value.is_text() && bare(key) && bare(value)
}
