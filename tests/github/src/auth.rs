//! Who asks: an App by its signed claim, an installation by a token it was given, or a person's or workflow's token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::Value;

use crate::state::State;

/// The App's number.
pub const APP: u64 = 7;

/// The App's private key. It opens nothing but this stand-in.
pub const PRIVATE_KEY: &str = include_str!("test-app.pem");

/// A token that is always good.
pub const TOKEN: &str = "ghp_of_a_person";

/// The longest that an App's claim may hold, in seconds. Source:
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
const LONGEST: i64 = 600;

/// Why whoever asks is not let in; nothing when he is.
pub(crate) fn refused(state: &State, path: &str, header: Option<&str>) -> Option<&'static str> {
    let Some(header) = header else { return Some("Requires authentication") };
    let bearer = header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("token "));
    let bearer = bearer.unwrap_or_default();
    let of_app = path.starts_with("/app") || (path.starts_with("/repos/") && path.ends_with("/installation"));
    if of_app {
        return (!claims(bearer)).then_some("A JSON web token could not be decoded");
    }
    let known = bearer == TOKEN || state.tokens.contains(bearer);
    (!known).then_some("Bad credentials")
}

/// Whether a claim is the App's, signed by its key, and holds now.
fn claims(token: &str) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let Some((header, body)) = signed.split_once('.') else { return false };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let read = |part: &str| decoded(part).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (Some(header), Some(body), Some(signature)) = (read(header), read(body), decoded(signature)) else {
        return false;
    };
    let now = Timestamp::now().as_second();
    let (from, to) = (body["iat"].as_i64().unwrap_or(i64::MAX), body["exp"].as_i64().unwrap_or(0));
    let issuer = body["iss"].as_u64().or_else(|| body["iss"].as_str().and_then(|text| text.parse().ok()));
    let holds = from <= now && now < to && to <= now + LONGEST;
    let public = public_key();
    let verified = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(signed.as_bytes(), &signature);
    header["alg"] == "RS256" && issuer == Some(APP) && holds && verified.is_ok()
}

fn public_key() -> Vec<u8> {
    let text: String = PRIVATE_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(text).expect("the key is PEM");
    let pair = RsaKeyPair::from_der(&der).expect("the key is an RSA key");
    pair.public_key().as_ref().to_vec()
}
