//! What people read on GitHub: how a commit's deployments go, a check run that says where the commit is, a comment when it is yanked.

use std::collections::BTreeSet;

use trunkline_core::fact::{Claim, Entry, Fact};
use trunkline_core::ids::{Commit, Name};
use trunkline_core::plan::SHORT;
use trunkline_core::state::{Deployment, State};
use trunkline_core::view;
use trunkline_github::told::{Check, Conclusion, State as Goes, Status, Told};
use trunkline_ports::clock::Clock as _;
use trunkline_ports::failure::{Failure, Fault};
use trunkline_wiring::{Project, Stack, System};

/// The check run's name.
const CHECK: &str = "trunkline";

/// What the news are about.
#[derive(Default)]
struct About {
    commits: BTreeSet<Commit>,
    deployments: BTreeSet<(Name, u64)>,
    yanked: BTreeSet<Commit>,
}

/// Brings GitHub up to date. What GitHub refuses (a token that may not write check runs) is said in the log and stops nothing else.
pub(crate) async fn tell(
    stack: &Stack,
    project: &Project,
    state: &State,
    entries: &[Entry],
    news: &[&Entry],
) -> Result<(), Failure> {
    let about = About::of(state, news);
    let told = Told::new(stack.github.clone(), project.repository()?);
    for (environment, number) in &about.deployments {
        let deployment = state.environments.get(environment).and_then(|here| here.deployment(*number));
        if let Some((deployment, status)) = deployment.and_then(|deployment| Some((deployment, status(deployment)?))) {
            go_on(told.deploying(&deployment.deploy.commit, environment, &status).await)?;
        }
    }
    for commit in &about.commits {
        if let Some(check) = check(state, entries, commit) {
            go_on(told.check(commit, &check).await)?;
        }
    }
    for commit in &about.yanked {
        if let (Some(yank), Some(known)) = (state.yanks.get(commit), state.revisions.get(commit)) {
            let text = format!(
                "This commit is barred everywhere: {}\n\nBy {}. {}: mend it in a new commit; if this is a mistake, `trunkline unyank {}`.",
                yank.reason,
                yank.by,
                known.revision.author,
                commit.short(SHORT),
            );
            go_on(told.comment(commit, &format!("yank-{}", yank.at.0), &text).await)?;
        }
    }
    Ok(())
}

/// A refusal of GitHub's stops nobody; a fault is tried again.
fn go_on(ended: Result<(), Failure>) -> Result<(), Fault> {
    match ended {
        Ok(()) => Ok(()),
        Err(Failure::Refused(refusal)) => {
            trunkline_wiring::trouble("notify", &refusal.to_string());
            Ok(())
        }
        Err(Failure::Fault(fault)) => Err(fault),
    }
}

impl About {
    fn of(state: &State, news: &[&Entry]) -> Self {
        let mut about = Self::default();
        for entry in news {
            for fact in &entry.facts {
                about.add(entry, fact);
            }
        }
        let deployed = about.deployments.iter().filter_map(|(environment, number)| {
            Some(state.environments.get(environment)?.deployment(*number)?.deploy.commit.clone())
        });
        let deployed: Vec<Commit> = deployed.collect();
        about.commits.extend(deployed);
        about
    }

    fn add(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::Started { claim: Claim::Deploy(deploy), .. } => {
                self.deployments.insert((deploy.environment.clone(), entry.number));
            }
            Fact::Written { claim, environment } | Fact::DeployFailed { claim, environment, .. } => {
                self.deployments.insert((environment.clone(), *claim));
            }
            Fact::Running { environment, deployment } | Fact::Judged { environment, deployment, .. } => {
                self.deployments.insert((environment.clone(), *deployment));
            }
            Fact::Built { commit, .. } | Fact::BuildFailed { commit, .. } | Fact::Unyanked { commit, .. } => {
                self.commits.insert(commit.clone());
            }
            Fact::Yanked { commit, .. } => {
                self.commits.insert(commit.clone());
                self.yanked.insert(commit.clone());
            }
            _ => {}
        }
    }
}

/// How a deployment goes, in GitHub's words.
fn status(deployment: &Deployment) -> Option<Status> {
    let (state, description) = if let Some(failed) = &deployment.failed {
        (Goes::Failure, failed.message.clone())
    } else if deployment.disproved() {
        let failed = deployment.judgements.iter().find(|(_, judgement)| !judgement.passed);
        (Goes::Failure, failed.map_or_else(String::new, |(check, _)| format!("the check {check} failed")))
    } else if deployment.ended.is_some() {
        // GitHub makes it inactive itself when another one succeeds.
        return None;
    } else if deployment.running.is_some() {
        (Goes::Success, "it runs".to_owned())
    } else if deployment.written.is_some() {
        (Goes::InProgress, "it is written, and not seen to run yet".to_owned())
    } else {
        (Goes::InProgress, "it is being written".to_owned())
    };
    Some(Status { state, description, log_url: String::new() })
}

/// What a commit's check run says: where the commit is, and what happened to it.
fn check(state: &State, entries: &[Entry], commit: &Commit) -> Option<Check> {
    let policy = state.policy()?;
    let found = view::where_is(state, &policy, commit, System.now(), entries).ok()?;
    let (conclusion, title) = match (&found.yanked, failed(state, commit), state.unbuilt.contains(commit)) {
        (Some(_), ..) => (Some(Conclusion::Failure), "yanked".to_owned()),
        (None, true, _) => (Some(Conclusion::Failure), "it cannot be built".to_owned()),
        (None, false, true) => (None, "being built".to_owned()),
        (None, false, false) => {
            let places: Vec<&str> = found.environments.iter().map(Name::as_str).collect();
            let title = if places.is_empty() { "built".to_owned() } else { format!("in {}", places.join(", ")) };
            (Some(Conclusion::Success), title)
        }
    };
    let summary = format!("```text\n{}\n```", found.to_string().replace("```", "` ` `"));
    Some(Check { name: CHECK.to_owned(), conclusion, title, summary })
}

fn failed(state: &State, commit: &Commit) -> bool {
    let keys = state.revisions.get(commit).map(|known| &known.revision.keys);
    keys.is_some_and(|keys| {
        keys.iter().any(|(artifact, key)| {
            matches!(state.build(artifact, key), Some(trunkline_core::state::Build::Failed { .. }))
        })
    })
}
