//! Dockerfiles, by `docker buildx` or `buildah`, whichever works here: into a layout folder, then onwards like any other image.
//!
//! The commit's time is given to both, so the result depends on the commit as far as the tool and the Dockerfile allow:
//! `RUN apt-get update` gives what the mirror has today. Arguments go to the tool one by one, never through a shell.

mod command;
mod tool;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trunkline_core::policy::{Dockerfile, Platform};
use trunkline_ports::artifacts::{ImageOrder, Watcher};
use trunkline_ports::failure::Failure;

use crate::annotations;
use crate::image::{Origin, Part, Parts};
use crate::layers::{BEGUN, confined};
use crate::layout::Layout;
use crate::{assemble, problem, work};
use tool::{Recipe, Tool};

/// Builds an image into a layout folder beside `staging`'s other files. The layout lives as long as `staging` does.
pub(crate) async fn build(
    order: &ImageOrder<'_>,
    recipe: &Dockerfile,
    staging: &Path,
    watcher: &Watcher,
) -> Result<Parts, Failure> {
    let tool = Tool::find().await?;
    let (export, file, context) = (order.export.to_owned(), recipe.dockerfile.clone(), recipe.context.clone());
    let paths = work::blocking(move || Ok((confined(&export, file.as_str())?, confined(&export, context.as_str())?)));
    let (file, context) = paths.await?;

    let staging = staging.to_owned();
    let folder = work::blocking(move || fresh(&staging)).await?;
    let annotations = annotations::of(order);
    let recipe = Recipe {
        file: &file,
        context: &context,
        arguments: &recipe.args,
        platforms: &recipe.platforms,
        annotations: &annotations,
        seconds: order.created.0.div_euclid(1000),
        into: folder.path(),
    };
    watcher.line(&format!("building with {tool}"));
    let layouts = tool.build(&recipe, watcher).await?;
    let platforms = recipe.platforms.to_vec();
    work::blocking(move || {
        let mut images = layouts.iter().map(|layout| read(layout, folder.path())).collect::<Result<Vec<Parts>, _>>()?;
        match (images.pop(), images.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => combine(images.into_iter().chain([last]).collect(), &platforms, &annotations),
            (None, _) => Err(nothing()),
        }
    })
    .await
}

/// One image of several that are for one platform each.
fn combine(
    images: Vec<Parts>,
    platforms: &[Platform],
    annotations: &BTreeMap<String, String>,
) -> Result<Parts, Failure> {
    let mut blobs = BTreeMap::new();
    let mut children = Vec::new();
    for image in images {
        children.push(image.image);
        blobs.extend(image.blobs.into_iter().map(|part| (part.descriptor.digest.clone(), part)));
    }
    let image = assemble::index(platforms, &children, annotations)?;
    Ok(Parts { blobs: blobs.into_values().collect(), children, image })
}

fn nothing() -> Failure {
    problem::unbuildable("the build left no image, or several", "build one image for each artifact")
}

fn fresh(staging: &Path) -> Result<tempfile::TempDir, Failure> {
    let made = tempfile::Builder::new().prefix(BEGUN).tempdir_in(staging);
    made.map_err(|error| problem::file("cannot write to", staging, &error))
}

/// Reads what the tool left, its blobs moved out of its folder.
fn read(into: &Path, folder: &Path) -> Result<Parts, Failure> {
    let layout = Layout::at(into.to_owned());
    let image = layout.only()?.ok_or_else(nothing)?;
    let children = layout.children(&image)?;
    if children.len() != image.references.manifests.len() {
        return Err(problem::unbuildable("the build left an index without its images", "build it by hand to see why"));
    }
    let mut blobs = BTreeMap::new();
    for blob in children.iter().chain([&image]).flat_map(|known| known.references.blobs()) {
        if !blobs.contains_key(&blob.digest) {
            let origin = Origin::Made(taken(&layout.blob_path(&blob.digest), folder)?);
            blobs.insert(blob.digest.clone(), Part { descriptor: blob.clone(), origin });
        }
    }
    Ok(Parts { blobs: blobs.into_values().collect(), children, image })
}

/// Moves a blob beside the folder it was in, as a file that goes when it is dropped; its digest is checked.
fn taken(path: &Path, folder: &Path) -> Result<tempfile::TempPath, Failure> {
    let above: PathBuf = folder.parent().unwrap_or(folder).to_owned();
    let file = crate::layers::begin(&above)?;
    let failed = |error| problem::file("cannot read", path, &error);
    let digest = path.file_name().and_then(|name| format!("sha256:{}", name.to_string_lossy()).parse().ok());
    let digest = digest
        .ok_or_else(|| problem::unbuildable("the build left a blob without a digest", "build it by hand to see why"))?;
    std::fs::copy(path, file.path()).map_err(failed)?;
    Ok(Layout::check(file, &digest)?.file)
}
