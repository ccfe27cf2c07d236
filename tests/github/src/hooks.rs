//! Webhooks: what changed in a repository, told as GitHub tells it and signed.

use std::collections::BTreeMap;

use ring::hmac;
use serde_json::{Value, json};

use crate::StandIn;
use crate::git::Git;

/// A delivery that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Headers, in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

/// Watches a repository for pushes.
pub struct Pushes<'s> {
    stand_in: &'s StandIn,
    name: String,
    seen: BTreeMap<String, String>,
}

impl<'s> Pushes<'s> {
    /// Watches from now on.
    pub fn watch(stand_in: &'s StandIn, name: &str) -> Self {
        let mut pushes = Self { stand_in, name: name.to_owned(), seen: BTreeMap::new() };
        pushes.seen = pushes.refs();
        pushes
    }

    /// What was pushed since: one signed delivery for each ref.
    ///
    /// # Panics
    /// When the repository was never added.
    pub fn deliveries(&mut self, secret: &str) -> Vec<Delivery> {
        let (before, now) = (std::mem::take(&mut self.seen), self.refs());
        let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let moved = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
        let made = moved.map(|name| {
            let body = self.push(name, before.get(name), now.get(name)).to_string().into_bytes();
            let number = self.stand_in.shared().state(crate::state::State::number);
            let headers = vec![
                ("content-type", "application/json".to_owned()),
                ("user-agent", "GitHub-Hookshot/stand-in".to_owned()),
                ("x-github-event", "push".to_owned()),
                ("x-github-delivery", format!("00000000-0000-4000-8000-{number:012}")),
                ("x-hub-signature-256", sign(secret, &body)),
            ];
            Delivery { headers, body }
        });
        let made = made.collect();
        self.seen = now;
        made
    }

    fn git(&self) -> (u64, Git) {
        self.stand_in.shared().state(|state| {
            let repository = state.repository(&self.name).expect("a repository that was added");
            (repository.id, repository.git.clone())
        })
    }

    fn refs(&self) -> BTreeMap<String, String> {
        let (_, git) = self.git();
        let all = [git.refs("refs/heads/"), git.refs("refs/tags/")].concat();
        all.into_iter().map(|(name, oid, _)| (name, oid)).collect()
    }

    fn push(&self, name: &str, before: Option<&String>, after: Option<&String>) -> Value {
        let (id, git) = self.git();
        let nothing = || "0".repeat(40);
        let head = after.and_then(|oid| git.commit(oid)).and_then(|oid| git.log(&[&oid], 0, 1).pop());
        let head = head.map(|commit| {
            let person = json!({ "name": commit.author.name, "email": commit.author.email, "date": commit.author.date });
            json!({ "id": commit.oid, "tree_id": commit.tree, "message": commit.message, "timestamp": commit.committer.date,
                "author": person, "committer": person, "distinct": true, "added": [], "removed": [], "modified": [] })
        });
        let owner = self.name.split('/').next().unwrap_or_default();
        json!({
            "ref": name, "before": before.cloned().unwrap_or_else(nothing), "after": after.cloned().unwrap_or_else(nothing),
            "created": before.is_none(), "deleted": after.is_none(), "forced": false, "base_ref": null,
            "head_commit": head, "commits": head.iter().collect::<Vec<_>>(),
            "repository": { "id": id, "full_name": self.name, "name": self.name.split('/').nth(1), "owner": { "login": owner } },
            "pusher": { "name": "ada", "email": "ada@example.com" }, "sender": { "login": "ada", "id": 1, "type": "User" },
        })
    }
}

/// The signature of a body. Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
pub fn sign(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    tag.as_ref().iter().fold("sha256=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    /// Source: "Testing the webhook payload validation" on the page above.
    #[test]
    fn the_documented_signature_is_made() {
        let made = super::sign("It's a Secret to Everybody", b"Hello, World!");
        assert_eq!(made, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    }
}
