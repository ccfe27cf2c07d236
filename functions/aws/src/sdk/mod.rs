//! What every adapter of AWS shares: the configuration, the HTTP client, and what an error means.
//!
//! Credentials, region and endpoint come from where every tool of AWS takes them: the environment, the profile files, a web identity,
//! the container's or machine's role.

mod failure;
mod roots;

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig};
use trunkline_ports::failure::{Failure, Fault};

pub use failure::{Request, status};

/// How long one attempt of a small request may take before it is tried again.
pub const ATTEMPT: Duration = Duration::from_secs(20);

/// The configuration from the environment.
///
/// # Errors
/// As [`loader`].
pub async fn load() -> Result<SdkConfig, Failure> {
    Ok(loader()?.load().await)
}

/// The configuration that [`load`] completes from the environment; what is set on it first wins.
///
/// # Errors
/// A lasting fault when the certificates that `AWS_CA_BUNDLE` names cannot be read.
pub fn loader() -> Result<ConfigLoader, Failure> {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
    // The version is pinned, so that an update of the SDK changes no retry, time limit or checksum unasked.
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(timeouts);
    let context = TlsContext::builder().with_trust_store(roots::trusted()?).build();
    let context = context.map_err(|error| Fault::lasting(format!("no TLS can be set up: {error}")))?;
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context.clone()).build()
    });
    Ok(loader.http_client(client))
}
