//! What people ask for, turned into facts under the same rules, or refused at once.
//!
//! Each function looks at what is known and gives the facts to append; nothing is done before they are in the ledger.

use crate::decide::{Gate, Known, RUNNING, Request, gate, words};
use crate::deployment::Bytes;
use crate::fact::{Fact, ManifestText};
use crate::ids::{Commit, Name, TagName, Time};
use crate::plan::SHORT;
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::state::{Deployment, Environment, State};

/// Bars a commit, with what it brought.
///
/// # Errors
/// [`Code::UnknownRevision`] when it is on no line, [`Code::Barred`] when it is yanked already.
pub fn yank(state: &State, commit: &Commit, reason: &str) -> Result<Fact, Refusal> {
    on_line(state, commit)?;
    if let Some(yank) = state.yanks.get_key_value(commit) {
        return Err(words::barred(commit, yank));
    }
    let (keys, digests) = state.brought(commit);
    Ok(Fact::Yanked { commit: commit.clone(), keys, digests, reason: reason.to_owned(), because: None })
}

/// Takes a bar back.
///
/// # Errors
/// [`Code::NotYanked`] when there is none, [`Code::ArtifactMissing`] when its bytes are erased: the tombstone stays.
pub fn unyank(state: &State, commit: &Commit, reason: &str) -> Result<Fact, Refusal> {
    let Some(yank) = state.yanks.get(commit) else {
        let short = commit.short(SHORT);
        let carries = state.bar(commit).map(|(yanked, _)| yanked.short(SHORT));
        let refusal = Refusal::new(Code::NotYanked, format!("{short} is not yanked"));
        return Err(match carries {
            Some(yanked) => {
                refusal.help(format!("it carries what {yanked} brought: `trunkline unyank {yanked} --reason …`"))
            }
            None => refusal,
        });
    };
    if let Some(erased) = yank.digests.iter().find(|digest| state.erased.contains(*digest)) {
        return Err(Refusal::new(
            Code::ArtifactMissing,
            format!("{} brought {erased}, which is erased", commit.short(SHORT)),
        )
        .help("make a new commit with the same change: it is built anew"));
    }
    Ok(Fact::Unyanked { commit: commit.clone(), reason: reason.to_owned() })
}

/// Holds an environment, or all of them.
///
/// # Errors
/// [`Code::UnknownEnvironment`].
pub fn hold(policy: &Policy, environment: Option<&Name>, reason: &str) -> Result<Vec<Fact>, Refusal> {
    let hold =
        |environment: &Name| Fact::Held { environment: environment.clone(), reason: reason.to_owned(), because: None };
    match environment {
        Some(name) => known_environment(policy, name).map(|()| vec![hold(name)]),
        None => Ok(policy.environments.keys().map(hold).collect()),
    }
}

/// Gives an environment back to automation, or all that are held.
///
/// # Errors
/// [`Code::UnknownEnvironment`], or [`Code::NotHeld`] when there is nothing to release.
pub fn release(
    state: &State,
    policy: &Policy,
    environment: Option<&Name>,
    reason: Option<&str>,
) -> Result<Vec<Fact>, Refusal> {
    let held =
        |name: &Name| state.environments.get(name).is_some_and(|here| here.held.is_some() || here.torn.is_some());
    let release = |name: &Name| Fact::Released { environment: name.clone(), reason: reason.map(str::to_owned) };
    let facts: Vec<Fact> = match environment {
        Some(name) => {
            known_environment(policy, name)?;
            held(name).then(|| release(name)).into_iter().collect()
        }
        None => policy.environments.keys().filter(|name| held(name)).map(release).collect(),
    };
    if facts.is_empty() {
        let which = environment.map_or("no environment".to_owned(), |name| format!("{name} is not held; nothing"));
        return Err(Refusal::new(Code::NotHeld, format!("{which} is held")).help("`trunkline status` shows what is"));
    }
    Ok(facts)
}

