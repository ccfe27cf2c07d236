//! Repositories for tests: the shared ones, and what only this adapter's tests need.

use std::path::Path;

pub(crate) use trunkline_contract::fixture::{Fixture, POLICY};

/// Git at `path`, apart from anybody's own settings.
pub(crate) fn apart(git: super::Git) -> super::Git {
    git.with("GIT_CONFIG_GLOBAL", "/dev/null").with("GIT_CONFIG_NOSYSTEM", "1")
}

/// How many processes of git a trace tells of, without those that git started itself.
pub(crate) fn processes(trace: &Path) -> usize {
    let trace = std::fs::read_to_string(trace).unwrap();
    let ours = |line: &&str| {
        line.contains(r#""event":"start""#)
            && !line
                .split(r#""sid":""#)
                .nth(1)
                .is_some_and(|sid| sid.split('"').next().is_some_and(|sid| sid.contains('/')))
    };
    trace.lines().filter(ours).count()
}
