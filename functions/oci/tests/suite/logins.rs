//! Who one is to a registry: asked for by it, never offered, never shown, never sent elsewhere.

use std::fs;
use std::sync::Arc;

use insta::assert_snapshot;
use tempfile::TempDir;
use trunkline_core::ids::Digest;
use trunkline_oci::{DockerConfig, Options};
use trunkline_ports::artifacts::Images as _;
use trunkline_ports::credentials::Credentials;

use crate::support::proxy::Proxy;
use crate::support::registry::Registry;
use crate::support::stand::{Reply, Request, Stand, answer};
use crate::support::{Export, Store, options, program, recipe, rerun, shown};

/// `user:secret` in base 64.
const PAIR: &str = "dXNlcjpzZWNyZXQ=";

fn absent() -> Digest {
    format!("sha256:{}", "0".repeat(64)).parse().unwrap()
}

/// A store whose credentials are in Docker's configuration.
fn store(folder: &TempDir, config: &str) -> Store {
    fs::write(folder.path().join("config.json"), config).unwrap();
    let credentials: Arc<dyn Credentials> = Arc::new(DockerConfig::at(folder.path().join("config.json")));
    Store::with(Options { credentials, ..options() })
}

/// A registry that takes `user` with `secret`.
fn locked(folder: &TempDir) -> Registry {
    // bcrypt of `secret`, which is the only kind the registry reads.
    fs::write(folder.path().join("htpasswd"), "user:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n")
        .unwrap();
    Registry::configured(
        true,
        &format!("auth: {{htpasswd: {{realm: shop, path: '{}'}}}}\n", folder.path().join("htpasswd").display()),
    )
}

