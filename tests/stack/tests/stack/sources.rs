//! The sources, as far as they speak to the stack: the texts in quotes that name a variable or a permission.

use std::path::Path;

use crate::template::root;

/// A source, without its comments and its tests.
pub(crate) struct Source {
    /// Its path from the root, with `/`.
    pub(crate) file: String,
    /// Its code.
    pub(crate) code: String,
}

impl Source {
    /// Whatever stands between two quotes, inside a text or between two: what is sought has a form that no code has.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.code.lines().flat_map(|line| line.split('"').skip(1))
    }
}

/// Every source of `functions`.
pub(crate) fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for function in std::fs::read_dir(root().join("functions")).unwrap() {
        add(&function.unwrap().path().join("src"), &mut sources);
    }
    assert!(sources.len() > 100, "the sources are not where they are looked for");
    sources
}

fn add(folder: &Path, sources: &mut Vec<Source>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add(&path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split_once("#[cfg(test)]\nmod tests {").map_or(text.as_str(), |(code, _)| code);
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let file = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            sources.push(Source { file, code: code.join("\n") });
        }
    }
}
