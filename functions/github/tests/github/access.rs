//! Apps and tokens.

use trunkline_github::access::{Access, PrivateKey, Token};
use trunkline_github::client::{API_URL, Client, TOKEN};
use trunkline_github_stand_in::{APP, PRIVATE_KEY};
use trunkline_ports::repository::Repository as _;

use crate::support::{PATIENCE, Stand, ask, said, shop};

#[tokio::test]
async fn an_app_gets_one_token_of_its_installation_and_keeps_it() {
    let stand = Stand::with_app();
    let (fixture, _) = shop();
    let repository = stand.open(&fixture);
    let ask = ask();
    let (one, two) = tokio::join!(repository.look(&ask), repository.look(&ask));
    assert!(one.is_ok() && two.is_ok());
    let taken = stand.taken();
    let of_token = |request: &&String| request.contains("installation");
    let tokens: Vec<&String> = taken.iter().filter(of_token).collect();
    assert_eq!(tokens.len(), 2, "{taken:?}");
    assert_eq!(tokens[0], "GET /repos/acme/shop/installation");
    assert!(tokens[1].ends_with("/access_tokens"), "{taken:?}");
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_replaced() {
    let stand = Stand::with_app();
    let (fixture, _) = shop();
    let repository = stand.open(&fixture);
    repository.look(&ask()).await.unwrap();
    stand.stand_in.revoke();
    stand.taken();
    repository.look(&ask()).await.unwrap();
    assert_eq!(stand.taken().iter().filter(|request| request.ends_with("/access_tokens")).count(), 1);
}

#[tokio::test]
async fn an_app_that_is_not_installed_or_not_itself_is_refused() {
    let stand = Stand::with_app();
    let (fixture, _) = shop();
    let repository = stand.open(&fixture);
    stand.stand_in.hide("acme/shop");
    let failure = repository.look(&ask()).await.unwrap_err();
    assert_eq!(said(&failure), format!("repository-unusable: GitHub shows the App {APP} no repository `acme/shop`"));

    let stand = Stand::asked_by(Access::App { id: APP + 1, key: PrivateKey::new(PRIVATE_KEY) });
    let failure = stand.open(&fixture).look(&ask()).await.unwrap_err();
    assert!(said(&failure).starts_with("repository-unusable: GitHub does not let the App 8 in"), "{failure}");

    let stand = Stand::asked_by(Access::App { id: APP, key: PrivateKey::new("no key") });
    let failure = stand.open(&fixture).look(&ask()).await.unwrap_err();
    assert_eq!(said(&failure), "repository-unusable: the private key of the App 7 cannot be read");
}

#[test]
fn tokens_are_only_sent_over_https_or_to_this_machine() {
    let client = |url| Client::new(Some(url), Access::Token(Token::new("x")), PATIENCE).map(|_| ());
    for good in
        ["", "https://api.github.com", "https://git.example/api/v3/", "http://127.0.0.1:1", "http://localhost:1"]
    {
        assert!(client(good).is_ok(), "{good}");
    }
    for wrong in ["http://api.github.com", "api.github.com", "https://", "ftp://x/", "https://u:p@git.example", "\n"] {
        let refusal = client(wrong).unwrap_err();
        assert_eq!(refusal.code.to_string(), "repository-unusable", "{wrong}");
    }
}

#[test]
fn the_environment_says_who_asks_and_where() {
    let with = |token: Option<&str>, url: Option<&str>| {
        let read = |name: &str| if name == TOKEN { token } else { url.filter(|_| name == API_URL) }.map(str::to_owned);
        Client::from_environment(read)
    };
    assert!(with(None, None).unwrap().is_none());
    assert!(with(Some(" "), None).unwrap().is_none());
    assert!(with(Some("x"), None).unwrap().is_some());
    assert!(with(Some("x"), Some("http://elsewhere.example")).is_err());
}
