//! Docker's own credentials: its configuration file, and the helper programs that it names.
//!
//! Source: <https://docs.docker.com/reference/cli/docker/login/#credential-stores>,
//! <https://github.com/docker/docker-credential-helpers#development>

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::credentials::{Answer, Credentials, Login, Secret};
use trunkline_ports::failure::{Failure, Fault};

use crate::problem;

/// The key that Docker keeps its own registry's login under.
const HUB: &str = "https://index.docker.io/v1/";

/// The longest that a helper may take, which may ask a keychain or a cloud.
const HELPER_TIME: Duration = Duration::from_secs(30);

/// The name a helper gives for a token that is no password.
const TOKEN_USER: &str = "<token>";

/// Docker's configuration, read anew each time it is asked: a login may happen while we run.
#[derive(Clone, Debug)]
pub struct DockerConfig {
    file: Option<PathBuf>,
}

impl DockerConfig {
    /// The one of this user: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
    pub fn of_user() -> Self {
        let folder = env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let folder = folder.or_else(|| env::home_dir().map(|home| home.join(".docker")));
        Self { file: folder.map(|folder| folder.join("config.json")) }
    }

    /// A configuration file somewhere else.
    pub fn at(file: PathBuf) -> Self {
        Self { file: Some(file) }
    }

    async fn find(&self, host: &str) -> Result<Option<Login>, Failure> {
        let Some(config) = self.read().await? else { return Ok(None) };
        let key = if is_hub(host) { HUB } else { host };
        let helper =
            config.cred_helpers.get(host).or_else(|| config.cred_helpers.get(key)).or(config.creds_store.as_ref());
        if let Some(helper) = helper.filter(|helper| !helper.is_empty()) {
            return ask(helper, key).await;
        }
        let entry = config.auths.iter().find(|(name, _)| bare(name) == host || (is_hub(host) && name.as_str() == HUB));
        entry.map_or(Ok(None), |(name, entry)| entry.login(name))
    }

    async fn read(&self) -> Result<Option<Config>, Failure> {
        let Some(path) = &self.file else { return Ok(None) };
        match tokio::fs::read(path).await {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let message =
                    format!("`{}` cannot be read: line {}, column {}", path.display(), error.line(), error.column());
                Refusal::new(Code::RegistryDenied, message)
                    .help("it is Docker's configuration; mend it, or log in again")
                    .into()
            }),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(problem::file("cannot read", path, &error)),
        }
    }
}

impl Credentials for DockerConfig {
    fn login<'a>(&'a self, host: &'a str) -> Answer<'a> {
        Box::pin(self.find(host))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    #[serde(default)]
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    identitytoken: String,
}

impl Entry {
    fn login(&self, name: &str) -> Result<Option<Login>, Failure> {
        if !self.identitytoken.is_empty() {
            return Ok(Some(Login::Identity(Secret::new(self.identitytoken.clone()))));
        }
        if self.auth.is_empty() {
            return Ok(None);
        }
        let pair = STANDARD.decode(self.auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
        let (user, password) = pair.ok_or_else(|| {
            Refusal::new(
                Code::RegistryDenied,
                format!("the login for `{name}` in Docker's configuration is no name and password"),
            )
            .help(format!("log in again: `docker login {}` or `skopeo login {0}`", bare(name)))
        })?;
        Ok(Some(Login::Password { user: user.to_owned(), password: Secret::new(password.trim_end_matches('\0')) }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    username: String,
    secret: String,
}

/// Asks a helper program: the key goes in by its standard input, never as an argument.
async fn ask(helper: &str, key: &str) -> Result<Option<Login>, Failure> {
    let program = format!("docker-credential-{helper}");
    let denied = |message: String| {
        Refusal::new(Code::RegistryDenied, message)
            .help(format!("Docker's configuration names `{program}` for `{key}`; try `echo {key} | {program} get`"))
    };
    if !helper.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err(denied(format!("`{}` is not a credential helper's name", helper.escape_default())).into());
    }
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| denied(format!("`{program}` cannot be started: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // A helper that ends without reading is judged by its answer.
        drop(input.write_all(key.as_bytes()).await);
    }
    let ended = tokio::time::timeout(HELPER_TIME, child.wait_with_output()).await;
    let output = ended
        .map_err(|_| Fault::passing(format!("`{program}` did not answer within {} s", HELPER_TIME.as_secs())))?
        .map_err(|error| Fault::passing(format!("`{program}` did not answer: {error}")))?;
    if !output.status.success() {
        let unknown = String::from_utf8_lossy(&output.stdout).contains("credentials not found");
        return if unknown { Ok(None) } else { Err(denied(format!("`{program}` failed: {}", output.status)).into()) };
    }
    let found: Found =
        serde_json::from_slice(&output.stdout).map_err(|_| denied(format!("`{program}` gave no login")))?;
    let secret = Secret::new(found.secret);
    Ok(Some(if found.username == TOKEN_USER {
        Login::Identity(secret)
    } else {
        Login::Password { user: found.username, password: secret }
    }))
}

fn is_hub(host: &str) -> bool {
    matches!(host, "docker.io" | "index.docker.io" | "registry-1.docker.io")
}

/// A key of `auths` without scheme and path: old clients wrote both.
fn bare(name: &str) -> &str {
    let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
    name.split('/').next().unwrap_or(name)
}
