//! The shop and its manifest repository, as they are before the story begins.

use std::path::Path;

use trunkline_ports::failure::{Failure, Fault};

use super::people::{Git, write};

const POLICY: &str = include_str!("files/trunkline.yaml");
const SERVE: &str = include_str!("files/serve");
const WORKER: &str = include_str!("files/worker.py");
const SMOKE: &str = include_str!("files/smoke");
const DEPLOYMENT: &str = include_str!("files/deployment.yaml");
const OVERLAY: &str = include_str!("files/overlay.yaml");

/// The service when shipping costs so much.
pub(super) fn serve(price: u32) -> String {
    SERVE.replace('5', &price.to_string())
}

/// The site with this headline.
pub(super) fn page(headline: &str) -> String {
    format!("<!doctype html>\n<html lang=\"en\">\n<title>Shop</title>\n<h1>{headline}</h1>\n</html>\n")
}

/// Makes the shop's repository, with its first commit.
pub(super) fn open(shop: &Path) -> Result<(), Failure> {
    make(shop)?;
    let git = Git::at(shop);
    git.run(0, &["init", "--quiet", "--initial-branch", "main"])?;
    // Whoever looks around here later is somebody, and so is Trunkline when it writes to the manifests.
    git.run(0, &["config", "user.name", "developer"])?;
    git.run(0, &["config", "user.email", "developer@shop.example"])?;
    let (serve, page) = (serve(5), page("Everything for the kitchen"));
    let files = [
        ("trunkline.yaml", POLICY),
        ("api/serve", &serve),
        ("site/index.html", &page),
        ("worker/handler.py", WORKER),
        ("README.md", "# Shop\n"),
    ];
    git.commit(0, "Open the shop", &files)?;
    write(&shop.with_file_name("smoke"), SMOKE)
}

/// Makes the manifest repository: a bare one, as a server has it.
pub(super) fn publish(manifests: &Path) -> Result<(), Failure> {
    make(manifests)?;
    let work = manifests.with_file_name("manifests.new");
    make(&work)?;
    let git = Git::at(&work);
    git.run(0, &["init", "--quiet", "--initial-branch", "main"])?;
    let base = "resources:\n  - deployment.yaml\n";
    let mut files = vec![("apps/api/base/deployment.yaml", DEPLOYMENT), ("apps/api/base/kustomization.yaml", base)];
    files.extend([
        ("apps/api/stage/kustomization.yaml", OVERLAY),
        ("apps/api/demo/kustomization.yaml", OVERLAY),
        ("apps/api/prod/kustomization.yaml", OVERLAY),
    ]);
    git.commit(0, "Three environments", &files)?;
    let bare = manifests.to_string_lossy();
    git.run(0, &["clone", "--quiet", "--bare", ".", &bare])?;
    std::fs::remove_dir_all(&work).map_err(|error| Fault::from_io("tidying up", &error).into())
}

fn make(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Fault::from_io(format_args!("making `{}`", folder.display()), &error).into())
}