/// Asks for a commit in an environment, under the same rules; without one, for what it should run now, once more.
///
/// # Errors
/// [`Code::UnknownEnvironment`], and what the rules refuse now.
pub fn deploy(
    state: &State,
    policy: &Policy,
    now: Time,
    name: &Name,
    commit: Option<&Commit>,
    reason: Option<&str>,
) -> Result<Fact, Refusal> {
    known_environment(policy, name)?;
    let here = state.environments.get(name);
    let last = here.and_then(|here| here.deployments.last()).map(|last| &last.deploy.commit);
    let trunk = state.lines.get(&policy.trunk).and_then(|line| line.commits.last());
    let Some(commit) = commit.or(last).or(trunk) else { return Err(words::policy_missing()) };
    on_line(state, commit)?;
    let request = Request { commit, tag: None };
    if let Gate::Refuse(refusal) = gate(Known { state, policy, now }, request, &policy.environments[name]) {
        // A build that failed is tried again by `build`, a deployment that failed by this very order.
        return Err(refusal);
    }
    Ok(Fact::DeployOrdered { environment: name.clone(), commit: commit.clone(), reason: reason.map(str::to_owned) })
}

/// Asks for an earlier good commit, and holds the environment there.
///
/// # Errors
/// [`Code::UnknownEnvironment`], or [`Code::NothingToReturnTo`] when no good commit is known or the one named is not.
pub fn rollback(
    state: &State,
    policy: &Policy,
    name: &Name,
    to: Option<&Commit>,
    reason: &str,
) -> Result<Fact, Refusal> {
    known_environment(policy, name)?;
    let commit = match to {
        None => state.last_good(name).map(|good| &good.deploy.commit).ok_or_else(|| {
            Refusal::new(Code::NothingToReturnTo, format!("no good commit ran in {name} before what it runs now"))
                .help("`trunkline log` shows what did")
        })?,
        Some(commit) => {
            let ran = |deployment: &&Deployment| deployment.deploy.commit == *commit && deployment.running.is_some();
            let here = state.environments.get(name);
            let usable = here.and_then(|here| here.deployments.iter().rev().filter(ran).find(|ran| state.usable(ran)));
            usable.map(|deployment| &deployment.deploy.commit).ok_or_else(|| words::not_usable(name, commit))?
        }
    };
    Ok(Fact::RollbackOrdered { environment: name.clone(), commit: commit.clone(), reason: reason.to_owned() })
}

/// Records what a check said of the newest deployment of a commit in an environment.
///
/// # Errors
/// [`Code::NothingToJudge`] when the commit does not run there, or the check is none of the environment's.
pub fn verdict(
    state: &State,
    policy: &Policy,
    environment: &Name,
    commit: &Commit,
    check: &Name,
    passed: bool,
    reason: Option<&str>,
) -> Result<Fact, Refusal> {
    known_environment(policy, environment)?;
    let judged = state.environments.get(environment).and_then(|here| newest_of(here, commit)).ok_or_else(|| {
        Refusal::new(Code::NothingToJudge, format!("{} was never deployed to {environment}", commit.short(SHORT)))
            .help("a verdict judges a deployment: `trunkline where COMMIT` shows where it is")
    })?;
    if !judged.deploy.checks.contains(check) && check.as_str() != RUNNING {
        let checks: Vec<&str> = judged.deploy.checks.iter().map(Name::as_str).collect();
        return Err(Refusal::new(Code::NothingToJudge, format!("`{check}` is no check of {environment}")).help(
            format!("its checks are: {}", if checks.is_empty() { "none".to_owned() } else { checks.join(", ") }),
        ));
    }
    Ok(Fact::Judged {
        claim: None,
        environment: environment.clone(),
        deployment: judged.number,
        check: check.clone(),
        passed,
        reason: reason.map(str::to_owned),
    })
}

fn newest_of<'a>(here: &'a Environment, commit: &Commit) -> Option<&'a Deployment> {
    let written = here.deployments.iter().rev().filter(|deployment| deployment.written.is_some());
    written.into_iter().find(|deployment| deployment.deploy.commit == *commit)
}

