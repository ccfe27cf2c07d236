//! Names of repositories on GitHub.

use std::fmt;

/// `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepositoryName {
    owner: String,
    name: String,
}

impl RepositoryName {
    /// Reads `owner/name`, or an address on GitHub; nothing when it is neither, such as a path on this machine.
    pub fn read(text: &str) -> Option<Self> {
        let hosts = ["https://github.com/", "ssh://git@github.com/", "git@github.com:"];
        let short = hosts.iter().find_map(|host| text.strip_prefix(host)).map(|rest| rest.trim_end_matches('/'));
        let short = short.map_or(text, |rest| rest.strip_suffix(".git").unwrap_or(rest));
        let (owner, name) = short.split_once('/')?;
        let plain = |part: &str| {
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            !part.is_empty() && part.len() <= 100 && part.bytes().all(legal) && part.bytes().any(|byte| byte != b'.')
        };
        (plain(owner) && plain(name)).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Whose it is: a person or an organization.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name among the owner's.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_each_form_that_people_write() {
        for text in [
            "acme/shop.site",
            "https://github.com/acme/shop.site",
            "https://github.com/acme/shop.site.git",
            "git@github.com:acme/shop.site.git",
            "ssh://git@github.com/acme/shop.site.git",
            "https://github.com/acme/shop.site/",
        ] {
            assert_eq!(
                RepositoryName::read(text).map(|name| name.to_string()).as_deref(),
                Some("acme/shop.site"),
                "{text}"
            );
        }
    }

    #[test]
    fn paths_and_other_hosts_are_no_names() {
        for text in [
            "",
            "acme",
            "../manifests",
            "./a/b",
            "a/b/c",
            "/srv/a",
            "https://host.example/a/b",
            "host:a/b",
            "a/..",
            "a b/c",
            "a/b?c",
            "acme/",
        ] {
            assert_eq!(RepositoryName::read(text), None, "{text}");
        }
    }
}
