//! The shapes of the bodies: of each, the fields that are used. What a body has besides is passed over unread.
//!
//! Source of the names: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

use serde::Deserialize;

use crate::read::Repository;
use crate::text::Text;

/// The app's installation that a delivery came through; webhooks of a repository have none.
#[derive(Deserialize)]
pub(crate) struct Installation {
    pub(crate) id: u64,
}

/// Any event that is not one of those below.
#[derive(Deserialize)]
pub(crate) struct Other {
    pub(crate) installation: Option<Installation>,
}

#[derive(Deserialize)]
pub(crate) struct Push<'a> {
    pub(crate) installation: Option<Installation>,
    #[serde(borrow)]
    pub(crate) repository: Repository<'a>,
    pub(crate) r#ref: Text<'a>,
    pub(crate) before: Text<'a>,
    pub(crate) after: Text<'a>,
    pub(crate) deleted: bool,
    pub(crate) forced: bool,
    pub(crate) head_commit: Option<HeadCommit<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct HeadCommit<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

/// `check_run`, `check_suite` and `workflow_run`: the same shape under another name each.
#[derive(Deserialize)]
pub(crate) struct Checked<'a> {
    pub(crate) installation: Option<Installation>,
    #[serde(borrow)]
    pub(crate) repository: Repository<'a>,
    #[serde(alias = "check_suite", alias = "workflow_run")]
    pub(crate) check_run: Run<'a>,
}

#[derive(Deserialize)]
pub(crate) struct Run<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) conclusion: Option<Text<'a>>,
    pub(crate) head_sha: Text<'a>,
    pub(crate) app: Option<App<'a>>,
}

/// Who runs a check suite, which has no name of its own.
#[derive(Deserialize)]
pub(crate) struct App<'a> {
    #[serde(borrow)]
    pub(crate) slug: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Deployed<'a> {
    pub(crate) installation: Option<Installation>,
    #[serde(borrow)]
    pub(crate) repository: Repository<'a>,
    pub(crate) deployment: Deployment<'a>,
    pub(crate) deployment_status: DeploymentStatus<'a>,
}

#[derive(Deserialize)]
pub(crate) struct Deployment<'a> {
    #[serde(borrow)]
    pub(crate) sha: Text<'a>,
    pub(crate) task: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct DeploymentStatus<'a> {
    #[serde(borrow)]
    pub(crate) state: Text<'a>,
    pub(crate) environment: Option<Text<'a>>,
}

/// `status`: a commit's status.
#[derive(Deserialize)]
pub(crate) struct Status<'a> {
    pub(crate) installation: Option<Installation>,
    #[serde(borrow)]
    pub(crate) repository: Repository<'a>,
    pub(crate) sha: Text<'a>,
    pub(crate) context: Text<'a>,
    pub(crate) state: Text<'a>,
}
