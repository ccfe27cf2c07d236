//! What the commits of the simulated project hold: the files of its artifacts, and the policy.

use trunkline_ports::memory::Tree;

use super::random::Random;
use super::script::Change;

/// One file of each artifact that is built here.
const PATHS: [&str; 4] = ["api/main", "web/main", "site/index.html", "jobs/run"];

/// An artifact that a command brings.
const JOBS: &str = "  jobs:
    package: { directory: jobs }
    watch: [\"jobs/**\"]
    deploy: { run: ship }
";

/// An artifact that something else builds.
const ELSEWHERE: &str = "  ext:
    image: shop/ext
    deploy: { kustomize: \"apps/{environment}\" }
";

/// The files of the first commits.
pub(super) fn first(policy: &str) -> Tree {
    let files = PATHS.into_iter().chain(["README.md"]).map(|path| (path.to_owned(), "0".to_owned()));
    files.chain([("trunkline.yaml".to_owned(), policy.to_owned())]).collect()
}

/// Whether checks fail on a commit: by what it holds, so that whatever carries the same bytes fails too.
pub(super) fn is_bad(files: &Tree) -> bool {
    files.iter().any(|(path, text)| path != "README.md" && text.contains("bad"))
}

/// Whether an image cannot be built from a commit.
pub(super) fn is_unbuildable(files: &Tree, repository: &str) -> bool {
    let name = repository.rsplit('/').next().unwrap_or_default();
    files.iter().any(|(path, text)| path.starts_with(name) && text.contains("unbuildable"))
}

/// The files after a change; `earlier` is what a revert goes back to.
pub(super) fn changed(mut files: Tree, earlier: &Tree, change: Change, random: &mut Random) -> Tree {
    let good = policy_of(&files);
    let text = format!("{:x}", random.number() & 0xffff);
    let mut set = |path: &str, text: &str| files.insert(path.to_owned(), text.to_owned());
    if !good.is_empty() {
        set("trunkline.yaml", &good);
    }
    match change {
        Change::Api => drop(set("api/main", &text)),
        Change::Web => drop(set("web/main", &text)),
        Change::Site => drop(set("site/index.html", &text)),
        Change::Jobs => drop(set("jobs/run", &text)),
        Change::All => {
            for path in PATHS {
                set(path, &text);
            }
        }
        Change::Docs => drop(set("README.md", &text)),
        Change::Bad => {
            let path = *random.pick(&PATHS);
            set(path, &format!("bad {text}"));
        }
        Change::Unbuildable => drop(set("api/main", &format!("unbuildable {text}"))),
        Change::Broken => drop(set("trunkline.yaml", &format!("# broken\nproject: [\n{good}"))),
        Change::Revert => {
            for path in PATHS {
                if let Some(text) = earlier.get(path) {
                    set(path, text);
                }
            }
        }
    }
    files
}

/// The policy of a commit, mended when it is broken.
fn policy_of(files: &Tree) -> String {
    let text = files.get("trunkline.yaml").map(String::as_str).unwrap_or_default();
    text.strip_prefix("# broken\nproject: [\n").unwrap_or(text).to_owned()
}

/// A policy; with `all`, one that may need others to speak or to build.
pub(super) fn policy(random: &mut Random, all: bool) -> String {
    let failure = *random.pick(&["yank", "hold", "nothing"]);
    let verify = match random.below(4) {
        0 => String::new(),
        1 => format!("    verify: {{ checks: [e2e], within: 10m, on_failure: {failure} }}\n"),
        2 => format!("    verify: {{ run: check, within: 5m, on_failure: {failure} }}\n"),
        _ => {
            let url = "https://{environment}.example/{commit}";
            format!("    verify: {{ http: {{ url: \"{url}\" }}, within: 2m, on_failure: {failure} }}\n")
        }
    };
    let judged = if random.chance(25) { verify.clone() } else { String::new() };
    let delay = *random.pick(&["", "", ", observe: { delay: 2m }"]);
    let running = ", observe: { http: { url: \"https://shop.example/running/{environment}/{commit}\" } }";
    let observe = if all { *random.pick(&["", "", "", running, ", observe: verdict"]) } else { "" };
    let jobs = *random.pick(&["", "", JOBS]);
    let elsewhere = if all { *random.pick(&["", "", "", ELSEWHERE]) } else { "" };
    let soak = *random.pick(&["", "    soak: 10m\n"]);
    let needs = *random.pick(&["", "    needs: [api]\n"]);
    let after = *random.pick(&["[stage]", "[stage]", "{ trunk: [stage], release: [demo] }"]);
    format!(
        "project: shop
release_branches: [\"release/*\"]
artifacts:
  api:
    image: shop/api
    watch: [\"api/**\"]
    build: {{ base: scratch, layers: [{{ from: api, to: /srv }}] }}
    deploy: {{ kustomize: \"apps/{{environment}}\"{delay} }}
  web:
    image: shop/web
    watch: [\"web/**\"]
    build: {{ base: scratch, layers: [{{ from: web, to: /srv }}] }}
    deploy: {{ kustomize: \"apps/{{environment}}\"{observe} }}
  site:
    package: {{ directory: site }}
    watch: [\"site/**\"]
{needs}    deploy: {{ folder: \"srv/{{environment}}\" }}
{jobs}{elsewhere}environments:
  stage:
    on: [trunk, {{ branch: \"release/*\" }}]
{verify}  demo:
    on: \"rc-*\"
    after: [stage]
{judged}  prod:
    on: \"v*\"
    after: {after}
{soak}manifests: {{ repository: ../manifests }}
"
    )
}
