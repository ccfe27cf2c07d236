//! A stand-in with a repository, and somebody who asks it.

use std::sync::Arc;
use std::time::Duration;

use trunkline_contract::fixture::{Fixture, POLICY};
use trunkline_core::ids::Commit;
use trunkline_github::access::{Access, PrivateKey, Token};
use trunkline_github::client::{Client, Patience};
use trunkline_github::name::RepositoryName;
use trunkline_github::repository::GitHubRepository;
use trunkline_github_stand_in::{APP, PRIVATE_KEY, StandIn, TOKEN};
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::{Ask, Look};

/// The name under which a repository is served.
pub(crate) const NAME: &str = "acme/shop";

/// Three attempts that wait for nothing.
pub(crate) const PATIENCE: Patience =
    Patience { attempts: 3, first_wait: Duration::from_millis(1), silence: Duration::from_secs(20) };

/// A running stand-in and a way to it.
pub(crate) struct Stand {
    pub(crate) stand_in: StandIn,
    pub(crate) client: Arc<Client>,
}

impl Stand {
    /// Asked by whoever a token is of.
    pub(crate) fn new() -> Self {
        Self::asked_by(Access::Token(Token::new(TOKEN)))
    }

    /// Asked by the App.
    pub(crate) fn with_app() -> Self {
        Self::asked_by(Access::App { id: APP, key: PrivateKey::new(PRIVATE_KEY) })
    }

    pub(crate) fn asked_by(access: Access) -> Self {
        let stand_in = StandIn::start();
        let client = Client::new(Some(&stand_in.url()), access, PATIENCE).unwrap();
        Self { stand_in, client: Arc::new(client) }
    }

    /// The adapter on a fixture's repository.
    pub(crate) fn open(&self, fixture: &Fixture) -> GitHubRepository {
        self.stand_in.add(NAME, &fixture.path);
        GitHubRepository::new(self.client.clone(), name(NAME))
    }

    /// The requests since this was last asked.
    pub(crate) fn taken(&self) -> Vec<String> {
        let all = self.stand_in.requests();
        self.stand_in.forget();
        all
    }
}

pub(crate) fn name(text: &str) -> RepositoryName {
    RepositoryName::read(text).unwrap()
}

/// A repository with a policy, a watched file and one commit.
pub(crate) fn shop() -> (Fixture, Commit) {
    let fixture = Fixture::new();
    fixture.write("trunkline.yaml", POLICY);
    fixture.write("api/main", "1");
    let commit = fixture.commit("one");
    (fixture, commit)
}

pub(crate) fn ask() -> Ask {
    let release_branches = vec!["release/*".parse().unwrap()];
    Ask { trunk: "main".to_owned(), release_branches, ..Ask::default() }
}

/// What one asks who has seen `look`.
pub(crate) fn after(look: &Look) -> Ask {
    let heads = look.lines.iter().map(|line| (line.name.clone(), line.head.clone())).collect();
    let tags = look.tags.iter().map(|(tag, look)| (tag.clone(), look.commit.clone())).collect();
    Ask { heads, tags, ..ask() }
}

/// A refusal's code and message, or the fault with whether to try again, in one line.
pub(crate) fn said(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => format!("{}: {}", refusal.code, refusal.message),
        Failure::Fault(fault) => format!("{}: {}", if fault.again { "again" } else { "lasting" }, fault.message),
    }
}
