//! What the functions are told by their environment. Every name stands here, or beside what it is for, once.

use std::collections::BTreeMap;

use trunkline_core::pattern::{Pattern, chosen};
use trunkline_core::policy::Store;
use trunkline_core::refusal::{Code, Refusal};

use crate::kind::Kind;

/// The store: `s3://bucket/prefix`.
pub const STORE: &str = "TRUNKLINE_STORE";

/// The KMS key that encrypts what goes to the store; without it, the bucket's own setting holds.
pub const KEY_ID: &str = "TRUNKLINE_KMS_KEY_ID";

/// The event bus that whoever wants to know is told on: its name or its ARN.
pub const BUS: &str = "TRUNKLINE_BUS";

/// Whose deliveries are heeded: patterns of `owner/name`, separated by commas, as GitHub reads patterns.
pub const REPOSITORIES: &str = "TRUNKLINE_REPOSITORIES";

/// The GitHub App's number. Without it, `GITHUB_TOKEN` is used.
pub const APP_ID: &str = "TRUNKLINE_GITHUB_APP_ID";

/// The secret in Secrets Manager that holds the App's private key, as PEM: its name or its ARN.
pub const APP_KEY: &str = "TRUNKLINE_GITHUB_KEY_SECRET_ID";

/// What the functions are told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// See [`STORE`]: the bucket and the prefix.
    pub store: (String, String),
    /// See [`KEY_ID`].
    pub key_id: Option<String>,
    /// See [`BUS`].
    pub bus: String,
    /// The queues' addresses: of all kinds of work.
    pub queues: BTreeMap<Kind, String>,
    /// See [`REPOSITORIES`].
    pub repositories: Vec<Pattern>,
    /// See [`APP_ID`] and [`APP_KEY`].
    pub app: Option<(u64, String)>,
}

/// A setting that is missing or makes no sense.
pub type Unset = Refusal;

impl Settings {
    /// Reads the settings by way of `variable`, which gives an environment variable's value.
    ///
    /// # Errors
    /// [`Unset`] for a variable that is missing or odd.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unset> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let wanted = |name: &str, help: &str| given(name).ok_or_else(|| unset(name, "is not set", help));
        let store = wanted(STORE, "name the bucket: `s3://bucket/prefix`")?;
        let Store::Bucket { name, prefix } = Store::try_from(store)? else {
            return Err(unset(STORE, "is no bucket", "write `s3://bucket/prefix`"));
        };
        let mut queues = BTreeMap::new();
        for kind in Kind::ALL {
            queues.insert(kind, wanted(kind.variable(), "give the queue's address")?);
        }
        let repositories = wanted(REPOSITORIES, "name whose deliveries are heeded: `acme/*`")?;
        let patterns = repositories.split(',').map(|text| Pattern::try_from(text.trim().to_owned()));
        let app = match given(APP_ID) {
            Some(id) => {
                let id = id.parse().map_err(|_| unset(APP_ID, "is no number", "give the App's number"))?;
                Some((id, wanted(APP_KEY, "name the secret that holds the App's private key")?))
            }
            None => None,
        };
        Ok(Self {
            store: (name, prefix),
            key_id: given(KEY_ID),
            bus: wanted(BUS, "name the event bus")?,
            queues,
            repositories: patterns.collect::<Result<_, _>>()?,
            app,
        })
    }

    /// Whether the deliveries of a repository are heeded.
    pub fn heeds(&self, repository: &str) -> bool {
        chosen(&self.repositories, repository)
    }
}

fn unset(name: &str, what: &str, help: &str) -> Refusal {
    Refusal::new(Code::PolicyInvalid, format!("`{name}` {what}")).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changed: &[(&str, &str)]) -> Result<Settings, Unset> {
        let variable = |name: &str| {
            let changed = changed.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            changed.or_else(|| match name {
                STORE => Some("s3://acme-artifacts/shop".to_owned()),
                REPOSITORIES => Some("acme/*, !acme/private".to_owned()),
                APP_ID | APP_KEY | KEY_ID => None,
                _ => Some(name.to_lowercase()),
            })
        };
        Settings::read(variable)
    }

    #[test]
    fn what_is_missing_or_odd_is_named_with_a_way_out() {
        let said = |name, value| read(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(said(STORE, ""), "`TRUNKLINE_STORE` is not set\nhelp: name the bucket: `s3://bucket/prefix`");
        assert!(said(STORE, "store").starts_with("`TRUNKLINE_STORE` is no bucket"));
        assert!(said("TRUNKLINE_QUEUE_DEPLOY", "").starts_with("`TRUNKLINE_QUEUE_DEPLOY` is not set"));
        assert!(said(APP_ID, "7").starts_with("`TRUNKLINE_GITHUB_KEY_SECRET_ID` is not set"));
        assert!(said(APP_ID, "seven").starts_with("`TRUNKLINE_GITHUB_APP_ID` is no number"));
    }

    #[test]
    fn repositories_are_heeded_by_githubs_own_patterns() {
        let settings = read(&[]).unwrap();
        assert!(settings.heeds("acme/shop"));
        assert!(!settings.heeds("acme/private"));
        assert!(!settings.heeds("other/shop"));
    }
}
