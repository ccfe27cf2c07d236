//! Who asks, and where the repository comes from: what git and the environment say.

use std::path::Path;
use std::process::{Command, Stdio};

/// The variable in which GitHub says who started a run.
/// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>
const ACTOR: &str = "GITHUB_ACTOR";

/// The longest name that is kept, in characters.
const LONGEST: usize = 100;

/// Who asks: as told, else as GitHub says, else git's `user.name`, else the login.
pub(crate) fn name(told: Option<&str>, root: &Path) -> String {
    let variable = |name: &str| std::env::var(name).ok();
    let found = told
        .and_then(clean)
        .or_else(|| clean(&variable(ACTOR)?))
        .or_else(|| clean(&git_config(root, "user.name")?))
        .or_else(|| clean(&variable("USER").or_else(|| variable("LOGNAME"))?));
    found.unwrap_or_else(|| "somebody".to_owned())
}

fn clean(text: &str) -> Option<String> {
    let text: String = text.trim().chars().filter(|char| !char.is_control()).take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

/// The address of the repository's `origin`, in the one form that all clones share: `https://host/path`.
///
/// Images are labelled with it. A path on this machine says nothing elsewhere, so it is left out.
pub(crate) fn source(root: &Path) -> Option<String> {
    address(&git_config(root, "remote.origin.url")?)
}

fn address(url: &str) -> Option<String> {
    let rest = match url.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => rest.to_owned(),
        Some(_) => return None,
        // `git@host:path`; a single letter in front is a drive.
        None => {
            let (host, path) = url.split_once(':')?;
            if host.len() < 2 || host.contains('/') {
                return None;
            }
            format!("{host}/{}", path.trim_start_matches('/'))
        }
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    (!host.is_empty() && !path.is_empty()).then(|| format!("https://{host}/{path}"))
}

/// A value of git's configuration at `root`; nothing when there is none, or no git.
fn git_config(root: &Path, key: &str) -> Option<String> {
    let mut git = Command::new("git");
    for foreign in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"] {
        git.env_remove(foreign);
    }
    let output = git.arg("-C").arg(root).args(["config", "--get", key]).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_names_the_repository_alike() {
        let expected = Some("https://github.com/acme/shop".to_owned());
        for url in [
            "https://github.com/acme/shop",
            "https://bot:secret@github.com/acme/shop.git",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com/acme/shop.git/",
        ] {
            assert_eq!(address(url), expected, "{url}");
        }
        for local in ["/srv/shop.git", "../shop", "file:///srv/shop.git", "C:\\shop"] {
            assert_eq!(address(local), None, "{local}");
        }
    }

    #[test]
    fn a_name_cannot_break_a_line() {
        assert_eq!(clean("  Ada\nLovelace ").as_deref(), Some("AdaLovelace"));
        assert_eq!(clean(" \t "), None);
    }
}
