//! What git's words mean: something to mend, or something that may pass.

use trunkline_core::refusal::{Code, Refusal};
use trunkline_core::text::clean;
use trunkline_ports::failure::{Failure, Fault};

/// Words of a connection that failed: another time it may hold.
const PASSING: &[&str] = &[
    "could not resolve host",
    "temporary failure in name resolution",
    "connection refused",
    "connection reset",
    "connection timed out",
    "connection closed",
    "operation timed out",
    "network is unreachable",
    "no route to host",
    "failed to connect",
    "couldn't connect to server",
    "hung up unexpectedly",
    "early eof",
    "unexpected disconnect",
    "rpc failed",
    "empty reply from server",
    "kex_exchange_identification",
    "returned error: 429",
    "returned error: 5",
    ".lock': file exists",
];

/// Words of somebody who is not let in.
const DENIED: &[&str] = &[
    "authentication failed",
    "permission denied (",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "host key verification failed",
    "returned error: 401",
    "returned error: 403",
    "access denied",
];

/// Words of a repository that is not there, or that git does not trust.
const UNUSABLE: &[&str] = &[
    "not a git repository",
    "does not appear to be a git repository",
    "cannot change to",
    "repository not found",
    "' not found",
    "returned error: 404",
    "detected dubious ownership",
    "unknown repository extension",
    "expected git repo version",
    "transport '",
];

/// Words of a machine that is full.
const FULL: &[&str] = &["no space left on device", "disk quota exceeded", "read-only file system"];

/// What it means that `git verb` failed saying `noise`; `talks` when it spoke with another repository.
pub(crate) fn explain(verb: &str, noise: &str, talks: bool) -> Failure {
    let said = said(noise);
    let lower = noise.to_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let message = format!("git {verb}: {said}");
    if holds(FULL) {
        return Fault::lasting(message).into();
    }
    if holds(DENIED) {
        let help = "git must be let in without a question: check the credential helper, the token or the ssh key";
        return Refusal::new(Code::RepositoryUnusable, message).help(help).into();
    }
    if holds(PASSING) {
        return Fault::passing(message).into();
    }
    if holds(UNUSABLE) {
        let help = if lower.contains("dubious ownership") {
            "it belongs to another user; if you trust it: `git config --global --add safe.directory PATH`"
        } else {
            "check that the path or address is a git repository and that this user may read it"
        };
        return Refusal::new(Code::RepositoryUnusable, message).help(help).into();
    }
    if talks { Fault::passing(message).into() } else { Fault::lasting(message).into() }
}

/// What git said, on one line: its complaints if there are any, without names and passwords of addresses.
pub(crate) fn said(noise: &str) -> String {
    let complaint =
        |line: &&str| ["fatal:", "error:", "remote:", "! "].iter().any(|start| line.trim().starts_with(start));
    let complaints: Vec<&str> = noise.lines().filter(complaint).collect();
    let lines = if complaints.is_empty() { noise.lines().collect() } else { complaints };
    let lines = lines.iter().map(|line| line.trim().trim_start_matches("fatal: ").trim_start_matches("error: "));
    let text = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    if text.is_empty() { "it failed without a word".to_owned() } else { clean(&without_secrets(&text), 1000) }
}

/// The text with the part before `@` taken out of every address: it may hold a token.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut parts = text.split("://");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let host = part.find(|char: char| char == '/' || char == '\'' || char.is_whitespace()).unwrap_or(part.len());
        let start = part[..host].rfind('@').map_or(0, |at| at + 1);
        result.push_str("://");
        result.push_str(&part[start..]);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn kind(noise: &str) -> String {
        match explain("fetch", noise, true) {
            Failure::Refused(refusal) => refusal.code.to_string(),
            Failure::Fault(fault) => format!("again: {}", fault.again),
        }
    }

    #[test]
    fn a_broken_connection_may_pass_and_a_missing_repository_does_not() {
        assert_eq!(kind("fatal: unable to access 'https://x/': Could not resolve host: x"), "again: true");
        assert_eq!(kind("fatal: unable to access 'https://x/': The requested URL returned error: 503"), "again: true");
        assert_eq!(kind("fatal: '/x' does not appear to be a git repository"), "repository-unusable");
        assert_eq!(kind("fatal: Authentication failed for 'https://x/'"), "repository-unusable");
        assert_eq!(kind("error: file write error: No space left on device"), "again: false");
        assert_eq!(kind("something never heard of"), "again: true");
        // Said alone, it is a connection that ended before a word came; who is not let in is told more.
        assert_eq!(kind("fatal: Could not read from remote repository."), "again: true");
    }

    #[test]
    fn a_token_in_an_address_is_not_told() {
        let noise = "fatal: unable to access 'https://bot:s3cret@host.example/a.git/': timed out";
        assert_eq!(said(noise), "unable to access 'https://host.example/a.git/': timed out");
    }
}
