//! The story, told plainly and roughly.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline_core::ids::Commit;
use trunkline_github_stand_in::hooks::{Delivery, sign};

use crate::cloud::{Cloud, SECRET};

/// How deliveries come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deliveries {
    /// Each once, in order.
    Plain,
    /// Doubled, lost and out of order, by chance that this number seeds.
    Rough(u64),
}

/// Small numbers that look like chance: xorshift. Source: <https://www.jstatsoft.org/article/view/v008i14>
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// Makes deliveries, and lets the functions do what follows from them.
fn pass_on(cloud: &Cloud, how: Deliveries, deliveries: Vec<Delivery>, lossy: bool) {
    let mut due = Vec::new();
    match how {
        Deliveries::Plain => due = deliveries,
        Deliveries::Rough(seed) => {
            let mut chance = Chance(seed);
            for delivery in deliveries {
                let times = if lossy { chance.below(3) } else { 2 };
                for _ in 0..times {
                    due.insert(chance.below(due.len() + 1), delivery.clone());
                }
            }
        }
    }
    for delivery in &due {
        assert_eq!(cloud.deliver(delivery), 202);
    }
    cloud.settle();
    if how != Deliveries::Plain {
        // What was lost is found by looking.
        cloud.sweep();
        cloud.settle();
    }
}

fn check(name: &str, commit: &Commit, conclusion: &str, number: u32) -> Delivery {
    let run = json!({"name": name, "conclusion": conclusion, "head_sha": commit, "app": {"slug": "ci"}});
    let repository = json!({"id": 1, "full_name": "acme/shop"});
    let body = json!({"action": "completed", "check_run": run, "repository": repository}).to_string().into_bytes();
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-github-event", "check_run".to_owned()),
        ("x-github-delivery", format!("10000000-0000-4000-8000-{number:012}")),
        ("x-hub-signature-256", sign(SECRET, &body)),
    ];
    Delivery { headers, body }
}

/// The story's end: what each environment's manifest says, by the names that the story gives its commits.
fn tell(how: Deliveries) -> BTreeMap<&'static str, String> {
    let cloud = Cloud::new();
    let mut pushes = cloud.pushes();
    cloud.shop.write("api/main", "one");
    let one = cloud.shop.commit("Open the shop");
    // A repository that nobody has heard of is not looked at: its first delivery is the one that has to come.
    pass_on(&cloud, how, pushes.deliveries(SECRET), false);

    let digest =
        cloud.registry.digest(one.short(12)).expect("the image is in the registry under the commit's short id");
    for part in [format!("newTag: {}", one.short(12)), format!("digest: {digest}")] {
        assert!(cloud.manifest("stage").contains(&part), "{part} is not in:\n{}", cloud.manifest("stage"));
    }
    assert!(cloud.manifest("stage").starts_with("# stage\n"), "nothing else changes");
    let message = cloud.manifests.git(&["log", "-1", "--format=%B", "main"]);
    assert!(message.contains("Trunkline-Entry: ") && message.contains(one.as_str()), "{message}");
    assert_eq!(told(&cloud, &one, "stage"), "success");
    let runs = cloud.github.made("acme/shop", "checks", one.as_str());
    assert_eq!(runs.len(), 1, "one check run for a commit: {runs:?}");
    assert_eq!(runs[0]["conclusion"], "success");

    cloud.shop.git(&["tag", "v1.0.0", one.as_str()]);
    pass_on(&cloud, how, pushes.deliveries(SECRET), true);
    assert!(cloud.manifest("prod").contains("newTag: none"), "it waits until stage has verified it");
    pass_on(&cloud, how, vec![check("e2e", &one, "success", 1)], false);
    assert!(cloud.manifest("prod").contains("newTag: v1.0.0"), "{}", cloud.manifest("prod"));
    assert_eq!(cloud.registry.digest("v1.0.0").as_deref(), Some(&*digest), "the very same bytes");

    cloud.shop.git(&["tag", "--annotate", "--message", "Candidate", "rc-1", one.as_str()]);
    pass_on(&cloud, how, pushes.deliveries(SECRET), true);
    assert!(cloud.manifest("demo").contains("newTag: rc-1"), "{}", cloud.manifest("demo"));

    cloud.shop.write("api/main", "two");
    let two = cloud.shop.commit("Break the shop");
    pass_on(&cloud, how, pushes.deliveries(SECRET), true);
    assert!(cloud.manifest("stage").contains(two.short(12)), "{}", cloud.manifest("stage"));
    pass_on(&cloud, how, vec![check("e2e", &two, "failure", 2)], false);
    assert!(cloud.manifest("stage").contains(&digest), "stage went back:\n{}", cloud.manifest("stage"));
    let comments = cloud.github.made("acme/shop", "comments", two.as_str());
    assert_eq!(comments.len(), 1, "the author is told once: {comments:?}");
    assert!(comments[0]["body"].as_str().unwrap().contains("Ada"), "{comments:?}");
    assert_eq!(told(&cloud, &two, "stage"), "failure");
    let log = cloud.said("deploy");
    assert!(!log.contains(SECRET) && !log.contains("PRIVATE KEY"), "secrets are never said");

    let named =
        |text: String| text.replace(one.short(12), "ONE").replace(two.short(12), "TWO").replace(&digest, "DIGEST");
    ["stage", "demo", "prod"].map(|name| (name, named(cloud.manifest(name)))).into()
}

/// How a commit's deployment to an environment stands on GitHub.
fn told(cloud: &Cloud, commit: &Commit, environment: &str) -> String {
    let deployments = cloud.github.made("acme/shop", "deployments", "");
    let ours = |deployment: &&Value| deployment["environment"] == environment && deployment["sha"] == commit.as_str();
    let all: Vec<&Value> = deployments.iter().filter(ours).collect();
    assert_eq!(all.len(), 1, "one deployment for a commit and an environment: {deployments:?}");
    let statuses = cloud.github.made("acme/shop", "statuses", &all[0]["id"].to_string());
    statuses[0]["state"].as_str().unwrap().to_owned()
}

/// Where it ends, whatever happened to the deliveries.
#[track_caller]
fn ends_well(how: Deliveries) {
    let told = tell(how);
    for (environment, tag) in [("stage", "ONE"), ("demo", "rc-1"), ("prod", "v1.0.0")] {
        let manifest = &told[environment];
        assert!(manifest.ends_with(&format!("newTag: {tag}\n    digest: DIGEST")), "{environment}:\n{manifest}");
    }
}

#[test]
fn a_push_ends_in_production_and_a_failed_check_in_a_yank() {
    ends_well(Deliveries::Plain);
}

#[test]
fn deliveries_that_are_doubled_lost_and_shuffled_end_in_the_same_place() {
    ends_well(Deliveries::Rough(1));
}

#[test]
fn other_deliveries_that_are_doubled_lost_and_shuffled_end_there_too() {
    ends_well(Deliveries::Rough(7));
}
