//! Folders in memory, named by paths that lead nowhere on this machine.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The files of a folder: their text by path.
pub type Tree = BTreeMap<String, String>;

/// Folders that commits are exported into.
#[derive(Debug, Default)]
pub struct Folders {
    trees: RefCell<BTreeMap<PathBuf, Tree>>,
    count: Cell<u64>,
}

impl Folders {
    /// A new empty folder that is removed when it is dropped.
    pub fn scratch(this: &Rc<Self>) -> Scratch {
        this.count.set(this.count.get() + 1);
        let path = PathBuf::from(format!("memory:/scratch/{}", this.count.get()));
        this.trees.borrow_mut().insert(path.clone(), Tree::new());
        Scratch { folders: Rc::clone(this), path }
    }

    /// Puts a file into the folder that `path` is in; nothing when there is none.
    pub fn write(&self, path: &Path, text: &str) -> Option<()> {
        let mut trees = self.trees.borrow_mut();
        let (root, tree) = trees.iter_mut().find(|(root, _)| path.starts_with(root))?;
        let inside = path.strip_prefix(root).ok()?.to_str()?.to_owned();
        tree.insert(inside, text.to_owned());
        Some(())
    }

    /// The text of a file.
    pub fn file(&self, path: &Path) -> Option<String> {
        let trees = self.trees.borrow();
        let (root, tree) = trees.iter().find(|(root, _)| path.starts_with(root))?;
        tree.get(path.strip_prefix(root).ok()?.to_str()?).cloned()
    }

    /// All files below a folder, by their paths from there.
    pub fn tree(&self, path: &Path) -> Tree {
        let trees = self.trees.borrow();
        let Some((root, tree)) = trees.iter().find(|(root, _)| path.starts_with(root)) else { return Tree::new() };
        let Ok(inside) = path.strip_prefix(root) else { return Tree::new() };
        let below = |(file, text): (&String, &String)| {
            let file = Path::new(file).strip_prefix(inside).ok()?.to_str()?.to_owned();
            Some((file, text.clone()))
        };
        tree.iter().filter_map(below).collect()
    }
}

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    folders: Rc<Folders>,
    path: PathBuf,
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.folders.trees.borrow_mut().remove(&self.path);
    }
}
