//! Policies of another shape than the schema says.

use insta::assert_snapshot;

use super::{said, with};

/// A policy of one artifact.
fn artifact(text: &str) -> String {
    said(&format!("project: shop\nartifacts:\n  api: {text}\n"))
}

/// A policy of one environment.
fn environment(text: &str) -> String {
    said(&format!("project: shop\nenvironments:\n  stage: {text}\n"))
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_was_meant() {
    assert_snapshot!(said("project: shop\nenviroments: {}\n"), @"
    trunkline.yaml:2:1: the policy has the unknown key `enviroments`
    help: did you mean `environments`? the policy takes `artifacts`, `environments`, `manifests`, `project`, `release_branches`, `sha_length`, `store` and `trunk`
    ");
    assert_snapshot!(artifact("{ image: shop/api, wacth: [a] }"), @"
    trunkline.yaml:3:27: `api` has the unknown key `wacth`
    help: did you mean `watch`? `api` takes `build`, `deploy`, `image`, `needs`, `package` and `watch`
    ");
    assert_snapshot!(artifact("{ image: shop/api, colour: blue }"), @"
    trunkline.yaml:3:27: `api` has the unknown key `colour`
    help: `api` takes `build`, `deploy`, `image`, `needs`, `package` and `watch`
    ");
    assert_snapshot!(environment("{ on: trunk, verify: { chekcs: [e2e] } }"), @"
    trunkline.yaml:3:33: `verify` has the unknown key `chekcs`
    help: did you mean `checks`? `verify` takes `checks`, `http`, `on_failure`, `run` and `within`
    ");
}

#[test]
fn all_that_is_wrong_is_told_in_the_order_of_the_file() {
    assert_snapshot!(said("trunck: main\nsha_length: 99\nartifacts:\n  Api: { need: [x], watch: [\"[\"] }\nenvironments: []\n"), @r"
    trunkline.yaml:1:1: the policy has the unknown key `trunck`
    help: did you mean `trunk`? the policy takes `artifacts`, `environments`, `manifests`, `project`, `release_branches`, `sha_length`, `store` and `trunk`
    trunkline.yaml:1:1: the policy lacks the key `project`
    help: `project`: The project's name: its ledger's name
    trunkline.yaml:2:13: `sha_length` must be a whole number from 7 to 40, not `99`
    help: choose one in this range
    trunkline.yaml:4:3: `Api` is not a name
    help: use lowercase letters and digits, with `-`, `_` or `.` inside, 63 characters at most
    trunkline.yaml:4:10: `Api` has the unknown key `need`
    help: did you mean `needs`? `Api` takes `build`, `deploy`, `image`, `needs`, `package` and `watch`
    trunkline.yaml:4:29: the pattern `[` has a `[` that is never closed, at character 1
    help: for the character itself, write `\[`
    trunkline.yaml:5:15: `environments` must be a map of keys, not a list
    help: write a map of keys
    ");
}

#[test]
fn a_choice_is_made_by_the_key_that_only_one_kind_has() {
    assert_snapshot!(artifact("{ image: shop/api, deploy: { kustomise: apps } }"), @"
    trunkline.yaml:3:37: `deploy` has the unknown key `kustomise`; it takes one of `kustomize`, `helm`, `manifest`, `yaml`, `folder` and `run`
    help: did you mean `kustomize`?
    ");
    assert_snapshot!(artifact("{ image: shop/api, deploy: { kustomize: apps, folder: x } }"), @"
    trunkline.yaml:3:35: `deploy` has `kustomize` and `folder` together; it takes one of `kustomize`, `helm`, `manifest`, `yaml`, `folder` and `run`
    help: keep the one that is meant
    ");
    assert_snapshot!(artifact("{ image: shop/api, deploy: { kustomize: apps, key: image } }"), @"
    trunkline.yaml:3:54: `deploy` has the unknown key `key`
    help: `deploy` takes `kustomize` and `observe`
    ");
    assert_snapshot!(artifact("{ image: shop/api, deploy: { observe: written } }"), @"
    trunkline.yaml:3:35: `deploy` does not say which kind it is; it takes one of `kustomize`, `helm`, `manifest`, `yaml`, `folder` and `run`
    help: add one of these keys
    ");
    assert_snapshot!(artifact("{ image: shop/api, deploy: {} }"), @"
    trunkline.yaml:3:35: `deploy` does not say which kind it is; it takes one of `kustomize`, `helm`, `manifest`, `yaml`, `folder` and `run`
    help: add one of these keys
    ");
    assert_snapshot!(artifact("{ image: shop/api, deploy: kustomize }"), @"
    trunkline.yaml:3:35: `deploy` must be a map of keys, not the text `kustomize`
    help: write a map of keys
    ");
    assert_snapshot!(artifact("{ image: shop/api, build: { docker: Dockerfile } }"), @"
    trunkline.yaml:3:36: `build` has the unknown key `docker`; it takes one of `dockerfile` and `base`
    help: did you mean `dockerfile`?
    ");
    assert_snapshot!(artifact("{ image: shop/api, build: { layers: [] } }"), @"
    trunkline.yaml:3:34: `build` does not say which kind it is; it takes one of `dockerfile` and `base`
    help: add one of these keys
    ");
    assert_snapshot!(artifact("{ image: shop/api, build: { dockerfile: a, layers: [] } }"), @"
    trunkline.yaml:3:51: `build` has the unknown key `layers`
    help: `build` takes `args`, `context`, `dockerfile` and `platforms`
    ");
    assert_snapshot!(artifact("{ image: shop/api, build: { base: scratch, layers: [{ form: a, to: /b }] } }"), @"
    trunkline.yaml:3:60: entry 1 of `layers` lacks the key `from`
    help: `from`: A file or folder of the export
    trunkline.yaml:3:62: entry 1 of `layers` has the unknown key `form`
    help: did you mean `from`? entry 1 of `layers` takes `from` and `to`
    ");
    assert_snapshot!(artifact("{ package: { output: a.zip } }"), @"
    trunkline.yaml:3:19: `package` lacks the key `run`
    help: `run`: The command, run in the export by `sh -c`
    ");
    assert_snapshot!(artifact("{ package: { folder: a } }"), @"
    trunkline.yaml:3:21: `package` has the unknown key `folder`; it takes one of `directory` and `run`
    help: use one of these
    ");
}

#[test]
fn observe_and_on_failure_take_their_own_words_only() {
    assert_snapshot!(artifact("{ image: a, deploy: { run: x, observe: writen } }"), @"
    trunkline.yaml:3:47: `observe` cannot be `writen`; it is one of `written` and `verdict`, or a map with `http` or `delay`
    help: did you mean `written`?
    ");
    assert_snapshot!(artifact("{ image: a, deploy: { run: x, observe: { htttp: { url: x } } } }"), @"
    trunkline.yaml:3:49: `observe` has the unknown key `htttp`; it takes one of `http` and `delay`
    help: did you mean `http`?
    ");
    assert_snapshot!(artifact("{ image: a, deploy: { run: x, observe: { http: { status: 200 } } } }"), @"
    trunkline.yaml:3:55: `http` lacks the key `url`
    help: `url`: The address; `{environment}` and `{commit}` stand for the deployment's
    ");
    assert_snapshot!(artifact("{ image: a, deploy: { run: x, observe: { delay: soon } } }"), @"
    trunkline.yaml:3:56: `soon` is not a length of time
    help: write a number and a unit, `s`, `m`, `h` or `d`: `30m`
    ");
    assert_snapshot!(environment("{ on: trunk, verify: { checks: [a], on_failure: explode } }"), @"
    trunkline.yaml:3:58: `on_failure` cannot be `explode`; it is one of `yank`, `hold` and `nothing`
    help: write one of these
    ");
}

#[test]
fn sources_and_after_say_what_they_take() {
    assert_snapshot!(environment("{ after: [] }"), @"
    trunkline.yaml:3:10: `stage` lacks the key `on`
    help: `on`: What brings commits here: `trunk`, a tag pattern, `{ branch: … }`, `{ tag: … }`, or a list of these
    ");
    assert_snapshot!(environment("{ on: { tags: x } }"), @"
    trunkline.yaml:3:18: `on` has the unknown key `tags`; it takes one of `branch` and `tag`
    help: did you mean `tag`?
    ");
    assert_snapshot!(environment("{ on: { tag: x, branch: y } }"), @"
    trunkline.yaml:3:16: `on` has `branch` and `tag` together; it takes one of `branch` and `tag`
    help: keep the one that is meant
    ");
    assert_snapshot!(environment("{ on: { tag: x, other: y } }"), @"
    trunkline.yaml:3:26: `on` has the unknown key `other`
    help: `on` takes `tag`
    ");
    assert_snapshot!(environment("{ on: [trunk, [x]] }"), @"
    trunkline.yaml:3:24: entry 2 of `on` must be a text or a map of keys, not a list
    help: write a text or a map of keys
    ");
    assert_snapshot!(environment("{ on: 1.0 }"), @"
    trunkline.yaml:3:16: `on` must be a text, a list or a map of keys, not the number `1.0`
    help: for a text, put it in quotes
    ");
    assert_snapshot!(environment("{ on: [\"v[\"] }"), @r"
    trunkline.yaml:3:17: the pattern `v[` has a `[` that is never closed, at character 2
    help: for the character itself, write `\[`
    ");
    assert_snapshot!(environment("{ on: trunk, after: prod }"), @"
    trunkline.yaml:3:30: `after` must be a list or a map of keys, not the text `prod`
    help: for a list of one, write `[prod]`
    ");
    assert_snapshot!(environment("{ on: trunk, after: { trunks: [prod] } }"), @"
    trunkline.yaml:3:32: `after` has the unknown key `trunks`
    help: did you mean `trunk`? `after` takes `trunk` and `release`
    ");
}

#[test]
fn a_value_of_another_type_is_told_what_it_is() {
    assert_snapshot!(said("project: 1234\n"), @"
    trunkline.yaml:1:10: `project` must be a text, not the number `1234`
    help: for a text, put it in quotes
    ");
    assert_snapshot!(said("project: shop\nsha_length: twelve\n"), @"
    trunkline.yaml:2:13: `sha_length` must be a whole number, not the text `twelve`
    help: write a whole number
    ");
    assert_snapshot!(said("project: shop\nsha_length: 6\n"), @"
    trunkline.yaml:2:13: `sha_length` must be a whole number from 7 to 40, not `6`
    help: choose one in this range
    ");
    assert_snapshot!(said("project: shop\nsha_length: 12.0\n"), @"
    trunkline.yaml:2:13: `sha_length` must be a whole number from 7 to 40, not `12.0`
    help: write it in decimal digits
    ");
    assert_snapshot!(said("project: shop\nartifacts:\n"), @"
    trunkline.yaml:2:10: `artifacts` has no value
    help: write one, or leave the key out
    ");
    assert_snapshot!(said("project: shop\nstore: [a]\n"), @"
    trunkline.yaml:2:8: `store` must be a text, not a list
    help: if it is meant as text, put it in quotes
    ");
    assert_snapshot!(said("- project\n"), @"
    trunkline.yaml:1:1: the policy must be a map of keys, not a list
    help: write a map of keys
    ");
    assert_snapshot!(said("just text\n"), @"
    trunkline.yaml:1:1: the policy must be a map of keys, not the text `just text`
    help: write a map of keys
    ");
    assert_snapshot!(artifact("{ image: shop/api, build: { dockerfile: a, args: { PORT: 8080, DEBUG: yes, TRACE: true } } }"), @"
    trunkline.yaml:3:65: `PORT` must be a text, not the number `8080`
    help: for a text, put it in quotes
    trunkline.yaml:3:90: `TRACE` must be a text, not the truth value `true`
    help: for a text, put it in quotes
    ");
}

#[test]
fn checked_texts_say_what_is_wrong_with_them() {
    assert_snapshot!(said("project: My Shop\n"), @"
    trunkline.yaml:1:10: `My Shop` is not a name
    help: use lowercase letters and digits, with `-`, `_` or `.` inside, 63 characters at most
    ");
    assert_snapshot!(said(&with("within: 30m", "within: 30 minutes")), @"
    trunkline.yaml:31:38: `30 minutes` is not a length of time
    help: write a number and a unit, `s`, `m`, `h` or `d`: `30m`
    ");
    assert_snapshot!(said(&with("dockerfile: api/Dockerfile", "dockerfile: ../Dockerfile")), @"
    trunkline.yaml:11:26: the path `../Dockerfile` leads out of its folder
    help: write a path relative to the folder, with `/` and without `..`
    ");
    assert_snapshot!(artifact("{ image: a, build: { base: scratch, platforms: [linux] } }"), @"
    trunkline.yaml:3:56: `linux` is not a platform
    help: write the operating system and the architecture: `linux/amd64`, `linux/arm64`
    ");
    assert_snapshot!(artifact("{ image: a, needs: [B] }"), @"
    trunkline.yaml:3:28: `B` is not a name
    help: use lowercase letters and digits, with `-`, `_` or `.` inside, 63 characters at most
    ");
    assert_snapshot!(said("project: shop\nenvironments: { Prod: { on: trunk } }\n"), @"
    trunkline.yaml:2:17: `Prod` is not a name
    help: use lowercase letters and digits, with `-`, `_` or `.` inside, 63 characters at most
    ");
}
