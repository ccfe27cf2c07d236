//! The basic scheme of HTTP: a name and a password in one header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trunkline_ports::credentials::{Login, Secret};

/// The value of an `Authorization` header; none for an identity token, which only token services take.
pub(super) fn header(login: &Login) -> Option<Secret> {
    match login {
        Login::Password { user, password } => {
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            Some(Secret::new(format!("Basic {pair}")))
        }
        Login::Identity(_) => None,
    }
}
