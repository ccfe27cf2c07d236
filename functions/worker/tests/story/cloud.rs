//! The stack, put together: what the template makes, on this machine.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use tempfile::TempDir;
use trunkline_contract::fixture::Fixture;
use trunkline_github_stand_in::hooks::{Delivery, Pushes};
use trunkline_github_stand_in::{APP, PRIVATE_KEY, StandIn, TOKEN};
use trunkline_testbench::moto::Moto;

use crate::aws::{self, Queue};
use crate::emulator::Function;
use crate::registry::Registry;

/// The webhook's secret.
pub(crate) const SECRET: &str = "It's a Secret to Everybody";

/// The functions behind queues, and the queues' names.
const WORKERS: [&str; 5] = ["build", "promote", "deploy", "verify", "yank"];

/// More rounds than any story takes.
const ENOUGH: usize = 200;

pub(crate) struct Cloud {
    pub(crate) registry: Registry,
    pub(crate) github: StandIn,
    pub(crate) shop: Fixture,
    pub(crate) manifests: Fixture,
    moto: Moto,
    queues: BTreeMap<&'static str, Queue>,
    functions: RefCell<BTreeMap<&'static str, Function>>,
    logs: TempDir,
}

impl Cloud {
    pub(crate) fn new() -> Self {
        let (registry, github, moto) = (Registry::start(), StandIn::start(), Moto::start());
        let (shop, manifests) = (Fixture::new(), Fixture::new());
        moto.bucket("acme-artifacts", true);
        aws::secret(&moto, "github-key", PRIVATE_KEY);
        let mut queues: BTreeMap<_, _> = WORKERS.map(|name| (name, aws::queue(&moto, &format!("{name}.fifo")))).into();
        queues.extend(["observe", "notify"].map(|name| (name, aws::queue(&moto, name))));
        aws::bus(&moto, "bus", &[("github.com", &queues["observe"]), ("trunkline", &queues["notify"])]);
        let image = format!("{}/shop/api", registry.host);
        for environment in ["stage", "demo", "prod"] {
            let text = format!("# {environment}\nimages:\n  - name: {image}\n    newTag: none\n");
            manifests.write(&format!("apps/api/{environment}/kustomization.yaml"), text);
        }
        manifests.commit("Begin");
        // The stand-in writes to the branch that is checked out.
        manifests.git(&["config", "receive.denyCurrentBranch", "ignore"]);
        shop.write("trunkline.yaml", policy(&image));
        github.add("acme/shop", &shop.path);
        github.add("acme/manifests", &manifests.path);
        let functions = RefCell::default();
        Self { registry, github, shop, manifests, moto, queues, functions, logs: TempDir::new().unwrap() }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_ENDPOINT_URL", self.moto.url()),
            ("TRUNKLINE_BUS", "bus".to_owned()),
            ("TRUNKLINE_WEBHOOK_SECRET", SECRET.to_owned()),
            ("TRUNKLINE_STORE", "s3://acme-artifacts/trunkline".to_owned()),
            ("TRUNKLINE_REPOSITORIES", "acme/*".to_owned()),
            ("TRUNKLINE_GITHUB_APP_ID", APP.to_string()),
            ("TRUNKLINE_GITHUB_KEY_SECRET_ID", "github-key".to_owned()),
            ("GITHUB_API_URL", self.github.url()),
        ];
        let names = [
            "TRUNKLINE_QUEUE_BUILD",
            "TRUNKLINE_QUEUE_PROMOTE",
            "TRUNKLINE_QUEUE_DEPLOY",
            "TRUNKLINE_QUEUE_VERIFY",
            "TRUNKLINE_QUEUE_YANK",
        ];
        variables
            .extend(names.into_iter().zip(WORKERS).map(|(name, worker)| (name, self.queues[worker].address.clone())));
        variables
    }

    /// What a machine that works on the same store is told.
    pub(crate) fn credentials(&self) -> [(&'static str, String); 6] {
        let (aws, github) = (self.moto.url(), self.github.url());
        let given = [
            ("AWS_ENDPOINT_URL", aws.as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("GITHUB_API_URL", &github),
            ("GITHUB_TOKEN", TOKEN),
        ];
        given.map(|(name, value)| (name, value.to_owned()))
    }

    /// Hands an event to a function, which is started when it is first needed.
    fn invoke(&self, name: &'static str, event: &Value) -> Value {
        let mut functions = self.functions.borrow_mut();
        let function =
            functions.entry(name).or_insert_with(|| Function::start(name, &self.variables(), self.logs.path()));
        let answer = function.invoke(event);
        assert!(answer.get("errorMessage").is_none(), "{name}: {answer}\n{}", function.said());
        answer
    }

    /// What a function said.
    pub(crate) fn said(&self, name: &str) -> String {
        self.functions.borrow().get(name).map(Function::said).unwrap_or_default()
    }

    /// Delivers to the function URL; the answer's status.
    pub(crate) fn deliver(&self, delivery: &Delivery) -> u64 {
        let headers: Value = delivery.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let event = json!({
            "version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": headers,
            "requestContext": {"http": {"method": "POST", "path": "/"}, "timeEpoch": 1_760_000_000_000_i64},
            "body": String::from_utf8(delivery.body.clone()).unwrap(), "isBase64Encoded": false,
        });
        self.invoke("receive", &event)["statusCode"].as_u64().unwrap_or_default()
    }

    /// Looks, as the schedule does.
    pub(crate) fn sweep(&self) {
        self.invoke("sweep", &json!({"source": "aws.events"}));
    }

    /// Hands messages to the functions until none is left.
    pub(crate) fn settle(&self) {
        for _ in 0..ENOUGH {
            if !self.round() {
                return;
            }
        }
        panic!("it never ends: {}", self.said("deploy"));
    }

    fn round(&self) -> bool {
        let mut moved = false;
        for (name, queue) in &self.queues {
            for message in aws::receive(&self.moto, queue) {
                moved = true;
                let fifo = WORKERS.contains(name);
                let event = if fifo { message.event(queue) } else { serde_json::from_str(&message.body).unwrap() };
                let answer = self.invoke(name, &event);
                let failed = fifo && answer["batchItemFailures"].as_array().is_some_and(|failed| !failed.is_empty());
                assert!(!failed, "{name}: {}", self.said(name));
                aws::delete(&self.moto, queue, &message);
            }
        }
        moved
    }

    /// The pushes to the shop since they were last asked for.
    pub(crate) fn pushes(&self) -> Pushes<'_> {
        Pushes::watch(&self.github, "acme/shop")
    }

    /// An environment's manifest, as it is now, without quotes: a tag gets them when YAML would not take it for a text.
    pub(crate) fn manifest(&self, environment: &str) -> String {
        self.manifests.git(&["show", &format!("main:apps/api/{environment}/kustomization.yaml")]).replace('"', "")
    }
}

fn policy(image: &str) -> String {
    format!(
        r#"project: shop
store: s3://acme-artifacts/trunkline
artifacts:
  api:
    image: {image}
    watch: ["api/**"]
    build: {{ base: scratch, layers: [{{ from: api, to: /srv }}], entrypoint: [/srv/main] }}
    deploy: {{ kustomize: "apps/api/{{environment}}" }}
environments:
  stage: {{ on: trunk, verify: {{ checks: [e2e], within: 30m, on_failure: yank }} }}
  demo: {{ on: "rc-*", after: [stage] }}
  prod: {{ on: "v*", after: [stage] }}
manifests: {{ repository: acme/manifests }}
"#
    )
}
