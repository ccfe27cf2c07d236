//! Our side of each race, as a process that does one thing: what the command line's workers call, and nothing around it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;
use trunkline_core::deployment::{Bytes, Destination, Mark, Piece, Unit};
use trunkline_core::ids::{Commit, Digest, ImageTag, Time};
use trunkline_core::policy::{Build, Kind, TargetKind};
use trunkline_local::manifest_repository::ManifestRepository;
use trunkline_manifests::Image as Named;
use trunkline_oci::{Images, Options};
use trunkline_packages::Folder;
use trunkline_ports::artifacts::{Image, ImageOrder, Images as _, Manifest, Packages as _, Progress, Watcher};
use trunkline_ports::targets::{Put, Targets as _};

use crate::{Outcome, hook};

/// The commit that everything is made from.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The repository that manifests name.
pub(crate) const REPOSITORY: &str = "registry.example/shop/api";

/// Does what `name` says with `words`.
pub(crate) fn run(name: &str, words: &[&str]) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match (name, words) {
        ("tag", [repository, digest, manifest, tags @ ..]) => runtime.block_on(tag(repository, digest, manifest, tags)),
        ("push", [repository, recipe, export, into]) => {
            let image = runtime.block_on(push(repository, recipe, Path::new(export)))?;
            Ok(fs::write(into, image.digest.as_str())?)
        }
        ("pack", [folder, store]) => {
            let packages = Folder::new(PathBuf::from(store));
            runtime.block_on(packages.pack(&"site".parse()?, Path::new(folder), &silent()))?;
            Ok(())
        }
        ("edit", [folder, tag, digest]) => edit(Path::new(folder), tag, &digest.parse()?),
        ("commit", [repository, cache, place, tag, digest]) => {
            runtime.block_on(commit(repository, Path::new(cache), place, tag, &digest.parse()?))
        }
        ("receive", [event, times]) => runtime.block_on(hook::receive(&fs::read(event)?, times.parse()?)),
        ("webhook", [event, times]) => hook::webhook(&fs::read(event)?, times.parse()?),
        _ => Err(format!("there is no subject `{name}` with {} words", words.len()).into()),
    }
}

/// Puts tags on an image, all of them at once. `manifest` is a file with its bytes, `-` for none; `again` as the last
/// tag puts the one before it a second time, later.
async fn tag(repository: &str, digest: &str, manifest: &str, tags: &[&str]) -> Outcome {
    let images = images();
    let digest: Digest = digest.parse()?;
    let media_type = "application/vnd.oci.image.index.v1+json".to_owned();
    let manifest = match manifest {
        "-" => None,
        file => Some(Manifest { media_type, text: fs::read_to_string(file)? }),
    };
    let again = tags.last() == Some(&"again");
    let wanted: Vec<ImageTag> =
        tags[..tags.len() - usize::from(again)].iter().map(|tag| tag.parse()).collect::<Result<_, _>>()?;
    for _ in 0..=usize::from(again) {
        try_join_all(wanted.iter().map(|tag| images.tag(repository, &digest, tag, manifest.as_ref()))).await?;
    }
    Ok(())
}

/// Builds an image from an export and pushes it.
pub(crate) async fn push(repository: &str, recipe: &str, export: &Path) -> Outcome<Image> {
    let build: Build = serde_json::from_str(recipe)?;
    let commit: Commit = COMMIT.parse()?;
    let order = ImageOrder {
        repository,
        build: &build,
        export,
        commit: &commit,
        created: Time(1_700_000_000_000),
        version: commit.short(12),
        source: None,
    };
    Ok(images().build(&order, &silent()).await?)
}

fn images() -> Images {
    Images::new(PathBuf::from("images"), Options::default())
}

/// Names an image in every kustomization below a folder.
fn edit(folder: &Path, tag: &str, digest: &Digest) -> Outcome {
    let target: TargetKind = serde_json::from_str(r#"{"kustomize": "."}"#)?;
    let commit: Commit = COMMIT.parse()?;
    let image = Named { repository: REPOSITORY, tag: Some(tag), digest, commit: &commit };
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let text = fs::read_to_string(entry.path())?;
            if trunkline_manifests::mentions(&text, REPOSITORY) {
                let edited = trunkline_manifests::edit("kustomization.yaml", &text, &target, &image)?;
                fs::write(entry.path(), edited.text)?;
            }
        }
    }
    Ok(())
}

/// Looks at a manifest repository and deploys one image there: a commit, pushed.
async fn commit(repository: &str, cache: &Path, place: &str, tag: &str, digest: &Digest) -> Outcome {
    let commit: Commit = COMMIT.parse()?;
    let piece = Piece {
        artifact: "api".parse()?,
        target: serde_json::from_value(serde_json::json!({ "kustomize": place }))?,
        bytes: Bytes {
            kind: Kind::Image,
            digest: digest.clone(),
            repository: Some(REPOSITORY.to_owned()),
            tag: Some(tag.parse()?),
        },
        previous: None,
    };
    let unit = Unit {
        destination: Destination::Manifests { repository: repository.to_owned(), branch: "main".to_owned() },
        environment: "stage".parse()?,
        commit: commit.clone(),
        pieces: vec![piece],
    };
    let mark = Mark {
        project: "shop".parse()?,
        number: 7,
        environment: "stage".parse()?,
        commit,
        previous: None,
        shipped: Vec::new(),
    };
    let targets = ManifestRepository::new(cache, cache);
    let seen = targets.look(&unit).await?;
    match targets.put(&unit, &seen.version, &mark).await? {
        Put::Done => Ok(()),
        other => Err(format!("nothing was written: {other:?}").into()),
    }
}

fn silent() -> Watcher {
    Arc::new(Silent)
}

/// Nobody watches.
struct Silent;

impl Progress for Silent {
    fn line(&self, _: &str) {}
    fn amount(&self, _: u64, _: u64) {}
}
