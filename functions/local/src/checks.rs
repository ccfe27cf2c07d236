//! Checks that are made from here: an address is asked, and must answer as the policy says.

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Client, Response, Url, redirect};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use trunkline_core::policy::HttpCheck;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::failure::{Failure, Fault};
use trunkline_ports::targets::Checks;

/// How long an answer may take, from the first packet to the last: a service that is slower is not well.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many redirects are followed: one to TLS, one to the canonical name, one to the page.
const REDIRECTS: usize = 3;

/// How much of a body is looked at, in bytes (1 MiB).
const LONGEST_BODY: usize = 1 << 20;

/// How much of a body is shown when it is not what it should be, in characters.
const SHOWN: usize = 80;

/// A file of further certificate authorities, in PEM, as OpenSSL and curl read it too.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// Asks addresses over HTTP and HTTPS.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
}

impl Http {
    /// A client that trusts the authorities browsers trust, and those of the file that `SSL_CERT_FILE` names.
    ///
    /// # Errors
    /// A fault when that file cannot be read.
    pub fn new() -> Result<Self, Failure> {
        Ok(Self { client: client()? })
    }

    /// The answer of an address, after redirects; or why there is none, in words.
    async fn ask(&self, mut url: Url, wanted: u16) -> Result<Response, String> {
        for _ in 0..=REDIRECTS {
            let answer = self.client.get(url.clone()).send().await.map_err(|error| unreached(&error))?;
            let status = answer.status();
            let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let Some(location) = location.filter(|_| status.is_redirection() && status.as_u16() != wanted) else {
                return Ok(answer);
            };
            let next = url.join(location).map_err(|_| "it redirects to what is no address".to_owned())?;
            if !is_http(&next) || (url.scheme() == "https" && next.scheme() == "http") {
                return Err(format!("it redirects to `{next}`, which is not followed"));
            }
            url = next;
        }
        Err(format!("it redirects more than {REDIRECTS} times"))
    }
}

/// A client without redirects and without a memory.
pub(crate) fn client() -> Result<Client, Failure> {
    let client = Client::builder()
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls()?)
        .timeout(PATIENCE)
        // Each question on a connection of its own, as a visitor would ask it.
        .pool_max_idle_per_host(0)
        // Followed here, since an address that should redirect must not be followed.
        .redirect(redirect::Policy::none())
        .build();
    client.map_err(|error| Fault::lasting(format!("no HTTP client: {}", causes(&error))).into())
}

impl Checks for Http {
    async fn http(&self, check: &HttpCheck) -> Result<Result<(), String>, Failure> {
        let url = Url::parse(&check.url).ok().filter(is_http).ok_or_else(|| {
            Refusal::new(Code::PolicyInvalid, format!("`{}` is no address that can be asked", check.url))
                .help("write it whole: `https://example.com/health`")
        })?;
        let answer = match self.ask(url, check.status).await {
            Ok(answer) => answer,
            Err(words) => return Ok(Err(words)),
        };
        if answer.status().as_u16() != check.status {
            return Ok(Err(format!("it answers with status {}, not {}", answer.status().as_u16(), check.status)));
        }
        let Some(wanted) = &check.body else { return Ok(Ok(())) };
        Ok(match body(answer).await {
            Ok(body) if holds(&body, wanted) => Ok(()),
            Ok(body) => Err(format!("its body does not hold `{wanted}`; it begins with `{}`", beginning(&body))),
            Err(words) => Err(words),
        })
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// As much of the body as is looked at.
async fn body(mut answer: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreached(&error))? {
        let room = LONGEST_BODY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LONGEST_BODY {
            break;
        }
    }
    Ok(body)
}

fn holds(body: &[u8], wanted: &str) -> bool {
    wanted.is_empty() || body.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

/// The first characters, none of which can move a cursor.
fn beginning(body: &[u8]) -> String {
    let start = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    start.chars().take(SHOWN).flat_map(char::escape_debug).collect()
}

fn unreached(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("it does not answer within {} s", PATIENCE.as_secs());
    }
    format!("it cannot be reached: {}", causes(error))
}

/// The innermost cause, which is the one that says something.
fn causes(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn tls() -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = env::var_os(CERTIFICATES).filter(|path| !path.is_empty()) {
        let unreadable =
            |error| Fault::lasting(format!("the certificates of `{CERTIFICATES}` cannot be read: {error:?}"));
        let more = CertificateDer::pem_file_iter(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        roots.add_parsable_certificates(more.map_err(unreadable)?);
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Fault::lasting(format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
