//! A chat and a topic: lines of text about what people have to know. Both are optional.

use trunkline_aws::events::{Secrets, Topic};
use trunkline_core::fact::{Entry, Fact};
use trunkline_core::view::tell::tell;
use trunkline_ports::failure::Failure;
use trunkline_wiring::{Hook, Project, Stack};

/// The secret in Secrets Manager that holds the address of a Slack-compatible webhook.
pub(crate) const WEBHOOK: &str = "TRUNKLINE_NOTIFY_WEBHOOK_SECRET_ID";

/// The topic of SNS that is told as well: its ARN.
pub(crate) const TOPIC: &str = "TRUNKLINE_NOTIFY_TOPIC";

/// Where people are told besides GitHub.
#[derive(Default)]
pub struct Chat {
    hook: Option<Hook>,
    topic: Option<Topic>,
}

impl Chat {
    /// Reads where people are to be told.
    ///
    /// # Errors
    /// As Secrets Manager answers; a refusal when what the secret holds is no address.
    pub async fn start(stack: &Stack, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let hook = match given(WEBHOOK) {
            Some(secret) => Some(Secrets::new(&stack.sdk).read(&secret, Hook::new).await??),
            None => None,
        };
        Ok(Self { hook, topic: given(TOPIC).map(|arn| Topic::new(&stack.sdk, &arn)) })
    }

    /// Tells the news that a person would want to be told.
    pub(crate) async fn tell(&self, project: &Project, news: &[&Entry]) -> Result<(), Failure> {
        let facts = news.iter().flat_map(|entry| &entry.facts).filter(|fact| matters(fact));
        let lines: Vec<String> = facts.map(|fact| format!("{}: {}", project.project, tell(fact))).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let text = lines.join("\n");
        if let Some(hook) = &self.hook {
            hook.post(&text).await?;
        }
        if let Some(topic) = &self.topic {
            topic.publish(&lines[0], &text).await?;
        }
        Ok(())
    }
}

/// What runs, what failed, what a person decided.
fn matters(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Running { .. }
            | Fact::BuildFailed { .. }
            | Fact::DeployFailed { .. }
            | Fact::Judged { passed: false, .. }
            | Fact::Yanked { .. }
            | Fact::Unyanked { .. }
            | Fact::Held { .. }
            | Fact::Released { .. }
            | Fact::LineRewritten { .. }
            | Fact::Drifted { .. }
            | Fact::Refused { .. }
    )
}
