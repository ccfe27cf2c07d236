//! Whether symbolic links stay inside a folder, told without touching a disk.
//!
//! A link's own text is not enough: `x/y -> ..` and `z -> x/y/..` each look harmless, and together they lead out. So every
//! link is followed as the system would, through the other links.

use std::collections::BTreeMap;

/// How many links one path may go through. Source: `MAXSYMLINKS` in
/// <https://man7.org/linux/man-pages/man7/path_resolution.7.html>
const MAX_FOLLOWED: usize = 40;

/// Links by path, with what each says; paths have `/` between their parts.
#[derive(Clone, Debug, Default)]
pub struct Links(BTreeMap<Vec<u8>, Vec<u8>>);

impl Links {
    /// Adds a link, with what it says.
    pub fn insert(&mut self, path: Vec<u8>, target: Vec<u8>) {
        self.0.insert(path, target);
    }

    /// All links, by path.
    pub fn into_sorted(self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        self.0.into_iter()
    }

    /// Whether the link at `path` leads out of the folder that all paths are relative to. One that leads nowhere does not.
    pub fn leads_out(&self, path: &[u8]) -> bool {
        let mut ahead: Vec<Vec<u8>> = parts(path);
        let mut here: Vec<Vec<u8>> = Vec::new();
        let mut followed = 0;
        while let Some(part) = ahead.pop() {
            if part == b".." {
                if here.pop().is_none() {
                    return true;
                }
                continue;
            }
            here.push(part);
            let Some(target) = self.0.get(&here.join(&b'/')) else { continue };
            if target.first() == Some(&b'/') {
                return true;
            }
            followed += 1;
            if followed > MAX_FOLLOWED {
                return false;
            }
            here.pop();
            ahead.extend(parts(target));
        }
        false
    }
}

/// The parts of a path, last first.
fn parts(path: &[u8]) -> Vec<Vec<u8>> {
    let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    let mut parts: Vec<Vec<u8>> = parts.map(<[u8]>::to_vec).collect();
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::Links;

    #[track_caller]
    fn leads_out(links: &[(&str, &str)], path: &str) -> bool {
        let mut all = Links::default();
        for (path, target) in links {
            all.insert(path.as_bytes().to_vec(), target.as_bytes().to_vec());
        }
        all.leads_out(path.as_bytes())
    }

    #[test]
    fn a_link_is_followed_through_other_links() {
        assert!(leads_out(&[("a", "/etc")], "a"));
        assert!(leads_out(&[("a", "..")], "a"));
        assert!(leads_out(&[("a/b", "../../c")], "a/b"));
        assert!(!leads_out(&[("a/b", "../c")], "a/b"));
        assert!(!leads_out(&[("a", "gone/./x/..")], "a"));
        assert!(leads_out(&[("x/y", ".."), ("z", "x/y/..")], "z"));
        assert!(!leads_out(&[("x/y", ".."), ("z", "x/y/..")], "x/y"));
        assert!(!leads_out(&[("a", "b"), ("b", "a")], "a"));
    }
}