/// Adopts bytes that something else built.
///
/// # Errors
/// [`Code::UnknownArtifact`] when the commit has no such artifact, [`Code::AlreadyRecorded`] when other bytes are recorded or built for it.
pub fn record(
    state: &State,
    commit: &Commit,
    artifact: &Name,
    bytes: Bytes,
    size: u64,
    manifest: Option<ManifestText>,
    reason: Option<&str>,
) -> Result<Option<Fact>, Refusal> {
    let known = on_line(state, commit)?;
    let revision = &known.revision;
    if !revision.adopted.contains(artifact) && !revision.keys.contains_key(artifact) {
        let names = revision.adopted.iter().chain(revision.keys.keys()).map(Name::as_str);
        return Err(Refusal::new(
            Code::UnknownArtifact,
            format!("{} has no artifact `{artifact}`", commit.short(SHORT)),
        )
        .help(format!("its policy names: {}", names.collect::<Vec<_>>().join(", "))));
    }
    match state.contents(commit).artifacts.get(artifact) {
        Some(there) if there.digest == bytes.digest => return Ok(None),
        Some(there) => {
            return Err(Refusal::new(
                Code::AlreadyRecorded,
                format!("{artifact} of {} is {}", commit.short(SHORT), there.digest),
            )
            .help("a commit has one artifact of each name, for ever: make a new commit"));
        }
        None => {}
    }
    let (commit, artifact, reason) = (commit.clone(), artifact.clone(), reason.map(str::to_owned));
    Ok(Some(Fact::Recorded { commit, artifact, bytes, size, manifest, reason }))
}

/// Asks for builds of a commit that failed to be tried again; nothing when none did.
///
/// # Errors
/// [`Code::UnknownRevision`] when it is on no line.
pub fn build(state: &State, commit: &Commit, reason: Option<&str>) -> Result<Option<Fact>, Refusal> {
    on_line(state, commit)?;
    if let Some(bar) = state.bar(commit) {
        return Err(words::barred(commit, bar));
    }
    let failed = !state.contents(commit).failed.is_empty();
    Ok(failed.then(|| Fact::BuildOrdered { commit: commit.clone(), reason: reason.map(str::to_owned) }))
}

/// Accepts the new course of a line that was rewritten.
///
/// # Errors
/// [`Code::LineRewritten`] when it was not, or its head moved on since it was observed.
pub fn accept(state: &State, line: &str, reason: &str) -> Result<Fact, Refusal> {
    let course = state.lines.get(line).and_then(|line| line.rewritten.as_ref());
    let Some(head) = course.and_then(|course| course.head()) else {
        return Err(Refusal::new(
            Code::LineRewritten,
            format!("`{line}` was not rewritten: there is nothing to accept"),
        ));
    };
    Ok(Fact::Accepted { line: line.to_owned(), head: head.clone(), reason: reason.to_owned() })
}

/// Checks that a tag may be set on a commit to promote it.
///
/// # Errors
/// [`Code::NoEnvironment`] when no environment takes the tag, [`Code::TagMoved`] when it names another commit, and what the rules refuse now.
pub fn promote(state: &State, policy: &Policy, now: Time, commit: &Commit, tag: &TagName) -> Result<(), Refusal> {
    on_line(state, commit)?;
    if let Some(other) = state.tags.get(tag).filter(|other| other.commit != *commit) {
        return Err(words::tag_moved(tag, &other.commit, commit));
    }
    let mut takers = policy.environments.iter().filter(|(_, environment)| environment.on.tag(tag.as_str())).peekable();
    if takers.peek().is_none() {
        return Err(no_environment(policy, tag));
    }
    for (_, environment) in takers {
        let request = Request { commit, tag: Some(tag) };
        if let Gate::Refuse(refusal) = gate(Known { state, policy, now }, request, environment) {
            return Err(refusal);
        }
    }
    Ok(())
}

/// The refusal of a tag that no environment takes.
pub fn no_environment(policy: &Policy, tag: &TagName) -> Refusal {
    let mut patterns: Vec<String> = Vec::new();
    for (name, environment) in &policy.environments {
        patterns.extend(environment.on.tags().map(|pattern| format!("`{pattern}` ({name})")));
    }
    let help = if patterns.is_empty() {
        "no environment of `trunkline.yaml` takes tags".to_owned()
    } else {
        format!("environments take {}", patterns.join(", "))
    };
    Refusal::new(Code::NoEnvironment, format!("no environment takes the tag `{tag}`")).help(help)
}

fn known_environment(policy: &Policy, name: &Name) -> Result<(), Refusal> {
    if policy.environments.contains_key(name) {
        return Ok(());
    }
    let names: Vec<&str> = policy.environments.keys().map(Name::as_str).collect();
    Err(Refusal::new(Code::UnknownEnvironment, format!("there is no environment `{name}`"))
        .help(format!("`trunkline.yaml` names: {}", names.join(", "))))
}

fn on_line<'a>(state: &'a State, commit: &Commit) -> Result<&'a crate::state::Known, Refusal> {
    state.on_line(commit).ok_or_else(|| words::unobserved(commit))
}
