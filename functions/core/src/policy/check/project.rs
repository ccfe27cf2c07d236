//! What holds for the whole project: its lines, its manifest repository.

use super::Findings;
use crate::ids::TagName;
use crate::policy::Policy;

pub(super) fn check(policy: &Policy, findings: &mut Findings<'_>) {
    findings.branch(&["trunk"], &policy.trunk);
    if findings.has(&["release_branches"]) {
        findings.patterns(&["release_branches"], policy.release_branches.iter().enumerate());
    }
    if let Some(manifests) = &policy.manifests {
        findings.branch(&["manifests", "branch"], &manifests.branch);
        let repository = manifests.repository.as_str();
        // Git would take the first for an option.
        if repository.trim().is_empty() || repository.starts_with('-') || repository.contains(char::is_control) {
            let message = format!("`{}` is not a repository", repository.escape_debug());
            findings.say(&["manifests", "repository"], message, "write a path, relative to this file, or a git URL");
        }
    }
}

impl Findings<'_> {
    /// Refuses what git would not take as a branch's name; its rules are those for tags, and `HEAD` is no branch.
    fn branch(&mut self, path: &[&str], name: &str) {
        if name == "HEAD" || TagName::try_from(name.to_owned()).is_err() {
            let message = format!("`{}` is not the name of a branch", name.escape_debug());
            self.say(path, message, "write it as `git branch` shows it: `main`");
        }
    }
}