#[tokio::test]
async fn a_name_and_password_are_given_once_they_are_asked_for() {
    let folder = TempDir::new().unwrap();
    let registry = locked(&folder);
    let proxy = Proxy::before(&registry.host).await;
    let repository = format!("{}/shop/web", proxy.host);
    let store = store(&folder, &format!(r#"{{"auths":{{"{}":{{"auth":"{PAIR}"}}}}}}"#, proxy.host));
    let image = store.build(&repository, &Export::site(), recipe()).await.unwrap();
    let heads =
        proxy.taken().iter().filter(|line| line.contains(image.digest.as_str()) && line.starts_with("HEAD")).count();
    assert_eq!(heads, 2, "once without, once with");
    store.build(&repository, &Export::site(), recipe()).await.unwrap();
    assert_eq!(proxy.taken().len(), 1);
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_one_are_refused_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let registry = locked(&folder);
    let wrong =
        store(&folder, &format!(r#"{{"auths":{{"https://{}/v1/":{{"auth":"dXNlcjp3cm9uZw=="}}}}}}"#, registry.host));
    let refused = wrong.images.find(&registry.repository("shop/web"), &absent()).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(&registry.host, "HOST"), @"
    refused, registry-denied: `HOST/shop/web` does not let us: reading the manifest: it answers 401 Unauthorized: UNAUTHORIZED authentication required
    help: log in with `docker login HOST` or `skopeo login HOST`, as someone who may read and write `shop/web`
    ");
    let nobody = Store::new().images.find(&registry.repository("shop/web"), &absent()).await.unwrap_err();
    assert_snapshot!(shown(&nobody).replace(&registry.host, "HOST"), @"
    refused, registry-denied: `HOST/shop/web` does not let us: it asks for a name and a password
    help: log in with `docker login HOST` or `skopeo login HOST`, as someone who may read and write `shop/web`
    ");
}

/// A registry that wants tokens, and its token service, which gives `t1`, `t2`, … for name and password.
async fn bearer(good: &'static str) -> Stand {
    let given = std::sync::atomic::AtomicUsize::new(0);
    Stand::start(move |own, request: &Request| {
        if request.line.contains("/token") {
            let number = given.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            return answer("200 OK", "", &format!(r#"{{"token":"t{number}"}}"#));
        }
        match request.authorization.as_deref() {
            Some(token) if token == format!("Bearer {good}") => answer("404 Not Found", "", ""),
            _ => answer("401 Unauthorized", &format!("www-authenticate: Bearer realm=\"http://{own}/token\",service=\"shop\",scope=\"repository:shop/web:pull\"\r\n"), ""),
        }
    })
    .await
}

#[tokio::test]
async fn a_token_is_fetched_once_for_many_requests() {
    let stand = bearer("t1").await;
    let folder = TempDir::new().unwrap();
    let store = store(&folder, &format!(r#"{{"auths":{{"{}":{{"auth":"{PAIR}"}}}}}}"#, stand.host));
    for _ in 0..3 {
        assert_eq!(store.images.find(&stand.repository("shop/web"), &absent()).await.unwrap(), None);
    }
    let seen = stand
        .seen()
        .into_iter()
        .map(|request| format!("{} {}", request.line, request.authorization.unwrap_or_default()));
    assert_snapshot!(seen.collect::<Vec<_>>().join("\n"), @"
    GET /v2/shop/web/manifests/sha256:0000000000000000000000000000000000000000000000000000000000000000 
    GET /token?service=shop&scope=repository%3Ashop%2Fweb%3Apull Basic dXNlcjpzZWNyZXQ=
    GET /v2/shop/web/manifests/sha256:0000000000000000000000000000000000000000000000000000000000000000 Bearer t1
    GET /v2/shop/web/manifests/sha256:0000000000000000000000000000000000000000000000000000000000000000 Bearer t1
    GET /v2/shop/web/manifests/sha256:0000000000000000000000000000000000000000000000000000000000000000 Bearer t1
    ");
}

#[tokio::test]
async fn a_token_that_is_too_old_is_replaced_and_one_that_is_not_taken_is_a_refusal() {
    let stand = bearer("t2").await;
    let store = Store::new();
    let refused = store.images.find(&stand.repository("shop/web"), &absent()).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(&stand.host, "HOST"), @"
    refused, registry-denied: `HOST/shop/web` does not let us: reading the manifest: it answers 401 Unauthorized
    help: log in with `docker login HOST` or `skopeo login HOST`, as someone who may read and write `shop/web`
    ");
    assert_eq!(store.images.find(&stand.repository("shop/web"), &absent()).await.unwrap(), None);
}

#[tokio::test]
async fn an_identity_token_goes_to_the_token_service_only() {
    let stand = bearer("t1").await;
    let folder = TempDir::new().unwrap();
    let store = store(&folder, &format!(r#"{{"auths":{{"{}":{{"identitytoken":"refresh"}}}}}}"#, stand.host));
    assert_eq!(store.images.find(&stand.repository("shop/web"), &absent()).await.unwrap(), None);
    let seen = stand.seen();
    assert_snapshot!(String::from_utf8_lossy(&seen[1].body), @"grant_type=refresh_token&service=shop&client_id=trunkline&scope=repository%3Ashop%2Fweb%3Apull&refresh_token=refresh");
    assert!(seen.iter().all(|request| request.authorization.as_deref() != Some("refresh")));
}

#[tokio::test]
async fn a_helper_program_is_asked_for_the_host() {
    let folder = TempDir::new().unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    program(
        &folder,
        "docker-credential-shop",
        r#"read host; test "$1" = get && echo "{\"ServerURL\":\"$host\",\"Username\":\"user\",\"Secret\":\"secret\"}""#,
    );
    program(&folder, "docker-credential-empty", "echo credentials not found in native keychain; exit 1");
    if !rerun("logins::a_helper_program_is_asked_for_the_host", &[("PATH", &path)]) {
        return;
    }
    let stand = bearer("t1").await;
    let find = async |config: String| {
        let found = store(&folder, &config).images.find(&stand.repository("shop/web"), &absent()).await;
        found.map(|_| ()).map_err(|failure| shown(&failure).replace(&stand.host, "HOST"))
    };
    assert_eq!(find(format!(r#"{{"credsStore":"empty","credHelpers":{{"{}":"shop"}}}}"#, stand.host)).await, Ok(()));
    assert_eq!(stand.seen()[1].authorization.as_deref(), Some(&*format!("Basic {PAIR}")));
    let anonymous = stand.seen().len();
    assert!(
        find(r#"{"credsStore":"empty"}"#.to_owned()).await.is_err(),
        "the token of nobody is not the one that is taken"
    );
    assert_eq!(stand.seen()[anonymous + 1].authorization, None);
    assert_snapshot!(find(r#"{"credsStore":"absent"}"#.to_owned()).await.unwrap_err(), @"
    refused, registry-denied: `docker-credential-absent` cannot be started: No such file or directory (os error 2)
    help: Docker's configuration names `docker-credential-absent` for `HOST`; try `echo HOST | docker-credential-absent get`
    ");
    assert_snapshot!(find(r#"{"credsStore":"../bin/sh"}"#.to_owned()).await.unwrap_err(), @"
    refused, registry-denied: `../bin/sh` is not a credential helper's name
    help: Docker's configuration names `docker-credential-../bin/sh` for `HOST`; try `echo HOST | docker-credential-../bin/sh get`
    ");
}

#[tokio::test]
async fn a_redirect_to_another_host_carries_no_authorization() {
    let elsewhere = Stand::start(|_, _: &Request| answer("404 Not Found", "", "")).await;
    let other = elsewhere.host.clone();
    let stand = Stand::start(move |_, request: &Request| match &request.authorization {
        None => answer("401 Unauthorized", "www-authenticate: Basic realm=\"x\"\r\n", ""),
        Some(_) => answer("307 Temporary Redirect", &format!("location: http://{other}/storage\r\n"), ""),
    })
    .await;
    let folder = TempDir::new().unwrap();
    let store = store(&folder, &format!(r#"{{"auths":{{"{}":{{"auth":"{PAIR}"}}}}}}"#, stand.host));
    assert_eq!(store.images.find(&stand.repository("shop/web"), &absent()).await.unwrap(), None);
    assert_eq!(stand.seen()[1].authorization.as_deref(), Some(&*format!("Basic {PAIR}")));
    assert_eq!(elsewhere.seen()[0].authorization, None);
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_not_shown() {
    let stand = bearer("t1").await;
    let folder = TempDir::new().unwrap();
    let broken = store(&folder, "{\"auths\": {\"x\": {\"auth\": hunter2}}}");
    let refused = shown(&broken.images.find(&stand.repository("shop/web"), &absent()).await.unwrap_err());
    assert_snapshot!(refused.replace(folder.path().to_str().unwrap(), "FOLDER"), @"
    refused, registry-denied: `FOLDER/config.json` cannot be read: line 1, column 26
    help: it is Docker's configuration; mend it, or log in again
    ");
}

#[tokio::test]
async fn a_token_service_without_tls_is_not_told_anything() {
    let folder = TempDir::new().unwrap();
    let stand = Stand::start(|_, _: &Request| Reply::Bytes(b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer realm=\"ftp://evil.example/\"\r\ncontent-length: 0\r\n\r\n".to_vec())).await;
    let store = store(&folder, &format!(r#"{{"auths":{{"{}":{{"auth":"{PAIR}"}}}}}}"#, stand.host));
    let refused = store.images.find(&stand.repository("shop/web"), &absent()).await.unwrap_err();
    assert_snapshot!(shown(&refused).replace(&stand.host, "HOST"), @"
    refused, registry-denied: `HOST/shop/web` does not let us: it names a token service that does not use https
    help: log in with `docker login HOST` or `skopeo login HOST`, as someone who may read and write `shop/web`
    ");
}
