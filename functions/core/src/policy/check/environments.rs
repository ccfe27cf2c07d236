//! Where commits go: what brings them, what comes before, how they are judged.

use super::Findings;
use super::graph::{Graph, arrows, circle};
use crate::ids::Name;
use crate::pattern::Pattern;
use crate::policy::words::{list, nearest};
use crate::policy::{After, Environment, Policy, Source, Verify};

pub(super) fn check(policy: &Policy, findings: &mut Findings<'_>) {
    for (name, environment) in &policy.environments {
        sources(policy, name, environment, findings);
        before(policy, name, environment, findings);
        let here = ["environments", name.as_str()];
        if let Some(soak) = environment.soak {
            findings.time(&[here[0], here[1], "soak"], "soak", soak);
            if environment.after.all().is_empty() {
                let help = "add `after` with the environment they soak in";
                findings.say(&[here[0], here[1], "soak"], format!("`{name}` has `soak`, but nothing to soak in"), help);
            }
        }
        if let Some(verify) = &environment.verify {
            judged(&[here[0], here[1], "verify"], verify, findings);
        }
        for artifact in environment.artifacts.keys().filter(|artifact| !policy.artifacts.contains_key(*artifact)) {
            let names: Vec<&str> = policy.artifacts.keys().map(Name::as_str).collect();
            let message = format!("`{name}` overrides `{artifact}`, and there is no such artifact");
            findings.say(&[here[0], here[1], "artifacts", artifact.as_str()], message, meant(artifact, &names));
        }
    }
    let graph: Graph<'_> =
        policy.environments.iter().map(|(name, environment)| (name, environment.after.all())).collect();
    if let Some(path) = circle(&graph).filter(|path| path.len() > 2) {
        let message = format!("`after` goes in a circle: {}", arrows(&path));
        findings.say(
            &["environments", path[0].as_str(), "after"],
            message,
            "remove one of them: no commit could be first anywhere",
        );
    }
}

fn meant(written: &Name, names: &[&str]) -> String {
    nearest(written.as_str(), names)
        .map_or_else(|| format!("this policy has {}", list(names)), |meant| format!("did you mean `{meant}`?"))
}

fn sources(policy: &Policy, name: &Name, environment: &Environment, findings: &mut Findings<'_>) {
    let path = ["environments", name.as_str(), "on"];
    let sources = environment.on.each();
    if sources.is_empty() {
        return findings.say(
            &path,
            format!("nothing brings commits to `{name}`"),
            "name `trunk` or a tag pattern: `on: \"v*\"`",
        );
    }
    let mut tags: Vec<(usize, &Pattern)> = Vec::new();
    let mut branches: Vec<(usize, &Pattern)> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        match source {
            Source::Word(word) if word.as_str() == "trunk" => {}
            Source::Word(word) if word.as_str() == policy.trunk => {
                let help = format!("for the branch write `trunk`; for a tag of this name, `{{ tag: {word} }}`");
                findings.say_of_item(&path, index, format!("`{word}` is the branch, and a word here is a tag"), help);
            }
            Source::Word(pattern) | Source::Tag { tag: pattern } => tags.push((index, pattern)),
            Source::Branch { branch } if policy.release_branches.is_empty() => {
                let help = if branch.as_str() == policy.trunk {
                    "it is trunk: write `on: trunk`".to_owned()
                } else {
                    format!("add `release_branches: [\"{branch}\"]` at the top of the policy")
                };
                findings.say_of_item(
                    &path,
                    index,
                    format!("`{branch}` names branches beside trunk, and the policy has none"),
                    help,
                );
            }
            Source::Branch { branch } => branches.push((index, branch)),
        }
    }
    for patterns in [tags, branches].into_iter().filter(|patterns| !patterns.is_empty()) {
        findings.patterns(&path, patterns);
    }
}

fn before(policy: &Policy, name: &Name, environment: &Environment, findings: &mut Findings<'_>) {
    let path = ["environments", name.as_str(), "after"];
    match &environment.after {
        After::All(names) => earlier(policy, name, &path, names, findings),
        After::ByLine(lines) => {
            for (line, names) in lines {
                let path = [&path[..], &[line]].concat();
                if line == "release" && policy.release_branches.is_empty() {
                    let help = "add `release_branches` at the top of the policy, or remove the line";
                    findings.say(&path, "`after` speaks of release branches, and the policy has none", help);
                }
                earlier(policy, name, &path, names, findings);
            }
        }
    }
}

fn earlier(policy: &Policy, name: &Name, path: &[&str], names: &[Name], findings: &mut Findings<'_>) {
    for (index, before) in names.iter().enumerate() {
        if before == name {
            findings.say_of_item(path, index, format!("`{name}` comes after itself"), "remove it");
        } else if !policy.environments.contains_key(before) {
            let known: Vec<&str> =
                policy.environments.keys().filter(|other| *other != name).map(Name::as_str).collect();
            let message = format!("`{name}` comes after `{before}`, and there is no such environment");
            findings.say_of_item(path, index, message, meant(before, &known));
        } else if names[..index].contains(before) {
            findings.say_of_item(path, index, format!("`{name}` comes after `{before}` twice"), "remove one");
        }
    }
}

fn judged(path: &[&str], verify: &Verify, findings: &mut Findings<'_>) {
    if verify.checks.is_empty() && verify.run.is_none() && verify.http.is_none() {
        findings.say(path, "`verify` has nothing to judge by", "add `checks`, `run` or `http`, or remove `verify`");
    }
    findings.time(&[path, &["within"]].concat(), "within", verify.within);
    if verify.run.as_ref().is_some_and(|run| run.trim().is_empty()) {
        findings.say(&[path, &["run"]].concat(), "`run` is empty", "write a command, or remove the key");
    }
    if let Some(http) = &verify.http {
        findings.http(&[path, &["http"]].concat(), http);
    }
    for (index, check) in verify.checks.iter().enumerate() {
        if verify.checks[..index].contains(check) {
            findings.say_of_item(
                &[path, &["checks"]].concat(),
                index,
                format!("the check `{check}` is there twice"),
                "remove one",
            );
        }
    }
}
