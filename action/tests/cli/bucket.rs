//! A store in a bucket: the same story, told by several clones that share nothing but that.

use std::path::Path;

use trunkline_testbench::moto::Moto;

use crate::shop::{Ran, Shop};

const POLICY: &str = r#"project: shop
store: s3://acme-artifacts/trunkline
artifacts:
  site:
    package: { directory: site }
    deploy: { folder: "../srv/{environment}" }
environments:
  stage: { on: trunk }
  prod: { on: "v*", after: [stage] }
"#;

/// A shop whose store is in a bucket.
struct Clones {
    shop: Shop,
    moto: Moto,
}

impl Clones {
    fn new() -> Self {
        let (shop, moto) = (Shop::empty(), Moto::start());
        moto.bucket("acme-artifacts", true);
        shop.write("trunkline.yaml", POLICY);
        shop.write("site/index.html", "<p>one");
        shop.commit("Open the shop");
        Self { shop, moto }
    }

    /// Another clone of the repository, beside it.
    fn another(&self, name: &str) -> std::path::PathBuf {
        let place = self.shop.path(name);
        self.shop.git(&["clone", "--quiet", ".", place.to_str().unwrap()]);
        place
    }

    fn run_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let mut command = self.shop.command(arguments);
        command.current_dir(folder).env("AWS_ENDPOINT_URL", self.moto.url()).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        Ran::of(&command.output().unwrap())
    }

    #[track_caller]
    fn does(&self, arguments: &[&str]) -> Ran {
        self.run_in(&self.shop.root(), arguments).ends(0)
    }
}

#[test]
fn a_store_in_a_bucket_carries_a_commit_from_trunk_to_prod_in_whichever_clone() {
    let clones = Clones::new();
    clones.does(&["plan"]).says("build");
    assert!(!clones.shop.root().join(".trunkline").exists(), "looking makes nothing");
    clones.does(&["sync"]).says("stage: nothing → ");
    assert_eq!(clones.shop.page("stage"), "<p>one");
    let log = clones.does(&["log"]).out;
    clones.does(&["sync"]).says("nothing");
    assert_eq!(clones.does(&["log"]).out, log, "nothing is done twice");
    assert_eq!(clones.shop.git(&["status", "--porcelain"]), "", "what stays here is hidden from git");

    clones.shop.git(&["tag", "v1.0.0"]);
    let other = clones.another("other");
    clones.run_in(&other, &["sync"]).ends(0).says("prod: nothing → ");
    assert_eq!(clones.shop.page("prod"), "<p>one", "its package came from the bucket");
    clones.does(&["where", "v1.0.0"]).says("runs in: stage, prod");
    let keys = clones.moto.ask("GET", "/acme-artifacts?list-type=2", "");
    for key in ["trunkline/ledger/project/shop/00000000000000000001.json", "trunkline/packages/shop/site/"] {
        assert!(keys.contains(key), "{key} is not in {keys}");
    }
    assert!(!other.join(".trunkline/ledger").exists());
}

#[test]
fn a_bucket_that_is_not_there_is_refused_with_a_way_out() {
    let clones = Clones::new();
    clones.shop.write("trunkline.yaml", &POLICY.replace("acme-artifacts", "no-such-bucket"));
    clones.shop.commit("Move the store");
    let ran = clones.run_in(&clones.shop.root(), &["sync"]).ends(2);
    ran.says("`s3://no-such-bucket/").says("there is no such bucket").says("help: create it");
}

#[test]
fn a_bucket_keeps_no_images_and_no_other_scheme_is_known() {
    let clones = Clones::new();
    clones
        .shop
        .write("trunkline.yaml", "project: shop\nstore: s3://acme-artifacts\nartifacts:\n  web: { image: shop/web }\n");
    let ran = clones.run_in(&clones.shop.root(), &["check"]).ends(2);
    ran.says("trunkline.yaml:4:17: ").says("help: give the image a registry");
    clones.shop.write("trunkline.yaml", "project: shop\nstore: gs://acme-artifacts\n");
    clones.run_in(&clones.shop.root(), &["check"]).ends(2).says("trunkline.yaml:2:8: ").says("`s3://bucket/prefix`");
}
