//! Every sentence a refusal of the rules says.

use std::time::Duration;

use crate::ids::{Commit, Digest, ImageTag, Name, TagName};
use crate::plan::{SHORT, short};
use crate::refusal::{Code, Refusal};
use crate::state::Yank;

pub(crate) fn too_old(number: u64) -> Refusal {
    Refusal::new(Code::TooOld, format!("entry {number} of the ledger was written by a newer version of Trunkline"))
        .help("nothing is done until this worker is updated to that version or a newer one")
}

pub(crate) fn policy_missing() -> Refusal {
    Refusal::new(Code::PolicyMissing, "the newest commit of trunk has no `trunkline.yaml`")
        .help("`trunkline init` writes one; commit it to trunk")
}

pub(crate) fn line_rewritten(line: &str, from: Option<&Commit>, to: Option<&Commit>) -> Refusal {
    let short = |commit: Option<&Commit>| commit.map_or("nothing", |commit| commit.short(SHORT)).to_owned();
    Refusal::new(
        Code::LineRewritten,
        format!("`{line}` was rewritten: {} is no first-parent ancestor of its head {}", short(from), short(to)),
    )
    .help(format!("put the branch back, or accept its new course: `trunkline accept {line} --reason …`"))
}

pub(crate) fn line_gone(line: &str) -> Refusal {
    Refusal::new(Code::LineGone, format!("the branch `{line}` is not there any more"))
        .help("restore it, or name another trunk in `trunkline.yaml`")
}

pub(crate) fn suspended(commit: &Commit) -> Refusal {
    Refusal::new(
        Code::LineRewritten,
        format!("{} is on the old course of a line that was rewritten", commit.short(SHORT)),
    )
    .help("accept the new course first: `trunkline accept LINE --reason …`")
}

pub(crate) fn left_behind(commit: &Commit) -> String {
    format!("{} was left behind when its line was rewritten: it stays until something newer comes", commit.short(SHORT))
}

pub(crate) fn not_seen(environment: &Name, commit: &Commit) -> String {
    format!("{} was not seen to run in time: `trunkline deploy {environment}` tries it again", commit.short(SHORT))
}

pub(crate) fn build_failed(artifact: &Name, commit: &Commit, cause: &Refusal) -> Refusal {
    let built = format!("{artifact} cannot be built from {}: {}", commit.short(SHORT), cause.message);
    let again = format!("after mending what is around it, try again: `trunkline build {}`", commit.short(SHORT));
    let help = cause.help.as_ref().map_or_else(|| again.clone(), |help| format!("{help}; {again}"));
    Refusal { code: Code::BuildFailed, message: built, help: Some(help), place: cause.place.clone() }
}

pub(crate) fn nothing_built(commit: &Commit) -> Refusal {
    Refusal::new(Code::NothingBuilt, format!("{} has no artifact to deploy", commit.short(SHORT)))
        .help("its `trunkline.yaml` names none; tag a commit that has one")
}

pub(crate) fn tag_taken(repository: &str, tag: &ImageTag, other: &Digest) -> Refusal {
    Refusal::new(Code::TagMoved, format!("`{repository}:{tag}` is on another image, {}", short(other.as_str())))
        .help("a tag names one image for ever: use another tag, or a longer `sha_length` if it is a commit's")
}

pub(crate) fn barred(commit: &Commit, (yanked, yank): (&Commit, &Yank)) -> Refusal {
    let short = commit.short(SHORT);
    let which = if commit == yanked {
        "is yanked".to_owned()
    } else {
        format!("carries all that {} brought, which is yanked", yanked.short(SHORT))
    };
    Refusal::new(Code::Barred, format!("{short} {which}: {} ({})", yank.reason, yank.by)).help(format!(
        "mend it in a new commit; if the yank was a mistake: `trunkline unyank {} --reason …`",
        yanked.short(SHORT)
    ))
}

pub(crate) fn lost(artifact: &Name, digest: &Digest) -> Refusal {
    Refusal::new(
        Code::ArtifactMissing,
        format!("the bytes of {artifact}, {}, were erased after a yank", short(digest.as_str())),
    )
    .help(format!("change a file that {artifact} watches: a new commit has new bytes"))
}

pub(crate) fn not_on_line(tag: &TagName, commit: &Commit, nearest: Option<&Commit>) -> Refusal {
    let refusal = Refusal::new(
        Code::NotOnLine,
        format!(
            "`{tag}` names {}, which is on no line that is released: not on trunk since adoption, nor on a release branch",
            commit.short(SHORT)
        ),
    );
    match nearest {
        Some(nearest) => {
            refusal.help(format!("the nearest commit that is on trunk is {}: tag that one", nearest.short(SHORT)))
        }
        None => refusal.help("merge it first, and tag the commit that trunk then has"),
    }
}

pub(crate) fn tag_moved(tag: &TagName, first: &Commit, now: &Commit) -> Refusal {
    Refusal::new(
        Code::TagMoved,
        format!(
            "`{tag}` was moved from {} to {}: a promotion tag names one commit for ever",
            first.short(SHORT),
            now.short(SHORT)
        ),
    )
    .help(format!("put it back, and set a new tag on {}", now.short(SHORT)))
}

