//! The policy as text, with comments that say what was guessed and what to change.

use super::find::{Artifact, Found, Kind, Manifest};

/// The policy of what was found.
pub(super) fn policy(found: &Found) -> String {
    let mut text = format!(
        "# Carries commits from {trunk} to production: what is built from a commit, and where it goes.\n\
         # `trunkline check` checks this file, `trunkline plan` shows what would happen, `trunkline sync` does it.\n\
         project: {project}\n\
         trunk: {trunk}\n\
         # Where the ledger, the packages and the images without a registry are kept; git ignores it.\n\
         store: .trunkline\n\n",
        project = found.project,
        trunk = quoted(&found.trunk),
    );
    if found.artifacts.is_empty() {
        text.push_str(EXAMPLE);
    } else {
        text.push_str("artifacts:\n");
        found.artifacts.iter().for_each(|artifact| text.push_str(&block(found, artifact)));
    }
    text.push_str(ENVIRONMENTS);
    if let Some(repository) = &found.manifests {
        text.push_str(&format!(
            "\n# Where the manifests are: a git URL, or a path. Guessed: this repository; a bare one of their own is better,\n\
             # since each deployment is a commit there.\n\
             manifests:\n  repository: {}\n  branch: {}\n",
            quoted(repository),
            quoted(&found.trunk)
        ));
    }
    text
}

const EXAMPLE: &str = "\
# Nothing that is built was found. An artifact is an image or a package:
#   api:
#     image: registry.example.com/shop/api
#     watch: [\"api/**\"]
#     build: { dockerfile: api/Dockerfile, context: api }
#   site:
#     watch: [\"site/**\"]
#     package: { directory: site }
#     deploy: { folder: \"/srv/site/{environment}\" }
artifacts: {}

";

const ENVIRONMENTS: &str = "\
environments:
  stage:
    on: trunk                   # every commit of trunk
    # How it is judged there; what fails is barred everywhere. Verdicts come by `trunkline verdict`.
    # verify: { checks: [e2e], within: 30m, on_failure: yank }
  demo:
    on: \"rc-*\"                  # commits with such a tag
    after: [stage]              # whose bytes were in stage before
  prod:
    on: \"v*\"
    after: [stage]
    # soak: 1h                  # how long they must have been there
";

fn block(found: &Found, artifact: &Artifact) -> String {
    let mut text = format!("  {}:\n", artifact.name);
    match &artifact.kind {
        Kind::Image(dockerfile) => {
            text.push_str(&format!(
                "    # In the store; with a registry in front, it is pushed there: registry.example.com/{project}/{name}\n    \
                 image: {project}/{name}\n",
                project = found.project,
                name = artifact.name
            ));
            text.push_str(&watch(artifact));
            let dockerfile = quoted(dockerfile);
            text.push_str(&match artifact.folder.as_str() {
                "" => format!("    build: {{ dockerfile: {dockerfile} }}\n"),
                folder => format!("    build: {{ dockerfile: {dockerfile}, context: {} }}\n", quoted(folder)),
            });
            text.push_str(&manifest(artifact));
        }
        Kind::Serverless => {
            text.push_str(&watch(artifact));
            text.push_str("    # The framework writes the stage it packages for into the template, so deploy what this holds with care.\n");
            text.push_str(&zipped(artifact, "npx serverless package", ".serverless"));
        }
        Kind::Sam(template) => {
            text.push_str(&watch(artifact));
            let file = template.rsplit('/').next().unwrap_or(template);
            text.push_str(&zipped(artifact, &format!("sam build --template-file {file}"), ".aws-sam/build"));
        }
        Kind::Site => {
            text.push_str(&watch(artifact));
            text.push_str(&format!("    package: {{ directory: {} }}\n", quoted(&artifact.folder)));
            text.push_str(
                "    # A folder on this machine: the new one is unpacked beside, and switched to in one step.\n",
            );
            let folder = format!(".trunkline/deployed/{}/{{environment}}", artifact.name);
            text.push_str(&format!("    deploy: {{ folder: {} }}\n", quoted(&folder)));
        }
    }
    text.push('\n');
    text
}

/// What an artifact is made of. Without it: everything.
fn watch(artifact: &Artifact) -> String {
    let pattern = |char: char| "*?+[]!\\".contains(char);
    if artifact.folder.is_empty() {
        return "    # What it is made of; what is not watched is not there when it is built.\n    # watch: [\"src/**\"]\n".to_owned();
    }
    if artifact.folder.contains(pattern) {
        return String::new();
    }
    format!("    watch: [{}]\n", quoted(&format!("{}/**", artifact.folder)))
}

fn manifest(artifact: &Artifact) -> String {
    match &artifact.manifest {
        Some(Manifest::Kustomize(folder)) => format!("    deploy: {{ kustomize: {} }}\n", quoted(folder)),
        Some(Manifest::Helm(file)) => format!(
            "    # `key` is the map in the values that holds `repository`, `tag` and `digest`.\n    \
             deploy: {{ helm: {}, key: image }}\n",
            quoted(file)
        ),
        None => "    # Where it goes; without it, it is built and no more.\n    \
                 # deploy: { kustomize: \"apps/NAME/{environment}\" }\n"
            .to_owned(),
    }
}

/// A package made by a tool that leaves a folder.
fn zipped(artifact: &Artifact, tool: &str, folder: &str) -> String {
    let output = format!("{}.zip", artifact.name);
    let enter = match artifact.folder.as_str() {
        "" => String::new(),
        path => format!("cd '{}' && ", path.replace('\'', "'\\''")),
    };
    let run = format!("root=$PWD && {enter}{tool} && cd {folder} && zip -X -q -r \"$root/{output}\" .");
    format!(
        "    # Run in a clean copy of the commit; what it leaves is the package.\n    \
         package: {{ run: {}, output: {output} }}\n    \
         # deploy: {{ run: \"./deploy\" }}    # told the package by $TRUNKLINE_PATH, the environment by $TRUNKLINE_ENVIRONMENT\n",
        quoted(&run)
    )
}

/// A text as YAML takes it whatever is in it: JSON's form is YAML too.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte);
    let word = text.bytes().all(plain) && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if word && !reserved.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
