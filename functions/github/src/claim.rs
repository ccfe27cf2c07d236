//! An App's claim to be itself: a JSON web token, signed with its private key by ring.
//!
//! Source: <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use trunkline_core::refusal::{Code, Refusal};

use crate::access::PrivateKey;

/// How long before now a claim begins to hold, in seconds: clocks differ.
const BACK: i64 = 60;

/// How long a claim holds from now on, in seconds: less than the ten minutes that GitHub allows, since clocks differ.
const AHEAD: i64 = 540;

/// The App's claim as it is at `now`.
///
/// # Errors
/// [`Code::RepositoryUnusable`] when the key is not an RSA key in PEM.
pub(crate) fn make(id: u64, key: &PrivateKey, now: Timestamp) -> Result<String, Refusal> {
    let unusable = || {
        Refusal::new(Code::RepositoryUnusable, format!("the private key of the App {id} cannot be read"))
            .help("give the file as GitHub gave it: an RSA key in PEM")
    };
    let pair = match PrivateKeyDer::from_pem_slice(&key.0).map_err(|_| unusable())? {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(unusable()),
    };
    let pair = pair.map_err(|_| unusable())?;
    let now = now.as_second();
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let head = encoded(&json!({ "alg": "RS256", "typ": "JWT" }));
    let body = encoded(&json!({ "iat": now - BACK, "exp": now + AHEAD, "iss": id.to_string() }));
    let signed = format!("{head}.{body}");
    let mut signature = vec![0; pair.public().modulus_len()];
    let made = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
    made.map_err(|_| unusable())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
