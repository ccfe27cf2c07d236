//! What the function is told by its environment. Every name stands here once.

use crate::aws::Aws;
use crate::patience::Patience;

/// The event bus that deliveries go to: its name or its ARN.
pub const BUS: &str = "TRUNKLINE_BUS";

/// The secret in Secrets Manager that holds the webhook's secret as plain text: its name or its ARN.
///
/// While it is being changed, `AWSCURRENT` and `AWSPREVIOUS` are both good.
pub const SECRET_ID: &str = "TRUNKLINE_WEBHOOK_SECRET_ID";

/// The webhook's secret itself, where there is no Secrets Manager. Counts only without [`SECRET_ID`].
pub const SECRET: &str = "TRUNKLINE_WEBHOOK_SECRET";

/// The secret before [`SECRET`], while it is being changed.
pub const PREVIOUS_SECRET: &str = "TRUNKLINE_WEBHOOK_SECRET_PREVIOUS";

/// The bucket for bodies that are too large for the bus. Without it, bodies are not passed on, only the fields that are used.
pub const BUCKET: &str = "TRUNKLINE_BUCKET";

/// The largest event that is put on the bus, in bytes; default [`DEFAULT_BUS_LIMIT`].
pub const BUS_LIMIT: &str = "TRUNKLINE_BUS_LIMIT";

/// 240 KiB: an event on the bus may have 256 KB in some regions and 1 MB in others, and so may what stands behind the bus.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>
pub const DEFAULT_BUS_LIMIT: usize = 240 * 1024;

/// What the function is told.
pub struct Settings {
    /// Where AWS is, and who we are there.
    pub aws: Aws,
    /// See [`BUS`].
    pub bus: String,
    /// Where the webhook's secrets are.
    pub secrets: SecretsAt,
    /// See [`BUCKET`].
    pub bucket: Option<String>,
    /// See [`BUS_LIMIT`].
    pub bus_limit: usize,
    /// How long to try.
    pub patience: Patience,
    /// Where a line of the log goes.
    pub log: fn(&str),
}

/// Where the webhook's secrets are.
pub enum SecretsAt {
    /// In Secrets Manager, under this id.
    Manager(String),
    /// Here: the current one, and the one before it.
    Here(String, Option<String>),
}

/// A setting that is missing or makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum Unset {
    /// A variable that has to be there.
    #[error("`{0}` is not set; help: {1}")]
    Missing(&'static str, &'static str),
    /// A variable that is not what it should be.
    #[error("`{0}` is not {1}")]
    Odd(&'static str, &'static str),
}

impl Settings {
    /// Reads the settings by way of `variable`, which gives an environment variable's value.
    ///
    /// # Errors
    /// [`Unset`] for a variable that is missing or odd.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unset> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let missing = |name, help| move || Unset::Missing(name, help);
        let secrets = match given(SECRET_ID) {
            Some(id) => SecretsAt::Manager(id),
            None => SecretsAt::Here(
                given(SECRET).ok_or_else(missing(SECRET_ID, "name the secret in Secrets Manager"))?,
                given(PREVIOUS_SECRET),
            ),
        };
        let bus_limit = match given(BUS_LIMIT) {
            Some(limit) => limit.parse().map_err(|_| Unset::Odd(BUS_LIMIT, "a number of bytes"))?,
            None => DEFAULT_BUS_LIMIT,
        };
        Ok(Self {
            aws: Aws::read(&given)?,
            bus: given(BUS).ok_or_else(missing(BUS, "name the event bus that deliveries go to"))?,
            secrets,
            bucket: given(BUCKET),
            bus_limit,
            patience: Patience::default(),
            log: crate::log::print,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: (&str, &str) = ("AWS_REGION", "eu-west-1");
    const KEY: (&str, &str) = ("AWS_ACCESS_KEY_ID", "id");
    const KEY_SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "key");

    fn refusal(variables: &[(&str, &str)]) -> Option<String> {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(value).err().map(|error| error.to_string())
    }

    #[test]
    fn settings_that_are_missing_are_named() {
        let said = |variables: &[(&str, &str)]| refusal(variables).unwrap();
        assert!(said(&[]).starts_with("`TRUNKLINE_WEBHOOK_SECRET_ID` is not set; help: "));
        assert!(said(&[(SECRET, "s"), REGION, KEY, KEY_SECRET]).starts_with("`TRUNKLINE_BUS` is not set; help: "));
        assert!(said(&[(SECRET, ""), (BUS, "bus")]).contains(SECRET_ID), "an empty one is none");
        assert_eq!(refusal(&[(SECRET_ID, "s"), (BUS, "bus"), REGION, KEY, KEY_SECRET]), None);
    }

    #[test]
    fn a_limit_that_is_no_number_is_refused() {
        let said = refusal(&[(SECRET_ID, "s"), (BUS, "bus"), (BUS_LIMIT, "240K"), REGION, KEY, KEY_SECRET]);
        assert_eq!(said.unwrap(), "`TRUNKLINE_BUS_LIMIT` is not a number of bytes");
    }
}
