//! A stand-in for GitHub, for tests: its REST and GraphQL over real git repositories, on this machine only.
//!
//! Every request and every answer is held to GitHub's own descriptions (OpenAPI for REST, the schema for GraphQL); what keeps to
//! neither fails the test when the stand-in goes out of scope. It has a state: what was created is there afterwards. Troubles can
//! be queued ([`Trouble`]), requests are counted ([`StandIn::requests`]), and pushes are told as signed webhooks ([`hooks`]).

mod auth;
mod description;
mod git;
mod graphql;
pub mod hooks;
mod reply;
mod rest;
mod server;
mod state;
mod trouble;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

pub use auth::{APP, PRIVATE_KEY, TOKEN};
pub use trouble::{Kind, Trouble};

use server::Shared;

/// A running stand-in. It stops when it is dropped, and fails the test if anything kept to no description.
pub struct StandIn {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl StandIn {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When this machine gives no port.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::new(format!("http://{address}")));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        server::run(listener, shared.clone(), stopped);
        Self { shared, address, stop: Some(stop) }
    }

    /// What `GITHUB_API_URL` is set to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves the repository at `path` (bare, or with a work tree) as `owner/name`.
    pub fn add(&self, name: &str, path: &Path) {
        self.shared.state(|state| state.add(name, path));
    }

    /// Takes a repository away from whoever asks: nobody is told whether it exists.
    pub fn hide(&self, name: &str) {
        self.shared.state(|state| state.hide(name));
    }

    /// Lets nobody commit to a branch, for a reason that GitHub would give.
    pub fn protect(&self, name: &str, branch: &str, reason: &str) {
        self.shared.state(|state| state.protect(name, branch, reason));
    }

    /// Makes every installation token that was given out so far worthless.
    pub fn revoke(&self) {
        self.shared.state(|state| state.tokens.clear());
    }

    /// Queues a trouble: it befalls the next requests that it fits, before those queued later.
    pub fn trouble(&self, trouble: Trouble) {
        self.shared.trouble(trouble);
    }

    /// The requests so far, each as `METHOD /path?query`.
    pub fn requests(&self) -> Vec<String> {
        self.shared.log()
    }

    /// What was created in a repository, newest first: `deployments` (of no key), `statuses` of a deployment's id, `checks` and
    /// `comments` of a commit.
    pub fn made(&self, name: &str, kind: &str, key: &str) -> Vec<serde_json::Value> {
        self.shared
            .state(|state| state.repository(name).map(|repository| repository.made(kind, key)).unwrap_or_default())
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.shared.forget();
    }

    /// What kept to no description so far. Whoever asks has seen it: it does not fail the test any more.
    pub fn violations(&self) -> Vec<String> {
        self.shared.violations()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.stop.take());
        let violations = self.shared.violations();
        if !std::thread::panicking() {
            assert!(violations.is_empty(), "not as GitHub describes its API:\n  {}", violations.join("\n  "));
        }
    }
}
