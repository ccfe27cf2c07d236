//! How registries are reached: TLS with rustls and ring, plain HTTP on this machine only.

use std::collections::BTreeSet;
use std::env;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, redirect};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use trunkline_ports::failure::{Failure, Fault};

/// A file of further certificate authorities, in PEM, as OpenSSL and curl read it too: for registries of a company.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// The longest that opening a connection may take.
const CONNECT: Duration = Duration::from_secs(15);

/// The most redirects that are followed; registries send to their storage once.
const REDIRECTS: usize = 5;

/// Whether a host is spoken to without TLS: this machine's own, and those the user lists.
pub(super) fn is_plain(host: &str, listed: &BTreeSet<String>) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or(bracketed),
        None => host.split(':').next().unwrap_or(host),
    };
    let loopback = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback || name == "localhost" || listed.contains(host)
}

/// The client for all of them.
pub(super) fn client(silence: Duration) -> Result<Client, Failure> {
    Client::builder()
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls()?)
        .connect_timeout(CONNECT.min(silence))
        .redirect(redirect::Policy::custom(follow))
        // Whole answers are needed as they were sent, and retries are counted in one place.
        .retry(reqwest::retry::never())
        .build()
        .map_err(|error| {
            Fault::lasting(format!("the HTTP client cannot be made: {}", super::answer::causes(&error))).into()
        })
}

/// Follows to other hosts, without the authorization (which the client takes off), but never from TLS to plain HTTP.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let downgrade =
        attempt.url().scheme() != "https" && attempt.previous().last().is_some_and(|from| from.scheme() == "https");
    if downgrade {
        return attempt.error("it redirects from https to http");
    }
    if attempt.previous().len() > REDIRECTS { attempt.error("it redirects too often") } else { attempt.follow() }
}

fn tls() -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = env::var_os(CERTIFICATES).filter(|path| !path.is_empty()) {
        let unreadable =
            |error| Fault::lasting(format!("the certificates of `{CERTIFICATES}` cannot be read: {error:?}"));
        let certificates: Vec<_> =
            CertificateDer::pem_file_iter(&path).and_then(Iterator::collect).map_err(unreadable)?;
        roots.add_parsable_certificates(certificates);
    }
    let builder =
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Fault::lasting(format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_and_for_listed_hosts() {
        let listed = BTreeSet::from(["registry.lan:5000".to_owned()]);
        for plain in ["localhost", "localhost:5000", "127.0.0.1:80", "127.8.8.8", "[::1]:5000", "registry.lan:5000"] {
            assert!(is_plain(plain, &listed), "{plain}");
        }
        for secure in ["registry.lan", "registry.example:5000", "10.0.0.1:5000", "localhost.example", "127.example"] {
            assert!(!is_plain(secure, &listed), "{secure}");
        }
    }
}
