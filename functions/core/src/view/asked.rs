//! What a ref asks for, and what became of it.

use crate::decide::decide;
use crate::ids::{Commit, Name, TagName, Time};
use crate::orders;
use crate::plan::{Plan, Refused, SHORT, subject};
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// What became of what a ref asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Why it stands refused, if it does.
    pub refusals: Vec<Refusal>,
    /// What else there is to say: it was passed over, or brings nothing.
    pub notices: Vec<String>,
}

/// What became of what `reference` (`refs/tags/v1`, `refs/heads/main`) asks for.
pub fn asked(state: &State, policy: &Policy, now: Time, reference: &str) -> Asked {
    let plan = decide(state, policy, now);
    let mut asked = Asked::default();
    if let Some(tag) = reference.strip_prefix("refs/tags/") {
        asked.tag(state, policy, now, &plan, tag);
    } else {
        let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        asked.branch(state, policy, &plan, branch);
    }
    asked
}

impl Asked {
    fn tag(&mut self, state: &State, policy: &Policy, now: Time, plan: &Plan, text: &str) {
        let tag: TagName = match text.parse() {
            Ok(tag) => tag,
            Err(refusal) => return self.refusals.push(refusal),
        };
        if !policy.environments.values().any(|environment| environment.on.tag(text)) {
            return self.refusals.push(orders::no_environment(policy, &tag));
        }
        let Some(seen) = state.tags.get(&tag).filter(|seen| !seen.gone) else {
            let refusal = Refusal::new(Code::Withdrawn, format!("the tag `{tag}` is not in the repository"));
            return self.refusals.push(refusal.help("fetch it first: `git fetch --tags`, or set it again"));
        };
        if seen.adopted {
            return self.notices.push(format!("`{tag}` is from before adoption, so it brings nothing"));
        }
        let takers = policy.environments.iter().filter(|(_, environment)| environment.on.tag(text));
        for (name, _) in takers {
            self.in_environment(state, policy, now, plan, name, &seen.commit, &tag);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "it is one step of `tag`, with all that one knows")]
    fn in_environment(
        &mut self,
        state: &State,
        policy: &Policy,
        now: Time,
        plan: &Plan,
        name: &Name,
        commit: &Commit,
        tag: &TagName,
    ) {
        let mine = subject(name, commit, Some(tag));
        let before = self.refusals.len();
        self.refusals.extend(plan.refusals.iter().filter(|refused| refused.subject == mine).map(refusal));
        if self.refusals.len() > before {
            return;
        }
        if state.bar(commit).is_some()
            && let Err(refusal) = orders::promote(state, policy, now, commit, tag)
        {
            return self.refusals.push(refusal);
        }
        let here = state.environments.get(name);
        let came = here.is_some_and(|here| {
            here.deployments.iter().any(|deployment| deployment.deploy.commit == *commit && deployment.failed.is_none())
        });
        let waits = plan.waiting.iter().any(|waiting| waiting.subject == mine || waiting.subject == name.as_str());
        if !came && !waits && !plan.actions.iter().any(|action| action.claim.lane() == format!("deploy {name}")) {
            let newest = here.and_then(|here| here.newest()).map(|newest| newest.deploy.commit.short(SHORT));
            let instead = newest.map(|newest| format!(": it runs {newest}, which is newer")).unwrap_or_default();
            self.notices.push(format!("`{tag}` was passed over in {name}{instead}"));
        }
    }

    fn branch(&mut self, state: &State, policy: &Policy, plan: &Plan, branch: &str) {
        let Some(head) = state.lines.get(branch).and_then(|line| line.commits.last()) else {
            return self.notices.push(format!("`{branch}` is no line that is released, so it brings nothing"));
        };
        let mut subjects = vec![format!("line {branch}"), format!("commit {}", head.short(SHORT))];
        if branch == policy.trunk {
            subjects.push("policy".to_owned());
        }
        subjects.extend(policy.environments.keys().map(|name| subject(name, head, None)));
        let mine = |refused: &&Refused| subjects.contains(&refused.subject);
        self.refusals.extend(plan.refusals.iter().filter(mine).map(refusal));
        for (name, cause) in state.contents(head).failed {
            self.refusals.push(crate::decide::words::build_failed(&name, head, &cause));
        }
    }
}

fn refusal(refused: &Refused) -> Refusal {
    refused.refusal.clone()
}
