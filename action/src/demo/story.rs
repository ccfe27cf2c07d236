//! The story itself, step by step.

use serde_json::Value;
use trunkline_ports::failure::Failure;

use super::people::Git;
use super::shop::{self, page, serve};
use super::teller::Teller;
use crate::answer::Exit::{Done, Refused};

/// Plays it. Gives the status at the end.
///
/// # Errors
/// As its steps end.
pub(super) fn tell(teller: &Teller) -> Result<Value, Failure> {
    teller.print(&format!("One commit from main to production, in {}", teller.folder().display()));
    shop::publish(&teller.manifests())?;
    shop::open(&teller.shop())?;
    merge(teller)?;
    promote(teller)?;
    fail(teller)?;
    roll_back(teller)?;
    hold(teller)?;
    end(teller)?;
    teller.status()
}

fn merge(teller: &Teller) -> Result<(), Failure> {
    let shop = teller.shop();
    teller.step(
        "The shop opens",
        "Three artifacts: an image, and two folders as zips. `sync` looks at the repository and does what is outstanding:\n\
         it builds them from the commit, brings them to stage, and has stage checked.",
    );
    teller.run(&["sync"], Done)?;

    Git::at(&shop).merge(10, "shipping", "Cheaper shipping", &[("api/serve", &serve(4))])?;
    teller.step("A merge to main", "It changes the service only. So one image is built; the zips are those of before.");
    teller.run(&["sync"], Done)?;

    let readme = "# Shop\n\nEverything for the kitchen.\n";
    Git::at(&shop).merge(20, "words", "Say what the shop sells", &[("README.md", readme)])?;
    teller
        .step("Documentation only", "Nothing is built. The commit has its artifacts by record, so it can be promoted.");
    teller.run(&["sync"], Done)?;
    teller.run(&["status"], Done)
}

fn promote(teller: &Teller) -> Result<(), Failure> {
    teller.step(
        "A release candidate",
        "The tag is set on an older commit, the cheaper shipping. It is that commit which goes to demo,\nwith the very bytes that were verified in stage.",
    );
    teller.git(30, &["tag", "rc-1", "main~1"])?;
    teller.run(&["sync"], Done)?;

    teller.step("A release", "The same commit, by a `v*` tag, to production. Nothing is built again.");
    teller.git(40, &["tag", "--annotate", "--message", "First release", "v1.0.0", "main~1"])?;
    teller.run(&["sync", "--ref", "refs/tags/v1.0.0"], Done)?;
    teller.run(&["status"], Done)
}

fn fail(teller: &Teller) -> Result<(), Failure> {
    let broken = page("Winter sale").replace("</html>", "");
    Git::at(&teller.shop()).merge(50, "sale", "Winter sale", &[("site/index.html", &broken)])?;
    teller.step(
        "A commit that fails",
        "Half of the page is missing, and stage's check sees it. The commit is yanked: barred everywhere at once.\n\
         Stage goes back to the commit before, by itself.",
    );
    teller.run(&["sync"], Done)?;
    teller.run(&["where", "main"], Done)?;

    teller.step("Nobody can release it", "A tag on the yanked commit is refused, and the exit code says so.");
    teller.run(&["promote", "main", "--as", "v1.1.0"], Refused)
}

fn roll_back(teller: &Teller) -> Result<(), Failure> {
    Git::at(&teller.shop()).merge(
        60,
        "sale-again",
        "Winter sale, the whole page",
        &[("site/index.html", &page("Winter sale"))],
    )?;
    teller.step(
        "A second release",
        "The page is whole again: to stage, and with `promote`, which sets the tag, to production.",
    );
    teller.run(&["sync"], Done)?;
    teller.run(&["promote", "main", "--as", "v1.1.0"], Done)?;

    teller.step(
        "A rollback",
        "A person brings production back to the last good commit. It is held there: no automation undoes a rollback.",
    );
    teller.run(&["rollback", "prod", "--reason", "customers see old prices"], Done)?;
    teller.run(&["status"], Done)?;

    teller.step(
        "Given back",
        "The person gives production back. What was rolled back does not return by itself; the next release will come.",
    );
    teller.run(&["release", "prod", "--reason", "prices are looked into"], Done)
}

fn hold(teller: &Teller) -> Result<(), Failure> {
    teller.step("Hold", "Stage is kept as it is; what is merged meanwhile is built, and waits.");
    teller.run(&["hold", "stage", "--reason", "a customer is looking at it"], Done)?;
    let worker = [("worker/handler.py", "def handler(event, context):\n    return {\"packed\": event[\"items\"]}\n")];
    Git::at(&teller.shop()).merge(70, "worker", "A simpler worker", &worker)?;
    teller.run(&["sync"], Done)?;

    teller.step("Release", "What waited goes on by itself.");
    teller.run(&["release", "stage"], Done)?;

    teller.step("A third release", "What stage runs now, to production. This is what it wrote for the cluster:");
    teller.run(&["promote", "main", "--as", "v1.2.0"], Done)?;
    teller.git_in_manifests(&["log", "-1", "--format=%B", "main"])
}

fn end(teller: &Teller) -> Result<(), Failure> {
    teller.step(
        "What happened",
        "Everything is in the ledger: a folder of numbered files, which is all that is remembered.",
    );
    teller.run(&["log", "--limit", "12"], Done)?;
    teller.run(&["status"], Done)?;
    let (folder, program) = (teller.folder().display(), teller.called());
    teller.print(&format!(
        "\nIt is all yours now:\n\n  \
         cd {folder}/shop\n\n  \
         # bring what production runs to demo too\n  \
         git tag rc-2 && {program} sync\n\n  \
         # where the first release is, and how it came there\n  \
         {program} where v1.0.0\n\n  \
         # what was written for the cluster\n  \
         git -C ../manifests.git log -p\n\n  \
         # what is served, by environment\n  \
         ls -l ../deployed/site"
    ));
    Ok(())
}
