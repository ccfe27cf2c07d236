//! Where a repository is: in the store, or on a registry.

use std::fmt;

use trunkline_core::refusal::{Code, Refusal};

/// A repository's place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A layout folder of the store.
    Store(String),
    /// A repository of a registry.
    Registry(Remote),
}

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Remote {
    /// The host, with the port if it has one.
    pub(crate) host: String,
    /// The repository's name there.
    pub(crate) repository: String,
}

impl Place {
    /// Reads a repository's name by Docker's rule: the first part is a host if it holds `.` or `:` or is `localhost`.
    ///
    /// # Errors
    /// [`Code::PolicyInvalid`] when it is no repository's name.
    /// Source: `splitDockerDomain` in <https://github.com/distribution/reference/blob/main/normalize.go>
    pub(crate) fn parse(repository: &str) -> Result<Self, Refusal> {
        let is_host = |first: &str| first.contains(['.', ':']) || first == "localhost";
        if let Some((host, rest)) = repository.split_once('/').filter(|(first, _)| is_host(first)) {
            check_host(host, repository)?;
            let official = host == "docker.io" && !rest.contains('/');
            let rest = if official { format!("library/{rest}") } else { rest.to_owned() };
            check_name(&rest, repository)?;
            return Ok(Self::Registry(Remote { host: host.to_owned(), repository: rest }));
        }
        check_name(repository, repository)?;
        if repository.split('/').any(|part| part == "blobs") {
            return Err(malformed(repository).help("a repository in the store cannot have a part named `blobs`"));
        }
        Ok(Self::Store(repository.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(repository) => write!(formatter, "the store's `{repository}`"),
            Self::Registry(remote) => write!(formatter, "`{remote}`"),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.repository)
    }
}

/// Source: `<name>` in <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>
fn check_name(name: &str, whole: &str) -> Result<(), Refusal> {
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
    let part = |part: &str| {
        let bytes = part.as_bytes();
        edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner) && !part.contains("..")
    };
    if name.len() <= 255 && name.split('/').all(part) {
        return Ok(());
    }
    Err(malformed(whole).help(
        "write `host/name` or, for the store, `name`: lowercase letters and digits, with `.`, `_`, `-` and `/` inside",
    ))
}

fn check_host(host: &str, whole: &str) -> Result<(), Refusal> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    if host.bytes().all(legal) && !host.starts_with([':', '.', '-']) {
        return Ok(());
    }
    Err(malformed(whole).help("a registry's host is a name or an address, with `:port` if it needs one"))
}

/// A repository without a registry, where the store keeps no images.
pub(crate) fn nowhere(repository: &str) -> Refusal {
    Refusal::new(
        Code::PolicyInvalid,
        format!("`{repository}` has no registry, and a store in a bucket keeps no images"),
    )
    .help(format!("give the image a registry: `registry.example/{repository}`"))
}

fn malformed(repository: &str) -> Refusal {
    Refusal::new(Code::PolicyInvalid, format!("`{}` is not a repository of images", repository.escape_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(repository: &str, expected: &str) {
        let shown = match Place::parse(repository) {
            Ok(place) => place.to_string(),
            Err(refusal) => refusal.code.to_string(),
        };
        assert_eq!(shown, expected, "{repository}");
    }

    #[test]
    fn the_first_part_is_a_host_by_dockers_rule() {
        check("shop/api", "the store's `shop/api`");
        check("api", "the store's `api`");
        check("localhost/api", "`localhost/api`");
        check("127.0.0.1:5000/shop/api", "`127.0.0.1:5000/shop/api`");
        check("registry.example/shop/api", "`registry.example/shop/api`");
        check("docker.io/debian", "`docker.io/library/debian`");
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_store() {
        for wrong in [
            "",
            "../api",
            "shop/../../api",
            "/etc",
            "shop//api",
            "Shop",
            "shop/blobs",
            "a b",
            "shop/.hidden",
            "registry.example/",
        ] {
            check(wrong, "policy-invalid");
        }
    }
}
