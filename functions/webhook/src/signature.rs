//! Whether a delivery was signed with one of our secrets.
//!
//! Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What stands before the signature in its header.
const SCHEME: &str = "sha256=";

/// A webhook's secret. It can neither be printed nor read back: it can only check.
pub struct Secret(Hmac<Sha256>);

/// A secret without a character in it. Everybody knows that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook secret is empty")]
pub struct EmptySecret;

impl Secret {
    /// Takes a secret as it was given to GitHub, byte for byte.
    ///
    /// # Errors
    /// [`EmptySecret`] for text that is empty or blank: with an empty key anybody can sign.
    pub fn new(text: &str) -> Result<Self, EmptySecret> {
        if text.trim().is_empty() {
            return Err(EmptySecret);
        }
        // A key for HMAC may have any length.
        Hmac::new_from_slice(text.as_bytes()).map(Self).map_err(|_| EmptySecret)
    }

    /// Whether `signature` is this secret's for `body`. Takes the same time wherever they differ.
    fn signed(&self, body: &[u8], signature: &[u8; 32]) -> bool {
        let mut mac = self.0.clone();
        mac.update(body);
        mac.verify_slice(signature).is_ok()
    }
}

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// The delivery has no signature.
    #[error("the delivery has no `X-Hub-Signature-256`: does the webhook have a secret?")]
    Missing,
    /// The header is not `sha256=` and 64 hex digits. The old scheme, `sha1=`, is such a one.
    #[error("the signature is not `sha256=` and 64 hex digits")]
    Malformed,
    /// It was made with another secret, or for other bytes.
    #[error("the signature does not fit the body and the webhook's secret")]
    Wrong,
}

/// Checks the header `X-Hub-Signature-256` over the bytes of a body as they came.
///
/// A webhook at GitHub holds one secret. While it is being changed, deliveries signed with the `secrets` before and after
/// arrive side by side, so each of them is good. All are tried, whichever fits: the time taken tells nothing.
///
/// # Errors
/// [`Unsigned`], always when there are no secrets.
pub fn verify(body: &[u8], header: Option<&str>, secrets: &[Secret]) -> Result<(), Unsigned> {
    let signature = header.ok_or(Unsigned::Missing)?.strip_prefix(SCHEME).and_then(bytes).ok_or(Unsigned::Malformed)?;
    let fits = secrets.iter().fold(false, |fits, secret| fits | secret.signed(body, &signature));
    if fits { Ok(()) } else { Err(Unsigned::Wrong) }
}

/// The 32 bytes that 64 hex digits say.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    if hex.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of GitHub's documentation.
    const BODY: &[u8] = b"Hello, World!";
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn secret(text: &str) -> Secret {
        Secret::new(text).unwrap()
    }

    fn documented() -> [Secret; 1] {
        [secret("It's a Secret to Everybody")]
    }

    #[test]
    fn the_documented_vector_is_good() {
        assert_eq!(verify(BODY, Some(SIGNED), &documented()), Ok(()));
    }

    #[test]
    fn either_secret_is_good_while_one_replaces_the_other() {
        let [ours] = documented();
        let [before] = documented();
        assert_eq!(verify(BODY, Some(SIGNED), &[secret("new"), before]), Ok(()));
        assert_eq!(verify(BODY, Some(SIGNED), &[ours, secret("old")]), Ok(()));
    }

    #[test]
    fn another_secret_or_none_is_wrong() {
        assert_eq!(verify(BODY, Some(SIGNED), &[secret("another")]), Err(Unsigned::Wrong));
        assert_eq!(verify(BODY, Some(SIGNED), &[]), Err(Unsigned::Wrong));
    }

    #[test]
    fn another_body_is_wrong() {
        assert_eq!(verify(b"Hello, World?", Some(SIGNED), &documented()), Err(Unsigned::Wrong));
        assert_eq!(verify(b"", Some(SIGNED), &documented()), Err(Unsigned::Wrong));
    }

    #[test]
    fn every_single_digit_counts() {
        for place in SCHEME.len()..SIGNED.len() {
            let mut header = SIGNED.to_owned();
            let other = if header.as_bytes()[place] == b'0' { "1" } else { "0" };
            header.replace_range(place..=place, other);
            assert_eq!(verify(BODY, Some(&header), &documented()), Err(Unsigned::Wrong), "{header}");
        }
    }

    #[test]
    fn a_missing_signature_is_refused() {
        assert_eq!(verify(BODY, None, &documented()), Err(Unsigned::Missing));
    }

    #[test]
    fn old_truncated_long_and_odd_signatures_are_refused() {
        let long = format!("{SIGNED}00");
        let plus = SIGNED.replace("=7", "=+");
        let wide = format!("sha256={}", "é".repeat(32));
        let sha1 = "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59";
        for header in [sha1, "", "sha256", "sha256=", &SIGNED[..70], &SIGNED[..69], &long, &SIGNED[7..], &plus, &wide] {
            assert_eq!(verify(BODY, Some(header), &documented()), Err(Unsigned::Malformed), "{header}");
        }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        for text in ["", " ", "\n"] {
            assert!(Secret::new(text).is_err());
        }
    }
}
