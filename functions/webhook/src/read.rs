//! From GitHub's words to ours.

use serde::{Deserialize, Serialize};

use crate::bodies::{Checked, Deployed, Installation, Other, Push as PushBody, Status};
use crate::text::Text;

/// What a delivery says, and through which installation of the app it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// The installation's id; nothing for a webhook of a repository or an organization.
    pub installation: Option<u64>,
    /// What happened.
    pub says: Says<'a>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says<'a> {
    /// A branch or a tag was made, moved or deleted.
    Push(Repository<'a>, Push<'a>),
    /// A check, a workflow, a deployment or a commit's status came to a conclusion.
    Verdict(Repository<'a>, Verdict<'a>),
    /// Nothing anyone has to look at: a ping, a check that only began, an event that is not ours.
    Nothing,
}

/// The repository it happened in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Repository<'a> {
    /// Its id, which stays when it is renamed.
    pub id: u64,
    /// `owner/name`.
    #[serde(borrow)]
    pub full_name: Text<'a>,
}

/// One ref's move. A ref that is made moves from forty zeros, one that is deleted moves to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Push<'a> {
    /// The full ref, `refs/heads/…` or `refs/tags/…`.
    pub r#ref: Text<'a>,
    /// The object the ref was on.
    pub before: Text<'a>,
    /// The object the ref is on. For an annotated tag that is the tag itself, which nothing was ever built from.
    pub after: Text<'a>,
    /// Whether the ref is gone.
    pub deleted: bool,
    /// Whether it moved to something that does not follow from what it was on.
    pub forced: bool,
    /// The commit the ref is on, an annotated tag's too; nothing when the ref is gone.
    pub head_commit: Option<Text<'a>>,
}

/// What something said about a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict<'a> {
    /// The check's name, the app of a suite, the workflow's name, the deployment's task, the status's context.
    pub name: Option<Text<'a>>,
    /// GitHub's word for how it ended: `success`, `failure`, `cancelled`, …
    pub conclusion: Text<'a>,
    /// The commit it is about.
    pub commit: Text<'a>,
    /// The environment of a deployment's status.
    pub environment: Option<Text<'a>>,
}

/// A body that is not what the event's name promises.
///
/// Says where, never what: a body's text is nobody's business but the sender's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not the JSON of a `{event}` event: line {line}, column {column}")]
pub struct Unreadable {
    event: String,
    line: usize,
    column: usize,
}

/// Reads the JSON of a delivery whose header `X-GitHub-Event` says `event`.
///
/// # Errors
/// [`Unreadable`] for text that is no JSON object, and for one that lacks what such an event has. An event that is not
/// known here has to be an object, and is [`Says::Nothing`].
pub fn read<'a>(event: &str, body: &'a str) -> Result<Delivery<'a>, Unreadable> {
    let unreadable =
        |error: serde_json::Error| Unreadable { event: event.to_owned(), line: error.line(), column: error.column() };
    match event {
        "push" => serde_json::from_str(body).map(pushed),
        "check_run" | "check_suite" | "workflow_run" => serde_json::from_str(body).map(checked),
        "deployment_status" => serde_json::from_str(body).map(deployed),
        "status" => serde_json::from_str(body).map(stated),
        _ => serde_json::from_str(body).map(|Other { installation }| delivery(installation, Says::Nothing)),
    }
    .map_err(unreadable)
}

fn delivery(installation: Option<Installation>, says: Says<'_>) -> Delivery<'_> {
    Delivery { installation: installation.map(|installation| installation.id), says }
}

fn pushed(body: PushBody<'_>) -> Delivery<'_> {
    let PushBody { installation, repository, r#ref, before, after, deleted, forced, head_commit } = body;
    let push = Push { r#ref, before, after, deleted, forced, head_commit: head_commit.map(|commit| commit.id) };
    delivery(installation, Says::Push(repository, push))
}

/// A check that has only begun has no conclusion.
fn checked(body: Checked<'_>) -> Delivery<'_> {
    let run = body.check_run;
    let says = match run.conclusion {
        None => Says::Nothing,
        Some(conclusion) => {
            let name = run.name.or_else(|| run.app.and_then(|app| app.slug));
            Says::Verdict(body.repository, Verdict { name, conclusion, commit: run.head_sha, environment: None })
        }
    };
    delivery(body.installation, says)
}

fn deployed(body: Deployed<'_>) -> Delivery<'_> {
    let says = concluded(
        body.repository,
        Verdict {
            name: body.deployment.task,
            conclusion: body.deployment_status.state,
            commit: body.deployment.sha,
            environment: body.deployment_status.environment,
        },
    );
    delivery(body.installation, says)
}

fn stated(body: Status<'_>) -> Delivery<'_> {
    let verdict = Verdict { name: Some(body.context), conclusion: body.state, commit: body.sha, environment: None };
    delivery(body.installation, concluded(body.repository, verdict))
}

/// States of deployments and statuses say with a word of their own that there is no conclusion yet.
fn concluded<'a>(repository: Repository<'a>, verdict: Verdict<'a>) -> Says<'a> {
    match &*verdict.conclusion {
        "pending" | "queued" | "in_progress" => Says::Nothing,
        _ => Says::Verdict(repository, verdict),
    }
}
