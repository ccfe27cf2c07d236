//! Every example that GitHub's libraries publish for their users' tests can be read.

use std::path::Path;

use serde_json::Value;
use trunkline_webhook::{Envelope, Says, read};

/// The examples, as `scripts/testbench` installs them: a list of events for each version of GitHub.
fn examples() -> Vec<(String, String)> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("testbench/node_modules/@octokit/webhooks-examples");
    let versions = std::fs::read_dir(&folder).expect("the examples are not here: scripts/testbench installs them");
    let lists = versions.filter_map(|version| std::fs::read_to_string(version.unwrap().path().join("index.json")).ok());
    let mut all = Vec::new();
    for list in lists {
        for event in serde_json::from_str::<Vec<Value>>(&list).unwrap() {
            let name = event["name"].as_str().unwrap();
            let bodies = event["examples"].as_array().unwrap().iter();
            all.extend(bodies.map(|body| (name.to_owned(), body.to_string())));
        }
    }
    all
}

#[test]
fn all_published_examples_can_be_read() {
    let examples = examples();
    assert!(examples.len() > 700, "{} examples", examples.len());
    let (mut pushes, mut verdicts) = (0, 0);
    for (event, body) in &examples {
        let delivery = read(event, body).unwrap_or_else(|error| panic!("{error}\n{body}"));
        match &delivery.says {
            Says::Push(repository, push) => {
                pushes += 1;
                assert!(repository.full_name.contains('/') && push.r#ref.starts_with("refs/"));
                assert_eq!(push.deleted, push.head_commit.is_none());
                assert_eq!((push.before.len(), push.after.len()), (40, 40));
            }
            Says::Verdict(_, verdict) => {
                verdicts += 1;
                assert_eq!(verdict.commit.len(), 40);
            }
            Says::Nothing => {}
        }
        if let Some(envelope) = Envelope::new("guid", event, delivery, 0) {
            let text = serde_json::to_string(&envelope).unwrap();
            let again: Envelope<'_> = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), text);
        }
    }
    assert!(pushes > 10 && verdicts > 40, "{pushes} pushes, {verdicts} verdicts");
}

#[test]
fn examples_cut_short_are_refused() {
    for (event, body) in examples().iter().step_by(7) {
        for cut in (1..body.len()).step_by(101).filter(|cut| body.is_char_boundary(*cut)) {
            assert!(read(event, &body[..cut]).is_err(), "{event} cut at {cut}");
        }
    }
}
