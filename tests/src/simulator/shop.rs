//! The simulated project: its policy, its repository, and what people do to both.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use trunkline_core::deployment::Unit;
use trunkline_core::ids::{Commit, TagName, Time};
use trunkline_core::refusal::{Code, Refusal};
use trunkline_ports::clock::Clock as _;
use trunkline_ports::memory::{Clock, Made, Stores, Tree};

use super::random::Random;
use super::script::Change;

/// When every simulation starts.
pub const START: Time = Time(1_795_176_000_000);

/// The project and its world.
pub struct Shop {
    /// Everything that outlives a worker.
    pub stores: Stores,
    /// Every commit that was ever on a line, oldest first.
    pub commits: RefCell<Vec<Commit>>,
    made: Cell<u64>,
}

impl Shop {
    /// A shop whose policy follows from the seed.
    pub fn new(seed: u64) -> Rc<Self> {
        Self::with(seed, Clock::standing(START))
    }

    /// The same, by a clock that jumps forward whenever someone sleeps.
    pub fn calm(seed: u64) -> Rc<Self> {
        Self::with(seed, Clock::eager(START))
    }

    fn with(seed: u64, clock: Clock) -> Rc<Self> {
        let stores = Stores::new(clock);
        let repository = Rc::clone(&stores.repository);
        stores.checks.answer(move |check| {
            let bad = check.url.rsplit('/').next().and_then(|commit| commit.parse().ok()).map(|c| repository.files(&c));
            if bad.is_some_and(|files| is_bad(&files)) { Err("status 500".to_owned()) } else { Ok(()) }
        });
        let repository = Rc::clone(&stores.repository);
        stores.commands.deed(move |command| {
            let commit = command.environment.get("TRUNKLINE_COMMIT").and_then(|commit| commit.parse().ok());
            let bad = commit.is_some_and(|commit| is_bad(&repository.files(&commit)));
            if bad { Err(Refusal::new(Code::CommandFailed, "exit code 1")) } else { Ok(()) }
        });
        let shop = Self { stores, commits: RefCell::default(), made: Cell::new(0) };
        let mut files = Tree::new();
        for path in ["api/main", "web/main", "site/index.html", "README.md"] {
            files.insert(path.to_owned(), "0".to_owned());
        }
        files.insert("trunkline.yaml".to_owned(), policy(&mut Random::new(seed ^ 0x5eed)));
        let before = shop.commit(Vec::new(), files.clone(), "before adoption");
        if let Ok(tag) = "v0.0.1".parse() {
            shop.stores.repository.point(&tag, &before, Some("Ada"));
        }
        files.insert("api/main".to_owned(), "1".to_owned());
        let first = shop.commit(vec![before], files, "first");
        shop.stores.repository.branch("main", Some(&first));
        shop.commits.borrow_mut().push(first);
        Rc::new(shop)
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.stores.clock.now()
    }

    fn commit(&self, parents: Vec<Commit>, files: Tree, subject: &str) -> Commit {
        self.made.set(self.made.get() + 1);
        let subject = format!("{subject} {}", self.made.get());
        let made = Made { parents, files, time: self.now(), author: "Ada <ada@example.org>".to_owned(), subject };
        self.stores.repository.commit(made)
    }

    /// A commit on a branch; on none yet: after `from`.
    pub fn push(&self, branch: &str, from: Option<&Commit>, change: Change, random: &mut Random) -> Option<Commit> {
        let repository = &self.stores.repository;
        let parent = repository.head(branch).or_else(|| from.cloned())?;
        let earlier = random.pick(&self.commits.borrow()).clone();
        let files = changed(repository.files(&parent), &repository.files(&earlier), change, random);
        let commit = self.commit(vec![parent], files, &format!("{change:?}"));
        repository.branch(branch, Some(&commit));
        self.commits.borrow_mut().push(commit.clone());
        Some(commit)
    }

    /// A commit that is on no line.
    pub fn stray(&self, random: &mut Random) -> Option<Commit> {
        let parent = self.stores.repository.head("main")?;
        let files = changed(self.stores.repository.files(&parent), &Tree::new(), Change::Api, random);
        Some(self.commit(vec![parent], files, "stray"))
    }

    /// Replaces the newest commits of trunk by one other; they are not of the first two.
    pub fn rewrite(&self, random: &mut Random) -> Option<Commit> {
        let repository = &self.stores.repository;
        let chain = repository.chain(&repository.head("main")?);
        let back = 1 + random.below(2);
        let base = chain.get(back).filter(|_| chain.len() > back + 2)?;
        let files = changed(repository.files(base), &Tree::new(), Change::All, random);
        let commit = self.commit(vec![base.clone()], files, "rewritten");
        repository.branch("main", Some(&commit));
        self.commits.borrow_mut().push(commit.clone());
        Some(commit)
    }

    /// The name of the next tag: versions mostly grow.
    pub fn tag(&self, prod: bool, random: &mut Random) -> Option<TagName> {
        let number = self.stores.repository.tags().len();
        let number = if random.chance(10) { random.below(number + 1) } else { number };
        match (prod, random.chance(3)) {
            (true, true) => format!("v1.{number}+odd").parse().ok(),
            (true, false) => format!("v1.{number}").parse().ok(),
            (false, _) => format!("rc-{number}").parse().ok(),
        }
    }

    /// Whether a destination is the one that `salt` means.
    pub fn meant(unit: &Unit, salt: u64) -> bool {
        let folder = matches!(unit.destination, trunkline_core::deployment::Destination::Folder(_));
        folder == salt.is_multiple_of(2)
    }
}

/// Whether checks fail on a commit: by what it holds, so that whatever carries the same bytes fails too.
pub fn is_bad(files: &Tree) -> bool {
    files.iter().any(|(path, text)| path != "README.md" && text.contains("bad"))
}

/// Whether an image cannot be built from a commit.
pub fn is_unbuildable(files: &Tree, repository: &str) -> bool {
    let name = repository.rsplit('/').next().unwrap_or_default();
    files.iter().any(|(path, text)| path.starts_with(name) && text.contains("unbuildable"))
}

fn changed(mut files: Tree, earlier: &Tree, change: Change, random: &mut Random) -> Tree {
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
        Change::All => {
            for path in ["api/main", "web/main", "site/index.html"] {
                set(path, &text);
            }
        }
        Change::Docs => drop(set("README.md", &text)),
        Change::Bad => {
            let path = *random.pick(&["api/main", "web/main", "site/index.html"]);
            set(path, &format!("bad {text}"));
        }
        Change::Unbuildable => drop(set("api/main", &format!("unbuildable {text}"))),
        Change::Broken => drop(set("trunkline.yaml", &format!("# broken\nproject: [\n{good}"))),
        Change::Revert => {
            for path in ["api/main", "web/main", "site/index.html"] {
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

fn policy(random: &mut Random) -> String {
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
    let observe = *random.pick(&["", "", ", observe: { delay: 2m }"]);
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
    deploy: {{ kustomize: \"apps/{{environment}}\"{observe} }}
  web:
    image: shop/web
    watch: [\"web/**\"]
    build: {{ base: scratch, layers: [{{ from: web, to: /srv }}] }}
    deploy: {{ kustomize: \"apps/{{environment}}\" }}
  site:
    package: {{ directory: site }}
    watch: [\"site/**\"]
{needs}    deploy: {{ folder: \"srv/{{environment}}\" }}
environments:
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
