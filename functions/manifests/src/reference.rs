//! Image references: `repository[:tag][@digest]`.

use trunkline_core::ids::Digest;

/// A reference, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'t> {
    pub(crate) repository: &'t str,
    pub(crate) tag: Option<&'t str>,
    pub(crate) digest: Option<&'t str>,
}

impl<'t> Reference<'t> {
    /// Takes any text apart; whether the parts are legal is another question.
    ///
    /// A colon before the last slash belongs to the registry's port.
    pub(crate) fn split(text: &'t str) -> Self {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => Self { repository, tag: Some(tag), digest },
            _ => Self { repository: name, tag: None, digest },
        }
    }

    /// The digest, when it is one we know.
    pub(crate) fn checked_digest(&self) -> Option<Digest> {
        self.digest?.parse().ok()
    }
}

/// A reference as it is written: the tag is for people, the digest decides.
pub(crate) fn join(repository: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let tag = tag.map_or_else(String::new, |tag| format!(":{tag}"));
    let digest = digest.map_or_else(String::new, |digest| format!("@{digest}"));
    format!("{repository}{tag}{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_not_a_tag() {
        let parts = |text| {
            let Reference { repository, tag, digest } = Reference::split(text);
            (repository, tag, digest)
        };
        assert_eq!(parts("localhost:5000/shop/api"), ("localhost:5000/shop/api", None, None));
        assert_eq!(parts("localhost:5000/shop/api:v1"), ("localhost:5000/shop/api", Some("v1"), None));
        assert_eq!(parts("shop/api@sha256:00"), ("shop/api", None, Some("sha256:00")));
        assert_eq!(parts("shop/api:v1@sha256:00"), ("shop/api", Some("v1"), Some("sha256:00")));
    }
}
