//! A chat that takes notices by an incoming webhook, as Slack, Mattermost and many others do.
//!
//! Source of the form: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use serde_json::json;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};

use crate::checks;

/// An incoming webhook. Its address is all that it takes to write there, so it cannot be shown.
pub struct Hook {
    client: Client,
    address: Url,
}

impl Hook {
    /// The webhook at this address.
    ///
    /// # Errors
    /// A refusal when it is no address, or would be reached without TLS on another machine.
    pub fn new(address: &str) -> Result<Self, Failure> {
        let here = |url: &Url| matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        let safe = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && here(url));
        let address = Url::parse(address.trim()).ok().filter(|url| url.has_host() && safe(url)).ok_or_else(|| {
            Refusal::new(Code::PolicyInvalid, "the webhook's address is none that can be written to")
                .help("put the whole address there, `https://…`, and nothing else")
        })?;
        Ok(Self { client: checks::client()?, address })
    }

    /// Writes there.
    ///
    /// # Errors
    /// A refusal when it is not taken as it is, a fault when nobody answers. Neither shows the address.
    pub async fn post(&self, text: &str) -> Result<(), Failure> {
        let body = json!({ "text": text }).to_string();
        let sent =
            self.client.post(self.address.clone()).header(CONTENT_TYPE, "application/json").body(body).send().await;
        let answer = sent.map_err(|_| Fault::passing("the webhook of the chat does not answer"))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status @ (408 | 429 | 500..) => {
                Err(Fault::passing(format!("the webhook of the chat answers {status}")).into())
            }
            status => Err(Refusal::new(Code::PolicyInvalid, format!("the webhook of the chat answers {status}"))
                .help("is it still there? put a new one's address into its secret")
                .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_tls_is_refused_and_never_shown() {
        for address in ["", "hooks", "http://chat.example/secret", "ftp://chat.example/secret"] {
            let Err(failure) = Hook::new(address) else { panic!("{address} is taken") };
            assert!(!failure.to_string().contains("secret"), "{failure}");
        }
        assert!(Hook::new("https://chat.example/secret\n").is_ok());
    }
}
