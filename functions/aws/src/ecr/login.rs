//! The login for ECR's registries, which builds push with: one token for a region, kept until shortly before it ends.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Mutex;
use trunkline_ports::credentials::{Answer, Credentials, Login, Secret};
use trunkline_ports::failure::{Failure, Fault};

use super::{Ecr, place, request};

/// How long before its end a token is not used any more: a push may take long.
const MARGIN: Duration = Duration::from_mins(30);

/// A region's token, and when it ends.
#[derive(Default)]
pub(super) struct Cache(Mutex<Option<(Login, SystemTime)>>);

impl Credentials for Ecr {
    /// The login for a registry of ECR; nothing for any other host.
    fn login<'a>(&'a self, host: &'a str) -> Answer<'a> {
        Box::pin(self.ask(host))
    }
}

impl Ecr {
    async fn ask(&self, host: &str) -> Result<Option<Login>, Failure> {
        let Some((_, name)) = place::registry(host) else { return Ok(None) };
        let region = self.region(name).await?;
        // Whoever comes while one asks waits for that answer instead of asking too.
        let mut cache = region.login.0.lock().await;
        if let Some((login, until)) = &*cache
            && SystemTime::now() + MARGIN < *until
        {
            return Ok(Some(login.clone()));
        }
        let answer = region.client.get_authorization_token().send().await;
        let answer = answer.map_err(|error| request("ecr:GetAuthorizationToken", host).failed(&error))?;
        let token = answer.authorization_data().first();
        let pair = token.and_then(|token| token.authorization_token()).and_then(read);
        let login = pair.ok_or_else(|| Fault::passing(format!("`{host}` gave no login")))?;
        let until = token.and_then(|token| token.expires_at()).and_then(|at| SystemTime::try_from(*at).ok());
        *cache = until.map(|until| (login.clone(), until));
        Ok(Some(login))
    }
}

/// `base64("AWS:PASSWORD")`.
fn read(token: &str) -> Option<Login> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(Login::Password { user: user.to_owned(), password: Secret::new(password) })
}
