//! `WWW-Authenticate`: what a registry wants to see. Source: RFC 9110 §11.6.1, RFC 6750 §3,
//! <https://distribution.github.io/distribution/spec/auth/token/>

use std::collections::BTreeMap;

/// What a registry wants to see.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token from the service at `realm`.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

/// Reads one header's value; of several challenges the bearer's counts, since it is the narrower right.
pub(super) fn read(value: &str) -> Option<Challenge> {
    let mut found = None;
    for (scheme, words) in challenges(value) {
        match (scheme.to_ascii_lowercase().as_str(), words.get("realm")) {
            ("bearer", Some(realm)) => {
                return Some(Challenge::Bearer {
                    realm: realm.clone(),
                    service: words.get("service").cloned(),
                    scope: words.get("scope").cloned(),
                });
            }
            ("basic", _) => found = Some(Challenge::Basic),
            _ => {}
        }
    }
    found
}

/// Splits a value into schemes and their parameters. A word that no `=` follows begins a new scheme.
fn challenges(value: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut list: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut rest = value.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let end = rest.find([' ', '=', ',']).unwrap_or(rest.len());
        let word = &rest[..end];
        let after = rest[end..].trim_start();
        if let Some(text) = after.strip_prefix('=').filter(|_| !list.is_empty()) {
            let (parameter, left) = parameter(text.trim_start());
            if let Some((_, words)) = list.last_mut() {
                words.insert(word.to_ascii_lowercase(), parameter);
            }
            rest = left;
        } else {
            list.push((word.to_owned(), BTreeMap::new()));
            rest = after.trim_start_matches('=');
        }
        rest = rest.trim_start_matches([' ', ',']);
    }
    list
}

/// A token or quoted string, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut read = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (read, &quoted[at + 1..]),
            '\\' => read.extend(chars.next().map(|(_, escaped)| escaped)),
            other => read.push(other),
        }
    }
    (read, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let (service, scope) = (service.map(str::to_owned), scope.map(str::to_owned));
        Challenge::Bearer { realm: realm.to_owned(), service, scope }
    }

    #[test]
    fn a_bearer_challenge_names_its_token_service() {
        let value =
            r#"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#;
        assert_eq!(
            read(value),
            Some(bearer("https://auth.example/token", Some("registry.example"), Some("repository:a/b:pull,push")))
        );
        assert_eq!(read("bearer realm=http://x/t , service = y"), Some(bearer("http://x/t", Some("y"), None)));
        assert_eq!(read(r#"Bearer realm="a\"b"#), Some(bearer("a\"b", None, None)));
    }

    #[test]
    fn a_basic_challenge_is_taken_when_there_is_no_other() {
        assert_eq!(read(r#"Basic realm="x""#), Some(Challenge::Basic));
        assert_eq!(read(r#"Basic realm="x", Bearer realm="y""#), Some(bearer("y", None, None)));
    }

    #[test]
    fn nonsense_is_no_challenge() {
        for wrong in ["", "=", ",,,", "Negotiate", "realm=\"x\"", "Bearer", "\u{e4}=\u{e4}"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