pub(crate) fn diverged(environment: &Name, commit: &Commit, running: &Commit) -> Refusal {
    let (new, old) = (commit.short(SHORT), running.short(SHORT));
    Refusal::new(
        Code::Diverged,
        format!("{new} and {old}, which {environment} runs, are on lines that diverged, and no versions in their tags order them"),
    )
    .help(format!("if {new} shall run there: `trunkline deploy {environment} --commit {new}`"))
}

pub(crate) fn not_verified(before: &Name, commit: &Commit, failed: Option<&Name>) -> Refusal {
    let short = commit.short(SHORT);
    match failed {
        Some(check) => Refusal::new(Code::NotVerified, format!("the bytes of {short} failed `{check}` in {before}"))
            .help("mend it in a new commit"),
        None => Refusal::new(
            Code::NotVerified,
            format!("the bytes of {short} ran in {before}, and nobody said that they are good"),
        )
        .help(format!(
            "record the missing verdict: `trunkline verdict {short} --environment {before} --check NAME --passed`"
        )),
    }
}

pub(crate) fn never_ran(before: &Name, commit: &Commit, instead: Option<&Commit>) -> Refusal {
    let short = commit.short(SHORT);
    let deploy = format!("deploy it there: `trunkline deploy {before} --commit {short}`");
    match instead {
        Some(instead) => Refusal::new(
            Code::Superseded,
            format!("{short} was superseded by {} before it ever ran in {before}", instead.short(SHORT)),
        )
        .help(format!("tag {} instead, or {deploy}", instead.short(SHORT))),
        None => Refusal::new(Code::NeverRan, format!("{short} never ran in {before}, and nothing brings it there"))
            .help(deploy),
    }
}

pub(crate) fn failed_there(before: &Name, commit: &Commit, cause: &Refusal) -> Refusal {
    let short = commit.short(SHORT);
    Refusal::new(Code::NeverRan, format!("{short} could not be deployed to {before}: {}", cause.message))
        .help(format!("mend what stopped it, then `trunkline deploy {before} --commit {short}`"))
}

pub(crate) fn not_soaked(before: &Name, commit: &Commit, soak: Duration, ran: Duration) -> Refusal {
    let short = commit.short(SHORT);
    Refusal::new(
        Code::NotSoaked,
        format!("the bytes of {short} ran in {before} for {} s, and must for {} s", ran.as_secs(), soak.as_secs()),
    )
    .help(format!(
        "tag a commit that ran longer, or deploy it there again: `trunkline deploy {before} --commit {short}`"
    ))
}

pub(crate) fn deploy_failed(environment: &Name, commit: &Commit, cause: &Refusal) -> Refusal {
    let short = commit.short(SHORT);
    let again = format!("then try again: `trunkline deploy {environment} --commit {short}`");
    let help =
        cause.help.as_ref().map_or_else(|| format!("mend what stopped it, {again}"), |help| format!("{help}; {again}"));
    Refusal {
        code: Code::DeployFailed,
        message: format!("{short} could not be deployed to {environment}: {}", cause.message),
        help: Some(help),
        place: cause.place.clone(),
    }
}

pub(crate) fn torn(environment: &Name, cause: &Refusal) -> Refusal {
    Refusal::new(
        Code::Torn,
        format!("{environment} is torn: a deployment failed, and going back failed too: {}", cause.message),
    )
    .help(format!(
        "look at its targets, then `trunkline deploy {environment} --commit COMMIT`, `trunkline rollback {environment} --reason …`, or `trunkline release {environment}` once they are right"
    ))
}

pub(crate) fn drifted(environment: &Name, artifact: &Name, found: &str) -> Refusal {
    Refusal::new(Code::Drifted, format!("{artifact} in {environment} was changed by another hand: {found}"))
        .help(format!("`trunkline deploy {environment}` puts it back; the next promotion writes over it"))
}

pub(crate) fn nothing_to_return_to(environment: &Name, commit: &Commit) -> Refusal {
    let short = commit.short(SHORT);
    Refusal::new(
        Code::NothingToReturnTo,
        format!("{environment} runs {short}, which is barred, and no good commit ran there before"),
    )
    .help(format!("mend it in a new commit, or bring a good one: `trunkline deploy {environment} --commit COMMIT`"))
}

pub(crate) fn not_usable(environment: &Name, commit: &Commit) -> Refusal {
    Refusal::new(Code::NothingToReturnTo, format!("{} never ran well in {environment}", commit.short(SHORT)))
        .help("`trunkline log` shows what did; name a commit that ran there, is not barred and whose bytes are kept")
}

pub(crate) fn unobserved(commit: &Commit) -> Refusal {
    Refusal::new(Code::NotOnLine, format!("{} is on no line that is released", commit.short(SHORT)))
        .help("it must be on trunk since adoption, or on a release branch: merge it first")
}

pub(crate) fn build_refused(commit: &Commit, cause: &Refusal) -> Refusal {
    Refusal { message: format!("{} has no artifacts: {}", commit.short(SHORT), cause.message), ..cause.clone() }
}
