//! The policy as text, with comments that say what was guessed and what to change.

use super::find::{Artifact, Found, Kind, Manifest};

/// The policy of what was found.
pub(super) fn policy(found: &Found) -> String {
    let (project, trunk) = (&found.project, quoted(&found.trunk));
    let mut parts = vec![format!(
        "# Carries commits from {trunk} to production: what is built from a commit, and where it goes.\n\
         # `trunkline check` checks this file, `trunkline plan` shows what would happen, `trunkline sync` does it.\n\
         project: {project}\n\
         trunk: {trunk}\n\
         # Where the ledger, the packages and the images without a registry are kept; git ignores it.\n\
         store: .trunkline\n"
    )];
    if found.artifacts.is_empty() {
        parts.push(EXAMPLE.to_owned());
    } else {
        parts.push("artifacts:".to_owned());
        parts.extend(found.artifacts.iter().map(|artifact| block(project, artifact)));
    }
    parts.push(ENVIRONMENTS.to_owned());
    if let Some(repository) = &found.manifests {
        parts.push(format!(
            "# Where the manifests are: a git URL, or a path. Guessed: this repository. One of their own is better, since each\n\
             # deployment is a commit there; git takes none for a branch that is checked out where it is pushed to.\n\
             manifests:\n  repository: {}\n  branch: {trunk}\n",
            quoted(repository)
        ));
    }
    parts.join("\n")
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

/// One artifact.
fn block(project: &str, artifact: &Artifact) -> String {
    let name = &artifact.name;
    let mut lines = vec![format!("  {name}:")];
    let mut add = |line: String| lines.push(format!("    {line}"));
    if let Kind::Image(_) = artifact.kind {
        add(format!(
            "# In the store; with a registry in front, it is pushed there: registry.example.com/{project}/{name}"
        ));
        add(format!("image: {project}/{name}"));
    }
    watch(artifact).into_iter().for_each(&mut add);
    match &artifact.kind {
        Kind::Image(dockerfile) => {
            let context = Some(&artifact.folder).filter(|folder| !folder.is_empty());
            let context = context.map(|folder| format!(", context: {}", quoted(folder))).unwrap_or_default();
            add(format!("build: {{ dockerfile: {}{context} }}", quoted(dockerfile)));
            manifest(artifact).into_iter().for_each(add);
        }
        Kind::Serverless => {
            add("# The framework writes the stage it packages for into its template: check what this holds before you deploy it.".to_owned());
            zipped(artifact, "npx serverless package", ".serverless").into_iter().for_each(add);
        }
        Kind::Sam(template) => {
            let file = template.rsplit('/').next().unwrap_or(template);
            let tool = format!("sam build --template-file {file}");
            zipped(artifact, &tool, ".aws-sam/build").into_iter().for_each(add);
        }
        Kind::Site => {
            add(format!("package: {{ directory: {} }}", quoted(&artifact.folder)));
            add("# A folder on this machine: the new one is unpacked beside, and switched to in one step.".to_owned());
            add(format!("deploy: {{ folder: {} }}", quoted(&format!(".trunkline/deployed/{name}/{{environment}}"))));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What an artifact is made of. Without it: everything.
fn watch(artifact: &Artifact) -> Vec<String> {
    if artifact.folder.is_empty() {
        return vec![
            "# What it is made of; what is not watched is not there when it is built.".to_owned(),
            "# watch: [\"src/**\"]".to_owned(),
        ];
    }
    // In a pattern, these would mean something.
    let plain = !artifact.folder.contains(['*', '?', '+', '[', ']', '!', '\\']);
    plain.then(|| format!("watch: [{}]", quoted(&format!("{}/**", artifact.folder)))).into_iter().collect()
}

fn manifest(artifact: &Artifact) -> Vec<String> {
    match &artifact.manifest {
        Some(Manifest::Kustomize(folder)) => vec![format!("deploy: {{ kustomize: {} }}", quoted(folder))],
        Some(Manifest::Helm(file)) => vec![
            "# `key` is the map in the values that holds `repository`, `tag` and `digest`.".to_owned(),
            format!("deploy: {{ helm: {}, key: image }}", quoted(file)),
        ],
        None => vec![
            "# Where it goes; without it, it is built and no more.".to_owned(),
            "# deploy: { kustomize: \"apps/NAME/{environment}\" }".to_owned(),
        ],
    }
}

/// A package made by a tool that leaves a folder.
fn zipped(artifact: &Artifact, tool: &str, folder: &str) -> [String; 3] {
    let output = format!("{}.zip", artifact.name);
    let enter = match artifact.folder.as_str() {
        "" => String::new(),
        path => format!("cd '{}' && ", path.replace('\'', "'\\''")),
    };
    let run = format!("root=$PWD && {enter}{tool} && cd {folder} && zip -X -q -r \"$root/{output}\" .");
    [
        "# Run in a clean copy of the commit; the file it leaves is the package.".to_owned(),
        format!("package: {{ run: {}, output: {output} }}", quoted(&run)),
        "# deploy: { run: \"./deploy\" }    # told the file by $TRUNKLINE_PATH and the environment by $TRUNKLINE_ENVIRONMENT".to_owned(),
    ]
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
