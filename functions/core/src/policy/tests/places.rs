//! Deploy targets that cannot be, or that collide.

use insta::assert_snapshot;

use super::{said, with};

/// A policy with these artifacts, two environments and a manifest repository.
fn deployed(artifacts: &str) -> String {
    said(&format!(
        "project: shop\nmanifests: {{ repository: m }}\nenvironments: {{ stage: {{ on: trunk }}, prod: {{ on: v* }} }}\nartifacts:\n{artifacts}\n"
    ))
}

#[test]
fn a_target_takes_what_it_is_for() {
    assert_snapshot!(deployed("  a: { package: { directory: a }, deploy: { kustomize: \"{environment}\" } }"), @"
    trunkline.yaml:5:56: `kustomize` takes an image, and `a` is a package
    help: deploy a package with `folder`, `yaml` or `run`
    ");
    assert_snapshot!(deployed("  a: { image: a, deploy: { folder: \"{environment}\" } }"), @"
    trunkline.yaml:5:36: `folder` unpacks a package, and `a` is an image
    help: deploy an image with `kustomize`, `helm`, `manifest`, `yaml` or `run`
    ");
    assert_snapshot!(said("project: shop\nartifacts:\n  a: { image: a, deploy: { helm: values.yaml } }\n"), @"
    trunkline.yaml:3:34: `helm` is a place in the manifest repository, and the policy has none
    help: add `manifests` with the `repository` it is in
    ");
    assert_snapshot!(deployed("  a: { image: a, deploy: { yaml: \"{environment}\", path: \"\" } }"), @"
    trunkline.yaml:5:57: `path` is empty
    help: write what it names
    ");
    assert_eq!(
        deployed(
            "  a: { package: { directory: a }, deploy: { yaml: \"{environment}.yaml\", path: url, value: \"{digest}\" } }"
        ),
        ""
    );
}

#[test]
fn placeholders_are_known_ones() {
    assert_snapshot!(deployed("  a: { image: a, deploy: { kustomize: \"apps/{enviroment}\" } }"), @"
    trunkline.yaml:5:39: `{enviroment}` stands for nothing here
    help: did you mean `{environment}`?
    trunkline.yaml:5:39: `a` in `prod` has the same place as `a` in `stage`
    help: put `{environment}` into `kustomize`, or give one of them its own `deploy` under `environments`
    ");
    assert_snapshot!(deployed("  a: { image: a, deploy: { yaml: \"{environment}.yaml\", path: a, value: \"{version}\" } }"), @"
    trunkline.yaml:5:72: `{version}` stands for nothing here
    help: here one may write `{repository}`, `{tag}`, `{digest}` and `{commit}`
    ");
    assert_eq!(deployed("  a: { image: a, deploy: { run: \"echo ${x} {y}\" } }"), "");
}

#[test]
fn two_environments_do_not_share_a_place() {
    assert_snapshot!(deployed("  site: { package: { directory: a }, deploy: { folder: /srv/site } }"), @"
    trunkline.yaml:5:56: `site` in `prod` has the same place as `site` in `stage`
    help: put `{environment}` into `folder`, or give one of them its own `deploy` under `environments`
    ");
    assert_snapshot!(deployed("  api: { image: a, deploy: { helm: values.yaml } }"), @"
    trunkline.yaml:5:36: `api` in `prod` has the same place as `api` in `stage`
    help: put `{environment}` into `helm`, or give one of them its own `deploy` under `environments`
    ");
    assert_snapshot!(said(&with("{ run: ./install-jobs, observe: verdict }", "{ folder: ///srv/jobs/./stage/ }")), @"
    trunkline.yaml:39:44: `jobs` in `prod` has the same place as `jobs` in `stage`
    help: put `{environment}` into `folder`, or give one of them its own `deploy` under `environments`
    ");
}

#[test]
fn two_artifacts_do_not_share_a_place() {
    let two = |deploy: &str| {
        deployed(&format!("  a: {{ image: x/a, deploy: {deploy} }}\n  b: {{ image: x/b, deploy: {deploy} }}"))
    };
    assert_snapshot!(two("{ helm: \"{environment}.yaml\" }"), @"
    trunkline.yaml:6:36: in `stage`, `a` and `b` have the same place
    help: give each of them its own
    ");
    // Each has an entry of its own there.
    assert_eq!(two("{ kustomize: \"{environment}\" }"), "");
    assert_eq!(two("{ manifest: \"{environment}.yaml\" }"), "");
    assert_snapshot!(deployed("  a: { image: x/a, deploy: { kustomize: \"{environment}\" } }\n  b: { image: x/a, deploy: { kustomize: \"./{environment}/\" } }"), @"
    trunkline.yaml:6:41: in `stage`, `a` and `b` have the same place
    help: give each of them its own
    ");
}

#[test]
fn a_folder_is_not_inside_another() {
    let site = "  a: { package: { directory: a }, deploy: { folder: \"/srv/{environment}\" } }";
    assert_snapshot!(deployed(&format!("{site}\n  b: {{ package: {{ directory: b }}, deploy: {{ folder: \"/srv/{{environment}}/b\" }} }}")), @"
    trunkline.yaml:6:53: the folder of `b` in `prod` is inside that of `a` in `prod`
    help: a folder is replaced as a whole: put them side by side
    ");
    assert_eq!(
        deployed(&format!(
            "{site}\n  b: {{ package: {{ directory: b }}, deploy: {{ folder: \"/srv/{{environment}}-b\" }} }}"
        )),
        ""
    );
}

#[test]
fn what_needs_would_tear_one_commit_in_two_is_refused() {
    let chain = |between: &str| {
        let image = |name: &str, rest: &str| {
            format!("  {name}: {{ image: {name}, deploy: {{ kustomize: \"{{environment}}\" }}{rest} }}\n")
        };
        deployed(&format!("{}{between}{}", image("a", ""), image("c", ", needs: [b]")))
    };
    assert_snapshot!(chain("  b: { package: { directory: b }, deploy: { folder: \"/b/{environment}\" }, needs: [a] }\n"), @"
    trunkline.yaml:6:75: in `stage`, `b` must come after `a` and before `c`, which are one commit in the manifest repository
    help: drop one of these `needs`, or deploy `b` through the manifest repository too
    ");
    assert_eq!(chain("  b: { image: b, deploy: { kustomize: \"{environment}\" }, needs: [a] }\n"), "");
    assert_eq!(chain("  b: { image: b, needs: [a] }\n"), "");
    assert_eq!(chain("  b: { image: b, deploy: { run: x } }\n"), "");
}

#[test]
fn a_policy_of_more_than_anyone_can_read_is_refused() {
    let many: Vec<String> = (0..201).map(|number| format!("a{number}: {{ image: a{number} }}")).collect();
    assert_snapshot!(said(&format!("project: shop\nartifacts: {{ {} }}\n", many.join(", "))), @"
    trunkline.yaml:2:1: the policy has 201 artifacts, more than 200
    help: split the project
    ");
}
