//! The two tools, and how each is told the same thing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use trunkline_core::policy::Platform;
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::artifacts::Watcher;
use trunkline_ports::failure::Failure;

use super::command::{self, Run};

/// A tool that works here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Buildx,
    Buildah,
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Buildx => "docker buildx",
            Self::Buildah => "buildah",
        })
    }
}

/// What is to be built.
#[derive(Clone, Copy)]
pub(super) struct Recipe<'a> {
    pub(super) file: &'a Path,
    pub(super) context: &'a Path,
    pub(super) arguments: &'a IndexMap<String, String>,
    pub(super) platforms: &'a [Platform],
    pub(super) annotations: &'a BTreeMap<String, String>,
    /// The commit's time, in seconds since 1970.
    pub(super) seconds: i64,
    /// An empty folder; the layouts are made in it.
    pub(super) into: &'a Path,
}

impl Tool {
    /// The first that works: a program alone does not, when its daemon is not reachable.
    pub(super) async fn find() -> Result<Self, Failure> {
        let buildx = [&["buildx", "version"][..], &["version", "--format", "{{.Server.Version}}"]];
        if command::succeeds("docker", buildx[0]).await && command::succeeds("docker", buildx[1]).await {
            return Ok(Self::Buildx);
        }
        if command::succeeds("buildah", &["--version"]).await {
            return Ok(Self::Buildah);
        }
        Err(Refusal::new(
            Code::ToolMissing,
            "a Dockerfile needs `docker buildx` with a daemon that answers, or `buildah`; neither is there",
        )
        .help("install one of them, or describe the image with `build: {base, layers}`, which needs neither")
        .into())
    }

    /// Builds into layout folders: one that holds the whole image, or one for each platform in their order.
    pub(super) async fn build(self, recipe: &Recipe<'_>, watcher: &Watcher) -> Result<Vec<PathBuf>, Failure> {
        match self {
            Self::Buildx => buildx(recipe, watcher).await,
            Self::Buildah => buildah(recipe, watcher).await,
        }
    }
}

impl Recipe<'_> {
    /// What both tools call the same.
    fn common(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--file".into(), self.file.into()];
        let mut add = |option: &str, value: String| words.extend([option.into(), value.into()]);
        for (name, value) in self.arguments {
            add("--build-arg", format!("{name}={value}"));
        }
        for (name, value) in self.annotations {
            add("--label", format!("{name}={value}"));
        }
        if !self.platforms.is_empty() {
            add("--platform", self.platforms.iter().map(Platform::to_string).collect::<Vec<_>>().join(","));
        }
        words
    }
}

/// Without attestations, which hold the time of the build, and would make an index of every image.
/// Source: <https://docs.docker.com/build/exporters/oci-docker/>, <https://docs.docker.com/build/ci/github-actions/reproducible-builds/>
async fn buildx(recipe: &Recipe<'_>, watcher: &Watcher) -> Result<Vec<PathBuf>, Failure> {
    let layout = recipe.into.join("layout");
    let mut words: Vec<OsString> =
        ["buildx", "build", "--progress=plain", "--provenance=false", "--sbom=false"].map(Into::into).to_vec();
    words.extend(recipe.common());
    let level = if recipe.platforms.len() > 1 { "index,manifest:" } else { "manifest:" };
    for (name, value) in recipe.annotations {
        words.extend(["--annotation".into(), format!("{level}{name}={value}").into()]);
    }
    let mut output = OsString::from("type=oci,tar=false,rewrite-timestamp=true,dest=");
    output.push(&layout);
    words.extend(["--output".into(), output, recipe.context.into()]);
    command::run(&Run { program: "docker", words, seconds: recipe.seconds }, watcher).await?;
    Ok(vec![layout])
}

/// Each platform by itself, since buildah 1.28 cannot list images `FROM scratch` that it made together. The image is named
/// after the folder it goes to, which nobody else has, and taken out of buildah's own store again.
async fn buildah(recipe: &Recipe<'_>, watcher: &Watcher) -> Result<Vec<PathBuf>, Failure> {
    let name = recipe
        .into
        .file_name()
        .map(|name| name.to_string_lossy().trim_start_matches('.').to_lowercase())
        .unwrap_or_default();
    let name = format!("localhost/trunkline-{}-{name}", std::process::id());
    let mut layouts = Vec::new();
    for at in 0..recipe.platforms.len().max(1) {
        let platform = recipe.platforms.get(at..=at).unwrap_or_default();
        let layout = recipe.into.join(format!("layout-{at}"));
        let built = buildah_one(&Recipe { platforms: platform, ..*recipe }, &name, &layout, watcher).await;
        let removed = command::succeeds("buildah", &["rmi", &name]).await;
        if built.is_ok() && !removed {
            watcher.line(&format!("`{name}` stays in buildah's own store: it could not be removed"));
        }
        built?;
        layouts.push(layout);
    }
    Ok(layouts)
}

async fn buildah_one(recipe: &Recipe<'_>, name: &str, layout: &Path, watcher: &Watcher) -> Result<(), Failure> {
    let mut words: Vec<OsString> =
        ["build", "--format=oci", "--identity-label=false", "--timestamp"].map(Into::into).to_vec();
    words.push(recipe.seconds.to_string().into());
    words.extend(recipe.common());
    for (key, value) in recipe.annotations {
        words.extend(["--annotation".into(), format!("{key}={value}").into()]);
    }
    words.extend(["--tag".into(), name.into(), recipe.context.into()]);
    command::run(&Run { program: "buildah", words, seconds: recipe.seconds }, watcher).await?;

    let mut to = OsString::from("oci:");
    to.push(layout);
    let words = vec!["push".into(), name.into(), to];
    command::run(&Run { program: "buildah", words, seconds: recipe.seconds }, watcher).await
}
