//! What travels from the receiver to whoever looks.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::read::{Delivery, Push, Repository, Says};
use crate::text::{Text, hex};

/// A delivery on its way: the detail of an event on the bus. Fields that do not apply are absent.
///
/// Two of its fields tell repeats. `delivery` is the same when GitHub sends one delivery again. `push` is the same when the
/// webhooks of a repository, its organization and an app each tell of one push; it is also the same when a ref makes the
/// same move twice, so that it may only join what arrives together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Envelope<'a> {
    /// The delivery's id, from `X-GitHub-Delivery`.
    #[serde(borrow)]
    pub delivery: Text<'a>,
    /// The event's name, from `X-GitHub-Event`.
    pub event: Text<'a>,
    /// The webhook's id, from `X-GitHub-Hook-ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<Text<'a>>,
    /// The app's installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<u64>,
    /// The repository, `owner/name`.
    pub repository: Text<'a>,
    /// Its id, which stays when it is renamed.
    pub repository_id: u64,
    /// The ref that moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<Text<'a>>,
    /// Where the ref was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Text<'a>>,
    /// Where the ref is; the tag object for an annotated tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Text<'a>>,
    /// Whether the ref is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
    /// Whether the ref was forced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced: Option<bool>,
    /// The commit the ref is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_commit: Option<Text<'a>>,
    /// What a verdict is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// What the verdict is, in GitHub's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<Text<'a>>,
    /// The commit the verdict is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text<'a>>,
    /// The environment the verdict is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Text<'a>>,
    /// When it came, in milliseconds since 1970.
    pub received_at: i64,
    /// The same for every telling of one push: 64 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<String>,
    /// The whole body, when bodies are passed on and this one fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a RawValue>,
    /// Where the whole body is, when it did not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<Stored<'a>>,
}

/// A body that was put aside, in S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<'a> {
    /// The bucket.
    #[serde(borrow)]
    pub bucket: Text<'a>,
    /// The object's key in it.
    pub key: Text<'a>,
    /// The SHA-256 of its bytes, 64 hex digits: whoever fetches it checks.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: usize,
}

impl<'a> Stored<'a> {
    /// The reference to `body` in a bucket.
    pub fn new(bucket: &'a str, key: &'a str, body: &str) -> Self {
        Self { bucket: bucket.into(), key: key.into(), sha256: hex(&Sha256::digest(body)), bytes: body.len() }
    }
}

impl<'a> Envelope<'a> {
    /// Puts into an envelope what a delivery says; nothing, when there is nothing to look at.
    pub fn new(delivery: &'a str, event: &'a str, read: Delivery<'a>, received_at: i64) -> Option<Self> {
        let base = Self {
            delivery: delivery.into(),
            event: event.into(),
            installation: read.installation,
            received_at,
            ..Self::default()
        };
        match read.says {
            Says::Nothing => None,
            Says::Push(repository, push) => Some(Self {
                push: Some(same_push(repository.id, &push)),
                r#ref: Some(push.r#ref),
                before: Some(push.before),
                after: Some(push.after),
                deleted: Some(push.deleted),
                forced: Some(push.forced),
                head_commit: push.head_commit,
                ..base.of(repository)
            }),
            Says::Verdict(repository, verdict) => Some(Self {
                name: verdict.name,
                conclusion: Some(verdict.conclusion),
                commit: Some(verdict.commit),
                environment: verdict.environment,
                ..base.of(repository)
            }),
        }
    }

    fn of(self, repository: Repository<'a>) -> Self {
        Self { repository: repository.full_name, repository_id: repository.id, ..self }
    }
}

/// What all tellings of one push have in common. Neither ids nor refs can hold a line break.
fn same_push(repository: u64, push: &Push<'_>) -> String {
    let text = format!("{repository}\n{}\n{}\n{}", &*push.r#ref, &*push.before, &*push.after);
    hex(&Sha256::digest(text))
}
