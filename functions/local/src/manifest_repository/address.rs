//! Where a manifest repository is, and which of its branches is meant.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use trunkline_core::ids::{Key, TagName};
use trunkline_core::refusal::{Code, Refusal};

use crate::git::failure::without_secrets;

/// A branch of a repository.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// What git is given: an absolute path or a URL.
    pub(crate) url: String,
    /// Where it is when it is on this machine, so that git itself starts what serves it.
    pub(crate) local: Option<PathBuf>,
    /// The branch, without `refs/heads/`.
    pub(crate) branch: String,
    /// The repository as people know it, without a token.
    pub(crate) shown: String,
}

impl Address {
    /// A path is relative to `root`; anything with `://`, or with a colon before the first slash, is a URL.
    ///
    /// # Errors
    /// A refusal when git would take neither, or would take it for something else.
    pub(crate) fn new(root: &Path, repository: &str, branch: &str) -> Result<Self, Refusal> {
        let shown = without_secrets(repository);
        let refusal = |message: String, help: &str| Refusal::new(Code::RepositoryUnusable, message).help(help);
        if repository.is_empty() || repository.contains("::") || repository.chars().any(char::is_control) {
            let help = "write a path, `https://…`, `ssh://…` or `host:path`";
            return Err(refusal(format!("`{}` is no repository", shown.escape_default()), help));
        }
        // Git has one rule for the names of branches and tags.
        if branch.parse::<TagName>().is_err() {
            let help = "write the branch's name without `refs/heads/`";
            return Err(refusal(format!("`{}` is no branch's name", branch.escape_default()), help));
        }
        let url = if is_url(repository) {
            repository.to_owned()
        } else {
            let path = root.join(repository);
            // Git takes an address as text; a path that is none could only be opened by luck.
            let path = path.canonicalize().unwrap_or(path);
            path.to_str().ok_or_else(|| refusal("the repository's path is not UTF-8".to_owned(), "move it"))?.to_owned()
        };
        // Git takes `%20` in a URL for a blank; such a path is left to it.
        let local = url.strip_prefix("file://").unwrap_or(&url);
        let local = (local.starts_with('/') && (local == url || !local.contains('%'))).then(|| local.into());
        Ok(Self { url, local, branch: branch.to_owned(), shown })
    }

    /// A name for the cache: the same for the same repository, whatever its branch.
    pub(crate) fn cache_name(&self) -> String {
        Key::from_sum(Sha256::digest(self.url.as_bytes()).into()).as_str()[..32].to_owned()
    }
}

/// Source: "GIT URLS" in <https://git-scm.com/docs/git-fetch>
fn is_url(repository: &str) -> bool {
    let scp = |(host, _): (&str, &str)| !host.contains('/') && !host.is_empty() && !host.starts_with('-');
    repository.contains("://") || repository.split_once(':').is_some_and(scp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn address(repository: &str) -> Address {
        Address::new(Path::new("/policy"), repository, "main").unwrap()
    }

    #[test]
    fn a_path_is_relative_to_the_policy_and_a_url_is_not() {
        assert_eq!(address("../manifests").url, "/policy/../manifests");
        assert_eq!(address("/srv/a:b").url, "/srv/a:b");
        assert_eq!(address("./a:b").url, "/policy/./a:b");
        for url in ["https://host.example/a.git", "git@host.example:a/b.git", "ssh://host.example/a", "file:///srv/a"] {
            let local = url.strip_prefix("file://").map(PathBuf::from);
            assert_eq!(address(url).local, local, "{url}");
            assert_eq!(address(url).url, url);
        }
    }

    #[test]
    fn what_would_run_a_command_or_be_an_option_is_refused() {
        for wrong in ["", "ext::sh -c id", "a\nb", "fd::3"] {
            assert!(Address::new(Path::new("/policy"), wrong, "main").is_err(), "{wrong:?}");
        }
        assert!(address("-oProxyCommand=x:y").local.is_some(), "an option is at most a path");
        for wrong in ["", "-x", "a..b", "a:b", "+main", "a b", "*"] {
            let branch = Address::new(Path::new("/policy"), "x", wrong);
            assert!(branch.is_err() || wrong == "+main", "{wrong:?}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(address("https://bot:s3cret@host.example/a").shown, "https://host.example/a");
    }
}
