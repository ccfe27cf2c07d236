//! Names of image repositories.

/// The longest name that clients take, in characters.
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>
const LONGEST: usize = 255;

/// Checks the name of an image repository, with a registry's host or without.
///
/// The first part is a host when it has a `.` or a `:` or is `localhost`; the rule is Docker's.
///
/// # Errors
/// What is wrong with it, to be said after the name, and help.
pub(super) fn repository(name: &str) -> Result<(), (&'static str, &'static str)> {
    const HELP: &str = "write it as `registry.example/shop/api` or, to keep it in the store, `shop/api`";
    if name.contains('@') {
        return Err(("names one image by its digest", "name the repository alone"));
    }
    let (host, path) = split(name);
    if path.rsplit('/').next().is_some_and(|last| last.contains(':')) {
        return Err(("has a tag", "name the repository alone: tags and digests are Trunkline's to give"));
    }
    if host.is_some_and(|host| !is_host(host)) {
        return Err(("starts with something that is no registry's host", HELP));
    }
    if path.contains(|char: char| char.is_ascii_uppercase()) {
        return Err(("has capital letters", "registries take lowercase letters only"));
    }
    if name.len() > LONGEST || !path.split('/').all(is_part) {
        return Err(("is not the name of an image repository", HELP));
    }
    Ok(())
}

/// Whether a repository's name has a registry's host: without one, the image is kept in the store.
pub(super) fn has_host(name: &str) -> bool {
    split(name).0.is_some()
}

fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
        _ => (None, name),
    }
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    name.split('.').all(label) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Words of lowercase letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_part(part: &str) -> bool {
    let word = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let between = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    part.starts_with(word) && part.ends_with(word) && part.split(word).filter(|text| !text.is_empty()).all(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_what_registries_take() {
        for right in [
            "api",
            "shop/api",
            "localhost/api",
            "localhost:5000/a/b",
            "registry.example/shop/api-2.x__y",
            "a---b",
            "R.example/a",
        ] {
            assert_eq!(repository(right), Ok(()), "{right}");
        }
        for wrong in [
            "",
            "/",
            "a//b",
            "a/",
            "Shop/api",
            "a b",
            "a:1",
            "r.example:x/a",
            "r.example/",
            ".r/a",
            "a._b",
            "a@sha256:1",
            "-a",
        ] {
            assert!(repository(wrong).is_err(), "{wrong}");
        }
    }
}
