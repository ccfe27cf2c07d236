//! What is written together, and in which order.

use trunkline_core::deployment::{Destination, waves};
use trunkline_core::fact::{Cause, Deploy};

use super::story::{Story, commit, name};

const NEEDS: &str = r#"
project: shop
artifacts:
  api: { image: shop/api, build: { base: scratch, layers: [{ from: api, to: / }] }, deploy: { kustomize: "api/{environment}" } }
  web: { image: shop/web, build: { base: scratch, layers: [{ from: web, to: / }] }, deploy: { helm: "web/{environment}.yaml" } }
  site: { package: { directory: site }, needs: [api], deploy: { folder: "/srv/{environment}" } }
  tell: { package: { directory: tell }, needs: [site], deploy: { run: ./tell } }
environments:
  stage: { on: trunk }
manifests: { repository: manifests }
"#;

#[test]
fn images_of_one_manifest_repository_are_one_unit_and_needs_come_first() {
    let mut story = Story::new(NEEDS);
    story.trunk(&[(1, "api=a web=a site=a tell=a")]);
    for build in story.plan().actions {
        story.settle_one(&build.claim);
    }
    let artifacts = story.state.contents(&commit(1)).artifacts;
    let deploy = Deploy {
        environment: name("stage"),
        commit: commit(1),
        tag: None,
        cause: Cause::Line,
        artifacts,
        checks: std::collections::BTreeSet::new(),
        passed: Vec::new(),
    };
    let waves = waves(&story.policy, &deploy, None);
    let told: Vec<Vec<(usize, bool)>> = waves
        .iter()
        .map(|wave| {
            wave.iter()
                .map(|unit| (unit.pieces.len(), matches!(unit.destination, Destination::Manifests { .. })))
                .collect()
        })
        .collect();
    assert_eq!(told, [vec![(2, true)], vec![(1, false)], vec![(1, false)]]);
    assert_eq!(waves[1][0].destination, Destination::Folder("/srv/stage".to_owned()));
}
