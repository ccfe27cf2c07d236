//! The content key: what an artifact is built from, as one number.
//!
//! A build is keyed by the sorted (path, mode, object id) of the files it watches at a commit, plus its recipe. Two commits
//! with the same key have the same artifact, and only the first of them builds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{Key, Name};
use crate::policy::{Artifact, Policy};

/// One file of a commit's tree, as `git ls-tree -r` tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct File {
    /// The path from the repository's root, with `/` between its parts.
    pub path: String,
    /// Git's mode: `100644`, `100755`, `120000` (a link) or `160000` (a submodule).
    pub mode: String,
    /// The id of the file's object.
    pub object: String,
}

/// The key of every artifact that `policy` builds from `files`.
///
/// What is built by something else (an image without `build`) has no key: it is adopted by `trunkline record`.
pub fn keys(policy: &Policy, files: &[File]) -> BTreeMap<Name, Key> {
    let built = policy.artifacts.iter().filter(|(_, artifact)| artifact.build.is_some() || artifact.package.is_some());
    built.map(|(name, artifact)| (name.clone(), key(artifact, files))).collect()
}

/// The artifacts that `policy` names but something else builds: they come by `trunkline record`.
pub fn adopted(policy: &Policy) -> Vec<Name> {
    let adopted =
        policy.artifacts.iter().filter(|(_, artifact)| artifact.build.is_none() && artifact.package.is_none());
    adopted.map(|(name, _)| name.clone()).collect()
}

/// The version of the way keys are computed; another one makes other keys, so that nothing built before is mistaken.
const VERSION: &[u8] = b"trunkline key 1\0";

fn key(artifact: &Artifact, files: &[File]) -> Key {
    let mut watched: Vec<&File> = files.iter().filter(|file| artifact.watch.matches(&file.path)).collect();
    watched.sort();
    let mut sum = Sha256::new();
    sum.update(VERSION);
    // Where it is deployed and what it needs there do not change its bytes.
    let recipe = (&artifact.image, &artifact.build, &artifact.package);
    sum.update(serde_json::to_vec(&recipe).expect("a recipe is plain data"));
    for file in watched {
        for field in [&file.path, &file.mode, &file.object] {
            sum.update(b"\0");
            sum.update(field.as_bytes());
        }
    }
    Key::from_sum(sum.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{ project: shop, artifacts: {
        api: { image: shop/api, watch: ["api/**"], build: { base: scratch, layers: [{ from: api, to: /srv }] }, deploy: { run: x } },
        site: { package: { directory: site }, watch: ["site/**", "!site/*.md"] },
        adopted: { image: shop/adopted } } }"#;

    fn file(path: &str, mode: &str, object: &str) -> File {
        File { path: path.to_owned(), mode: mode.to_owned(), object: object.to_owned() }
    }

    fn files() -> Vec<File> {
        vec![file("api/b", "100644", "22"), file("api/a", "100755", "11"), file("site/index.html", "100644", "33")]
    }

    /// The keys of the policy with one piece of it replaced.
    #[track_caller]
    fn with(from: &str, to: &str, files: &[File]) -> BTreeMap<Name, Key> {
        assert!(POLICY.contains(from), "{from}");
        keys(&Policy::parse(&POLICY.replacen(from, to, 1)).unwrap(), files)
    }

    fn of(files: &[File]) -> BTreeMap<Name, Key> {
        with("", "", files)
    }

    #[test]
    fn the_order_of_the_files_makes_no_other_key() {
        let mut turned = files();
        turned.reverse();
        assert_eq!(of(&turned), of(&files()));
    }

    #[test]
    fn what_is_not_watched_makes_no_other_key() {
        let more = [files(), vec![file("README.md", "100644", "44"), file("site/a.md", "100644", "55")]].concat();
        assert_eq!(of(&more), of(&files()));
    }

    #[test]
    fn what_is_built_elsewhere_has_no_key() {
        assert!(!of(&files()).contains_key("adopted"));
    }

    #[test]
    fn where_it_goes_and_what_it_needs_make_no_other_key() {
        assert_eq!(with("deploy: { run: x }", "deploy: { run: y, observe: verdict }", &files()), of(&files()));
        assert_eq!(with("deploy: { run: x }", "needs: [site]", &files()), of(&files()));
        // So does another way of watching the same files.
        assert_eq!(with(r#"["api/**"]"#, r#"["api/a", "api/b"]"#, &files()), of(&files()));
    }

    #[test]
    fn each_thing_a_watched_file_is_makes_another_key() {
        let before = of(&files());
        let others = [
            vec![file("api/b", "100755", "22"), file("api/a", "100755", "11")],
            vec![file("api/b", "100644", "23"), file("api/a", "100755", "11")],
            vec![file("api/c", "100644", "22"), file("api/a", "100755", "11")],
            vec![file("api/a", "100755", "11")],
            vec![],
        ];
        let mut seen = vec![before["api"].clone()];
        for other in others {
            let after = of(&[other, vec![files().remove(2)]].concat());
            assert!(!seen.contains(&after["api"]), "api changed");
            assert_eq!(after["site"], before["site"], "site did not");
            seen.push(after["api"].clone());
        }
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(of(&[file("api/a1", "00644", "1")])["api"], of(&[file("api/a", "100644", "1")])["api"]);
    }

    #[test]
    fn each_part_of_the_recipe_makes_another_key() {
        let before = of(&files());
        for (from, to) in [
            ("shop/api", "shop/api2"),
            ("base: scratch", "base: scratch, user: nobody"),
            ("to: /srv", "to: /app"),
            ("base: scratch", "base: scratch, compression: zstd"),
            ("base: scratch", "base: scratch, env: { A: b }"),
        ] {
            let after = with(from, to, &files());
            assert_ne!(after["api"], before["api"], "{to}");
            assert_eq!(after["site"], before["site"], "{to}");
        }
        assert_ne!(with("directory: site", "run: make, output: out.zip", &files())["site"], before["site"]);
    }

    #[test]
    fn a_key_is_the_same_in_every_version() {
        // Changing it builds everything again everywhere: only together with `VERSION`.
        insta::assert_snapshot!(of(&files())["api"], @"8baf3e41e85586a5637fc6faf5ec3da02ca926dd1cb440d1e27320cb1407f02b");
    }
}
