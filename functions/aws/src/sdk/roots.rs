//! Whose certificates are trusted: Mozilla's authorities, compiled in.
//!
//! Reading the system's store takes some milliseconds at every start, which is most of the start of a small function, and a machine may
//! have none. The authorities of AWS alone would not do: an endpoint of one's own has its certificate from anybody.

use std::path::Path;

use aws_smithy_http_client::tls::TrustStore;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use trunkline_ports::failure::{Failure, Fault};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// Names a file of certificates to trust instead of ours, as for the other tools of AWS.
/// Source: <https://docs.aws.amazon.com/cli/latest/topic/config-vars.html>
const BUNDLE: &str = "AWS_CA_BUNDLE";

pub(super) fn trusted() -> Result<TrustStore, Failure> {
    let bundle = match std::env::var_os(BUNDLE).filter(|path| !path.is_empty()) {
        Some(path) => read(Path::new(&path))?,
        None => compiled_in(),
    };
    Ok(TrustStore::empty().with_pem_certificate(bundle))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let named = format!("reading `{}`, which {BUNDLE} names", path.display());
    let text = std::fs::read(path).map_err(|error| Fault::lasting(format!("{named}: {error}")))?;
    // The SDK takes what it is given for well formed, so that is made sure of here.
    let marks = |mark: &[u8]| text.windows(mark.len()).filter(|window| *window == mark).count();
    let (begun, ended) = (marks(b"-----BEGIN CERTIFICATE-----"), marks(b"-----END CERTIFICATE-----"));
    if begun == 0 || begun != ended {
        return Err(Fault::lasting(format!("{named}: it holds no certificates as PEM")).into());
    }
    Ok(text)
}

/// The SDK takes certificates as PEM only.
fn compiled_in() -> Vec<u8> {
    let mut pem = String::new();
    for certificate in TLS_SERVER_ROOT_CERTS {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        STANDARD.encode_string(certificate, &mut pem);
        pem.push_str("\n-----END CERTIFICATE-----\n");
    }
    pem.into_bytes()
}
